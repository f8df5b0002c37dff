/**
 * idempotency-keys: remembers for ten minutes which call a key has set up, so that a double click makes one call.
 */
import type { CallId } from '#core/leg.js';
import type { Clock } from '#kit/clock.js';
import { BadRequest } from '#kit/errors.js';

const KEPT_MS = 10 * 60_000;
const MOST_KEYS = 10_000;

type Kept = Readonly<{ callId: CallId; request: string; untilMs: number }>;

export class IdempotencyKeys {
  readonly #clock: Clock;
  readonly #keys = new Map<string, Kept>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws BadRequest when the key came before with another request. */
  find(key: string, request: string): CallId | undefined {
    const kept = this.#keys.get(key);
    if (kept === undefined || kept.untilMs <= this.#clock.now()) return undefined;
    if (kept.request !== request) throw new BadRequest('Idempotency-Key', 'this key was used for another request');
    return kept.callId;
  }

  keep(key: string, request: string, callId: CallId): void {
    this.#keys.delete(key);
    this.#keys.set(key, { callId, request, untilMs: this.#clock.now() + KEPT_MS });
    for (const [old, kept] of this.#keys) {
      if (this.#keys.size <= MOST_KEYS && kept.untilMs > this.#clock.now()) break; // oldest first
      this.#keys.delete(old);
    }
  }
}
