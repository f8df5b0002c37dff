/**
 * store: what the house keeps across kill -9. Those who change something only say so; what it is now is asked once, when the next
 * batch is written, so a call that takes ten steps within one batch is written once, and nobody ever waits for the disk.
 * Does not know what it keeps: call-shelf.ts and binding-shelf.ts do.
 */
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { noLongerThan } from '#kit/no-longer-than.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { Change, Disk, Shelf } from './disk.js';

/** Undefined: there is nothing to keep of it any more. */
export type Write = () => Uint8Array | undefined;

export type StoreLimits = Readonly<{
  /** How long changes gather. It is also what a kill -9 may cost, with the time that the disk takes. */
  commitMs: number;
  /** The same after a batch with much in it: each batch takes the processor from calls, however much is in it. */
  busyCommitMs: number;
  /** So long, while batches are large, something waits for its own end that is in the middle of changing. */
  underWayMs: number;
  /** What is written in one turn of the event loop; the rest waits for the next batch. */
  maxBatch: number;
  /** Of everything together, on disk and not yet. */
  maxEntries: number;
  maxEntryBytes: number;
}>;

export const STORE_LIMITS: StoreLimits = {
  commitMs: 5,
  busyCommitMs: 25,
  underWayMs: 100,
  maxBatch: 500,
  maxEntries: 200_000,
  maxEntryBytes: 1_000_000,
};

/** More than a hundred calls a second leave in one batch. */
const BUSY_BATCH = 16;
/** lmdb takes 1978 bytes; what is longer is nobody's name. */
const LONGEST_KEY = 400;
/** A full disk does not get better in milliseconds. */
const RETRY_MS = 1000;
const CLOSE_MS = 3000;

/** `underWay`: more is to come of it soon, and what is on the disk is as good until then. */
type Dirty = Readonly<{ shelf: Shelf; key: string; write: Write; underWay: (() => boolean) | undefined; sinceMs: number }>;
const GONE: Write = () => undefined;

/** Once there is something in it that must not wait, nothing that comes after makes it wait. */
const after = (before: Dirty | undefined, next: Dirty): Dirty =>
  before !== undefined && before.underWay === undefined ? { ...next, underWay: undefined } : next;

export class Store {
  readonly #disk: Disk;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #limits: StoreLimits;
  readonly #dirty = new Map<string, Dirty>();
  /** Every key that is on the disk or on its way there; true: the disk may have it, so its removal must be written too. */
  readonly #keys = new Map<string, boolean>();
  #timer: Timer | undefined;
  #writing: Promise<boolean> | undefined;
  /** Changes of the batch that is being written. */
  #inBatch = 0;
  /** Until when a batch would come too soon after a large one. */
  #busyUntilMs = 0;
  #batches = 0;
  #refused = 0;
  #problem: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(disk: Disk, clock: Clock, log: Logger, limits: Partial<StoreLimits> = {}) {
    this.#disk = disk;
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...STORE_LIMITS, ...limits };
  }

  /** What the last life has left on this shelf. To be read before anything is written to it, or it is not known to be there. */
  *read(shelf: Shelf): Iterable<readonly [key: string, bytes: Uint8Array]> {
    for (const [key, bytes] of this.#disk.entries(shelf)) {
      this.#keys.set(`${shelf}/${key}`, true);
      yield [key, bytes];
    }
  }

  /**
   * @param write asked once, when the batch with it is written: it says what is then.
   * @param underWay asked before: whether it is in the middle of a change. What is on the disk may then be older by `underWayMs`, if much
   * else is to be written.
   */
  changed(shelf: Shelf, key: string, write: Write, underWay?: () => boolean): void {
    if (this.#closing !== undefined) return;
    const name = `${shelf}/${key}`;
    if (!this.#keys.has(name)) {
      if (name.length > LONGEST_KEY) return this.#refuse(shelf, 'its name is too long');
      if (this.#keys.size >= this.#limits.maxEntries) return this.#refuse(shelf, `maxEntries (${this.#limits.maxEntries})`);
      this.#keys.set(name, false);
    }
    const before = this.#dirty.get(name);
    const sinceMs = before?.sinceMs ?? this.#clock.now();
    this.#dirty.set(name, after(before, { shelf, key, write, underWay, sinceMs }));
    this.#wait(this.#gatherMs);
  }

  /** It goes. What came and went between two batches is never written at all. */
  remove(shelf: Shelf, key: string): void {
    const name = `${shelf}/${key}`;
    const mayBeThere = this.#keys.get(name);
    if (mayBeThere === undefined || this.#closing !== undefined) return;
    // At the end of the line: what was said to take its place (its line in the history) is not written later than it goes.
    this.#dirty.delete(name);
    if (mayBeThere) this.changed(shelf, key, GONE);
    else this.#keys.delete(name);
  }

  /** @returns once all that was said before is on the disk; false: the disk would not have it. */
  async flush(): Promise<boolean> {
    while (this.#writing !== undefined || this.#dirty.size > 0) {
      if (!(await (this.#writing ?? this.#write('all')))) return false;
    }
    return true;
  }

  get health(): StoreHealth {
    return {
      entries: this.#keys.size,
      pending: this.#dirty.size + this.#inBatch,
      batches: this.#batches,
      refused: this.#refused,
      problem: this.#problem,
    };
  }

  /** Writes what is left, waits for a disk that does not answer no longer than CLOSE_MS, and takes nothing more. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const isWritten = await noLongerThan(CLOSE_MS, 'the store closes', this.#clock, this.flush());
    if (isWritten !== true) this.#log.error({ pending: this.#dirty.size }, 'the store closed with unwritten changes');
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#disk.close();
  }

  get #gatherMs(): number {
    const { commitMs, busyCommitMs } = this.#limits;
    // A wall clock that is set back must not stop the writing.
    return Math.max(commitMs, Math.min(busyCommitMs, this.#busyUntilMs - this.#clock.now()));
  }

  #wait(ms: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined || this.#dirty.size === 0) return;
    this.#timer = this.#clock.after('group commit', ms, () => void this.#write());
  }

  /** One batch. While the disk writes it the next one gathers: a slow disk makes larger batches, and no queue. */
  #write(which: 'all' | 'ripe' = 'ripe'): Promise<boolean> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const isBusy = this.#dirty.size > BUSY_BATCH;
    if (isBusy) this.#busyUntilMs = this.#clock.now() + this.#limits.busyCommitMs;
    const taken = this.#take(isBusy && which === 'ripe');
    this.#inBatch = taken.length;
    const batch: Change[] = [];
    for (const [name, dirty] of taken) {
      const bytes = this.#bytesOf(dirty);
      if (bytes === undefined && this.#keys.get(name) === false) {
        this.#keys.delete(name);
        continue;
      }
      this.#keys.set(name, true);
      batch.push({ shelf: dirty.shelf, key: dirty.key, bytes });
    }
    const writing = this.#commit(batch, taken).then((ok) => {
      this.#writing = undefined;
      this.#inBatch = 0;
      if (this.#closing === undefined) this.#wait(ok ? this.#gatherMs : RETRY_MS);
      return ok;
    });
    this.#writing = writing;
    return writing;
  }

  /** The longest waiting first. */
  #take(onlyRipe: boolean): readonly (readonly [string, Dirty])[] {
    const taken: (readonly [string, Dirty])[] = [];
    const nowMs = this.#clock.now();
    for (const one of this.#dirty) {
      if (taken.length === this.#limits.maxBatch) break;
      const [name, { underWay, sinceMs }] = one;
      // What the disk has nothing of yet does not wait.
      const waitedMs = nowMs - sinceMs;
      const isYoung = waitedMs >= 0 && waitedMs < this.#limits.underWayMs;
      const waits = onlyRipe && isYoung && this.#keys.get(name) === true && underWay?.() === true;
      if (!waits) taken.push(one);
    }
    for (const [name] of taken) this.#dirty.delete(name);
    return taken;
  }

  async #commit(batch: readonly Change[], taken: readonly (readonly [string, Dirty])[]): Promise<boolean> {
    try {
      if (batch.length > 0) await this.#disk.commit(batch);
    } catch (error) {
      // Nothing of the batch is there. What has changed meanwhile is younger and stays.
      this.#takeBack(taken);
      if (this.#problem === undefined) this.#log.error({ err: error }, 'the store cannot be written; it goes on trying');
      this.#problem = 'the store cannot be written';
      return false;
    }
    for (const { shelf, key, bytes } of batch) {
      const name = `${shelf}/${key}`;
      if (bytes === undefined && !this.#dirty.has(name)) this.#keys.delete(name);
    }
    if (batch.length > 0) this.#batches += 1;
    if (this.#problem !== undefined) this.#log.info({}, 'the store can be written again');
    this.#problem = undefined;
    return true;
  }

  /** Before what came meanwhile, as they were before it; of what changed again the younger is written. */
  #takeBack(taken: readonly (readonly [string, Dirty])[]): void {
    const younger = [...this.#dirty];
    this.#dirty.clear();
    for (const [name, dirty] of taken) if (this.#keys.has(name)) this.#dirty.set(name, dirty);
    for (const [name, dirty] of younger) {
      const older = this.#dirty.get(name);
      this.#dirty.delete(name);
      this.#dirty.set(name, after(older, dirty));
    }
  }

  /** What cannot be kept is taken away: an old value would be believed at the next start. */
  #bytesOf({ shelf, write }: Dirty): Uint8Array | undefined {
    try {
      const bytes = write();
      if (bytes === undefined || bytes.length <= this.#limits.maxEntryBytes) return bytes;
      this.#refuse(shelf, `maxEntryBytes (${this.#limits.maxEntryBytes})`);
    } catch (error) {
      this.#refuse(shelf, error instanceof Error ? error.message : String(error));
    }
    return undefined;
  }

  #refuse(shelf: Shelf, why: string): void {
    this.#refused += 1;
    // Once for every power of two: a store that is full says so, and does not fill the log too.
    if ((this.#refused & (this.#refused - 1)) === 0)
      this.#log.warn({ shelf, why, refused: this.#refused }, 'not kept in the store');
  }
}
