/**
 * bans: who has failed too often is out for a while, and longer every time. Knows names only: of addresses, or of accounts.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
export type BanLimits = Readonly<{
  /** In one window; 0: nobody is banned. */
  failures: number;
  windowMs: number;
  firstMs: number;
  longestMs: number;
  /** Names that are remembered; the one that was quiet for longest is forgotten first. */
  remembered: number;
}>;

export type Ban = Readonly<{ who: string; secondsLeft: number; times: number }>;

type Record_ = { failures: number; windowEndsMs: number; bans: number; untilMs: number };

export class Bans {
  #limits: BanLimits;
  readonly #records = new Map<string, Record_>();

  constructor(limits: BanLimits) {
    this.#limits = limits;
  }

  /** Other limits from now on: what was counted counts, and who is out stays out for as long as it was told. */
  configure(limits: BanLimits): void {
    this.#limits = limits;
    forgetOldest(this.#records, limits.remembered);
  }

  get size(): number {
    return this.#records.size;
  }

  /** @returns seconds, when this failure was one too many. */
  fail(who: string, nowMs: number): number | undefined {
    const { failures, windowMs } = this.#limits;
    if (failures === 0) return undefined;
    const record = this.#recordOf(who, nowMs);
    if (record.windowEndsMs <= nowMs) {
      record.failures = 0;
      record.windowEndsMs = nowMs + windowMs;
    }
    record.failures += 1;
    return record.failures < failures ? undefined : this.#ban(record, nowMs);
  }

  /** Out at once, whatever was counted. @returns for how many seconds. */
  ban(who: string, nowMs: number): number {
    return this.#ban(this.#recordOf(who, nowMs), nowMs);
  }

  /** Out for so long, as somebody else has counted. */
  banFor(who: string, ms: number, nowMs: number): void {
    const record = this.#recordOf(who, nowMs);
    record.untilMs = Math.max(record.untilMs, nowMs + ms);
  }

  /** Seconds that are left of a ban. */
  left(who: string, nowMs: number): number | undefined {
    const record = this.#records.get(who);
    return record === undefined || record.untilMs <= nowMs ? undefined : Math.ceil((record.untilMs - nowMs) / 1000);
  }

  /** What was counted counts no more. @returns false: nothing was. */
  clear(who: string): boolean {
    return this.#records.delete(who);
  }

  /** Who is out now. */
  list(nowMs: number): readonly Ban[] {
    return [...this.#records]
      .filter(([, { untilMs }]) => untilMs > nowMs)
      .map(([who, { untilMs, bans }]) => ({ who, secondsLeft: Math.ceil((untilMs - nowMs) / 1000), times: bans }));
  }

  #ban(record: Record_, nowMs: number): number {
    const { firstMs, longestMs } = this.#limits;
    const ms = Math.min(longestMs, firstMs * 2 ** Math.min(record.bans, 20));
    record.bans += 1;
    record.failures = 0;
    record.untilMs = nowMs + ms;
    return Math.ceil(ms / 1000);
  }

  #recordOf(who: string, nowMs: number): Record_ {
    const known = this.#records.get(who);
    // Whoever was quiet for as long as the longest ban begins anew.
    const stale = known !== undefined && Math.max(known.untilMs, known.windowEndsMs) + this.#limits.longestMs <= nowMs;
    const record = known === undefined || stale ? { failures: 0, windowEndsMs: 0, bans: 0, untilMs: 0 } : known;
    this.#records.delete(who);
    this.#records.set(who, record);
    forgetOldest(this.#records, this.#limits.remembered);
    return record;
  }
}
