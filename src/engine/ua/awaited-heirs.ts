/**
 * awaited-heirs: requests of peers in dialogs whose application is not there: it was killed, or we were, and is back in a moment. They
 * wait for it, for a time and up to a number; their peers repeat them meanwhile, and the transactions absorb that.
 */
import type { TimerWheel, WheelTarget, WheelTimer } from '../timer-wheel.js';

/** More at once is no pause any more. */
const MAX_AWAITING = 10_000;

type Waiting = Readonly<{ again: () => void; late: WheelTimer }>;

export class AwaitedHeirs {
  readonly #wheel: TimerWheel;
  readonly #heirMs: number;
  readonly #waiting = new Set<Waiting>();

  constructor(wheel: TimerWheel, { heirMs }: Readonly<{ heirMs: number }>) {
    this.#wheel = wheel;
    this.#heirMs = heirMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false: too many wait already. One of the two is called later. */
  await(again: () => void, nobodyCame: () => void): boolean {
    if (this.#waiting.size >= MAX_AWAITING) return false;
    const patience: WheelTarget<'no heir'> = {
      due: () => {
        this.#waiting.delete(waiting);
        nobodyCame();
      },
    };
    const waiting: Waiting = { again, late: this.#wheel.start(patience, 'no heir', this.#heirMs) };
    this.#waiting.add(waiting);
    return true;
  }

  /** An application is there. */
  come(): void {
    for (const waiting of [...this.#waiting]) {
      this.#waiting.delete(waiting);
      waiting.late.cancel();
      waiting.again();
    }
  }
}
