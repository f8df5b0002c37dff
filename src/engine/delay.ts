/**
 * delay: how late somebody is, measured by questions that he answers when he has done all that was before each. One is asked at every sample,
 * so that the age of the oldest without an answer is always near the truth.
 */
import type { Clock } from '#kit/clock.js';

/** Whoever has not answered so many is late enough. */
const MOST = 100;

export class Delay {
  readonly #ask: (answered: () => void) => void;
  readonly #clock: Clock;
  readonly #late: (ms: number) => void;
  /** When each was asked that has no answer, the oldest first; its number is `first`. */
  #waiting: number[] = [];
  #first = 0;
  #stopped = false;

  /** @param late is told every measure, in milliseconds. */
  constructor(ask: (answered: () => void) => void, clock: Clock, late: (ms: number) => void) {
    this.#ask = ask;
    this.#clock = clock;
    this.#late = late;
  }

  sample(): void {
    const nowMs = this.#clock.now();
    const [oldest] = this.#waiting;
    if (oldest !== undefined) this.#late(nowMs - oldest);
    if (this.#waiting.length >= MOST) return;
    const number = this.#first + this.#waiting.push(nowMs) - 1;
    this.#ask(() => this.#answered(number));
  }

  /** It is known without a question that nothing waits. */
  none(): void {
    this.#forget(this.#waiting.length);
    this.#late(0);
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Whoever answers a younger question has answered, or never got, the older ones. */
  #answered(number: number): void {
    const index = number - this.#first;
    const askedMs = this.#waiting[index];
    if (this.#stopped || askedMs === undefined) return;
    this.#forget(index + 1);
    this.#late(this.#clock.now() - askedMs);
  }

  #forget(count: number): void {
    this.#first += count;
    this.#waiting = this.#waiting.slice(count);
  }
}
