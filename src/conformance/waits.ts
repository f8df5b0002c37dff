/**
 * waits: every wait of the kit. It has a name and an end, and says what was seen instead when the end comes.
 * Nothing is polled by time: whoever learns something calls `wake`.
 */
import type { Clock } from '#kit/clock.js';
import { Failed } from './failed.js';

export type Wish<T> = Readonly<{
  /** What is waited for, as the report will say it. */
  name: string;
  ms: number;
  /** Undefined as long as it is not there. */
  look: () => T | undefined;
  /** What is there instead. */
  seen: () => string;
}>;

type Waiting = Readonly<{ look: () => boolean; give: (reason: string) => void }>;

const MOST = 200;

export class Waits {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #closed: string | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  until<T>({ name, ms, look, seen }: Wish<T>): Promise<T> {
    const there = look();
    if (there !== undefined) return Promise.resolve(there);
    if (this.#closed !== undefined) return Promise.reject(new Failed({ expected: name, seen: this.#closed }));
    if (this.#waiting.size >= MOST) return Promise.reject(new Error(`more than ${MOST} waits at once, the last for ${name}`));
    return new Promise((resolve, reject) => {
      const give = (reason: string): void => {
        timer.cancel();
        this.#waiting.delete(waiting);
        reject(new Failed({ expected: name, seen: reason }));
      };
      const timer = this.#clock.after(name, ms, () => give(`${seen()} (after ${ms} ms)`));
      const waiting: Waiting = {
        give,
        look: () => {
          const value = look();
          if (value === undefined) return false;
          timer.cancel();
          resolve(value);
          return true;
        },
      };
      this.#waiting.add(waiting);
    });
  }

  wake(): void {
    for (const waiting of [...this.#waiting]) if (waiting.look()) this.#waiting.delete(waiting);
  }

  close(reason: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = reason;
    for (const waiting of [...this.#waiting]) waiting.give(reason);
  }
}
