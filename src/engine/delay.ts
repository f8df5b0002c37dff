/**
 * delay: how late somebody is, measured by questions that he answers when he has done all that was before each. One is asked at every sample,
 * so that the age of the oldest without an answer is always near the truth.
 */
import type { Clock } from '#kit/clock.js';

/** Of more without an answer the oldest says how late he is, and the youngest whether he answers again. */
const MOST = 100;

export class Delay {
  readonly #ask: (answered: () => void) => void;
  readonly #clock: Clock;
  readonly #late: (ms: number) => void;
  /** When each was asked that has no answer, by its number; the oldest first. */
  readonly #waiting = new Map<number, number>();
  #asked = 0;
  #stopped = false;

  /** @param late is told every measure, in milliseconds. */
  constructor(ask: (answered: () => void) => void, clock: Clock, late: (ms: number) => void) {
    this.#ask = ask;
    this.#clock = clock;
    this.#late = late;
  }

  sample(): void {
    const nowMs = this.#clock.now();
    const [oldestMs] = this.#waiting.values();
    if (oldestMs !== undefined) this.#late(nowMs - oldestMs);
    const [, second] = this.#waiting.keys();
    if (this.#waiting.size >= MOST && second !== undefined) this.#waiting.delete(second);
    const number = (this.#asked += 1);
    this.#waiting.set(number, nowMs);
    this.#ask(() => this.#answered(number));
  }

  /** It is known without a question that nothing waits. */
  none(): void {
    this.#waiting.clear();
    this.#late(0);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Whoever answers a younger question has answered, or never got, the older ones. */
  #answered(number: number): void {
    const askedMs = this.#waiting.get(number);
    if (this.#stopped || askedMs === undefined) return;
    for (const one of this.#waiting.keys()) if (one <= number) this.#waiting.delete(one);
    this.#late(this.#clock.now() - askedMs);
  }
}
