/**
 * delay: how late somebody is, measured by a question that he answers when he has done all that was before it.
 */
import type { Clock } from '#kit/clock.js';

export class Delay {
  readonly #ask: (answered: () => void) => void;
  readonly #clock: Clock;
  readonly #isLate: (ms: number) => boolean;
  readonly #lostMs: number;
  /** Since when there has been no answer, to this question or to one before it that was lost. */
  #sinceMs: number | undefined;
  #askedMs = 0;
  /** Which question is waited for: the answer to an older one says nothing any more. */
  #turn = 0;
  #stopped = false;

  /**
   * @param isLate is told every measure in milliseconds; true: that is too much.
   * @param lostMs a question that has waited so long is asked again.
   */
  constructor(ask: (answered: () => void) => void, clock: Clock, isLate: (ms: number) => boolean, lostMs = Infinity) {
    this.#ask = ask;
    this.#clock = clock;
    this.#isLate = isLate;
    this.#lostMs = lostMs;
  }

  sample(): void {
    const nowMs = this.#clock.now();
    // No answer yet: late by as long as it has been waited for.
    if (this.#sinceMs !== undefined) this.#isLate(nowMs - this.#sinceMs);
    if (this.#sinceMs === undefined || nowMs - this.#askedMs >= this.#lostMs) this.#question(nowMs);
  }

  /** It is known without a question that nothing waits. */
  none(): void {
    this.#turn += 1;
    this.#sinceMs = undefined;
    this.#isLate(0);
  }

  stop(): void {
    this.#stopped = true;
  }

  #question(nowMs: number): void {
    this.#sinceMs ??= nowMs;
    this.#askedMs = nowMs;
    this.#turn += 1;
    const turn = this.#turn;
    this.#ask(() => {
      if (this.#stopped || turn !== this.#turn) return;
      this.#sinceMs = undefined;
      // He has caught up with all there was, so he is asked again at once: one long pause (starting up, for one) is no overload.
      if (this.#isLate(this.#clock.now() - nowMs)) this.sample();
    });
  }
}
