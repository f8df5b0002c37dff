/**
 * buckets: how often somebody may ask: a bucket each, that fills with time. Pure but for its map; time is told to it.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
export type Rate = Readonly<{
  /** 0: no limit. */
  perSecond: number;
  burst: number;
}>;

/** `much`: so far above what is allowed that an answer would only help a flood. */
export type Pour = Readonly<{ kind: 'in' } | { kind: 'over'; retryAfterSec: number } | { kind: 'much' }>;

const IN: Pour = { kind: 'in' };
const MUCH: Pour = { kind: 'much' };

type Bucket = { left: number; atMs: number };

export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  /** Youngest use last, so that what is forgotten first is a bucket that has had most time to fill. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate, most: number) {
    this.#rate = rate;
    this.#most = most;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** One more asks. Down to an empty bucket it is let in; as much again is refused with an answer; the rest is not worth one. */
  take(who: string, nowMs: number): Pour {
    const { perSecond, burst } = this.#rate;
    if (perSecond === 0) return IN;
    const bucket = this.#filled(who, nowMs);
    if (bucket.left >= 1) {
      bucket.left -= 1;
      return IN;
    }
    if (bucket.left <= -burst) return MUCH;
    // Who goes on asking waits longer: what is refused empties the bucket too.
    bucket.left -= 1;
    return { kind: 'over', retryAfterSec: Math.max(1, Math.ceil((1 - bucket.left) / perSecond)) };
  }

  #filled(who: string, nowMs: number): Bucket {
    const { perSecond, burst } = this.#rate;
    const before = this.#buckets.get(who);
    // A clock that is set back must not empty anybody's bucket.
    const gained = before === undefined ? 0 : (Math.max(0, nowMs - before.atMs) / 1000) * perSecond;
    const bucket = { left: before === undefined ? burst : Math.min(burst, before.left + gained), atMs: nowMs };
    this.#buckets.delete(who);
    this.#buckets.set(who, bucket);
    forgetOldest(this.#buckets, this.#most);
    return bucket;
  }
}
