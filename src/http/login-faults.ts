/**
 * login-faults: how often somebody was wrong lately, and how long the next refusal takes for it. Pure but for its map, which is bounded.
 */
import { forgetOldest } from '#kit/forget-oldest.js';

export type FaultLimits = Readonly<{ firstMs: number; maxMs: number; forgetMs: number; remembered: number }>;

type Fault = Readonly<{ delayMs: number; atMs: number }>;

export class Faults {
  readonly #limits: FaultLimits;
  readonly #faults = new Map<string, Fault>();

  constructor(limits: FaultLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#faults.size;
  }

  /** One more. @returns how long its refusal waits. */
  add(who: string, nowMs: number): number {
    const { firstMs, maxMs, remembered } = this.#limits;
    if (firstMs === 0) return 0;
    const before = this.#left(who, nowMs);
    const delayMs = Math.min(maxMs, before < firstMs ? firstMs : before * 2);
    this.#faults.delete(who);
    this.#faults.set(who, { delayMs, atMs: nowMs });
    forgetOldest(this.#faults, remembered);
    return delayMs;
  }

  /** Lately: until less than a millisecond is left of its delay. */
  wasWrong(who: string, nowMs: number): boolean {
    return this.#left(who, nowMs) >= 1;
  }

  /** What time has left of the last delay. */
  #left(who: string, nowMs: number): number {
    const fault = this.#faults.get(who);
    if (fault === undefined) return 0;
    const halvings = Math.floor(Math.max(0, nowMs - fault.atMs) / this.#limits.forgetMs);
    return fault.delayMs / 2 ** halvings;
  }
}
