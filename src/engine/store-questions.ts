/**
 * store-questions: asks the engine's thread how its store is. One that does not answer keeps nobody waiting, and that it does not is an
 * answer too.
 */
import type { Clock } from '#kit/clock.js';
import { Questions } from '#kit/questions.js';
import type { StoreHealth } from '#kit/store-health.js';

/** A thread that needs longer than this for a word is in trouble. */
const ANSWER_MS = 1000;
/** Questions that wait for an answer, at the most. */
const MOST = 100;

export class StoreQuestions {
  readonly #send: (id: number) => void;
  readonly #questions: Questions<StoreHealth | undefined>;
  #last: StoreHealth = { entries: 0, pending: 0, batches: 0, refused: 0 };

  /** @param send sends one question, whose answer has the same id. */
  constructor(send: (id: number) => void, clock: Clock) {
    this.#send = send;
    const silent = (): Error => new Error('the SIP engine does not say how its store is');
    this.#questions = new Questions({ clock, answerMs: ANSWER_MS, limit: MOST, full: silent, late: silent });
  }

  /** @returns how it is now; of a thread that does not answer, how it was, and what is wrong. Undefined: there is no store. */
  ask(): Promise<StoreHealth | undefined> {
    return this.#questions
      .ask('the store of the engine', this.#send)
      .catch((error: Error) => ({ ...this.#last, problem: error.message }));
  }

  answered(id: number, health: StoreHealth | undefined): void {
    if (health !== undefined) this.#last = health;
    this.#questions.answer(id, health);
  }
}
