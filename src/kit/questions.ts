/**
 * questions: what is asked of another thread and waits for its answer. Each of them ends: answered, refused, too late, or with the thread.
 * Knows neither threads nor what is asked.
 */
import type { Clock, Timer } from './clock.js';

export type QuestionsOptions = Readonly<{
  clock: Clock;
  answerMs: number;
  /** So many may wait at a time. */
  limit: number;
  full: () => Error;
  late: () => Error;
}>;

type Question<Answer> = Readonly<{ resolve: (answer: Answer) => void; reject: (error: Error) => void; timer: Timer }>;

export class Questions<Answer> {
  readonly #options: QuestionsOptions;
  readonly #pending = new Map<number, Question<Answer>>();
  #lastId = 0;

  constructor(options: QuestionsOptions) {
    this.#options = options;
  }

  /** @param send gives the question to the thread, whose answer has the same id. @throws what `full` and `late` make, and what it is refused with. */
  ask(name: string, send: (id: number) => void): Promise<Answer> {
    const { clock, answerMs, limit, full, late } = this.#options;
    if (this.#pending.size >= limit) return Promise.reject(full());
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      // If it was this thread that stood still, the answer lies here already: it is read before anybody is called late.
      const timer = clock.after(name, answerMs, () => void setImmediate(() => this.refuse(id, late())));
      this.#pending.set(id, { resolve, reject, timer });
      send(id);
    });
  }

  /** Of one that is over already nobody wants to know. */
  answer(id: number, answer: Answer): void {
    this.#over(id)?.resolve(answer);
  }

  refuse(id: number, error: Error): void {
    this.#over(id)?.reject(error);
  }

  /** The thread is gone. */
  refuseAll(because: () => Error): void {
    for (const id of [...this.#pending.keys()]) this.refuse(id, because());
  }

  #over(id: number): Question<Answer> | undefined {
    const question = this.#pending.get(id);
    this.#pending.delete(id);
    question?.timer.cancel();
    return question;
  }
}
