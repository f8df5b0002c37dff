/**
 * store-questions: asks the engine's thread how its store is. One that does not answer keeps nobody waiting, and that it does not is an
 * answer too.
 */
import type { Clock } from '#kit/clock.js';
import type { StoreHealth } from '#kit/store-health.js';

/** A thread that needs longer than this for a word is in trouble. */
const ANSWER_MS = 1000;
/** Questions that wait for an answer, at the most. */
const MOST = 100;

export class StoreQuestions {
  readonly #ask: () => void;
  readonly #clock: Clock;
  /** Answers come in the order of the questions; who has stopped waiting is still in it. */
  readonly #waiting: ((health: StoreHealth | undefined) => void)[] = [];
  #last: StoreHealth = { entries: 0, pending: 0, batches: 0, refused: 0 };

  /** @param ask sends one question, which `answered` is called for. */
  constructor(ask: () => void, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** @returns how it is now; of a thread that does not answer, how it was, and what is wrong. Undefined: there is no store. */
  ask(): Promise<StoreHealth | undefined> {
    if (this.#waiting.length >= MOST) return Promise.resolve(this.#silent());
    return new Promise((resolve) => {
      const late = this.#clock.after('the store of the engine', ANSWER_MS, () => resolve(this.#silent()));
      this.#waiting.push((health) => {
        late.cancel();
        resolve(health);
      });
      this.#ask();
    });
  }

  answered(health: StoreHealth | undefined): void {
    if (health !== undefined) this.#last = health;
    this.#waiting.shift()?.(health);
  }

  #silent(): StoreHealth {
    return { ...this.#last, problem: 'the SIP engine does not say how its store is' };
  }
}
