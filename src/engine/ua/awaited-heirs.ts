/**
 * awaited-heirs: requests of peers in dialogs whose application is not there: it was killed, or we were, and is back in a moment. They
 * wait for it, for a time and up to a number; their peers repeat them meanwhile, and the transactions absorb that.
 */
import type { TimerWheel, WheelTarget, WheelTimer } from '../timer-wheel.js';

/** More at once is no pause any more. */
const MAX_AWAITING = 10_000;

/** One of them is called, once, later. */
export type Hopes = Readonly<{
  again: () => void;
  nobodyCame: () => void;
  /** RFC 3261 §9.2: its peer does not want it any more. */
  cancelled?: () => void;
}>;

type Waiting = Readonly<{ hopes: Hopes; late: WheelTimer }>;

export class AwaitedHeirs {
  readonly #wheel: TimerWheel;
  readonly #heirMs: number;
  /** By their transactions. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(wheel: TimerWheel, { heirMs }: Readonly<{ heirMs: number }>) {
    this.#wheel = wheel;
    this.#heirMs = heirMs;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false: too many wait already. */
  await(transactionId: string, hopes: Hopes): boolean {
    if (this.#waiting.size >= MAX_AWAITING) return false;
    const patience: WheelTarget<'no heir'> = {
      due: () => {
        this.#waiting.delete(transactionId);
        hopes.nobodyCame();
      },
    };
    this.#waiting.set(transactionId, { hopes, late: this.#wheel.start(patience, 'no heir', this.#heirMs) });
    return true;
  }

  /** Nothing happens when it does not wait. */
  cancel(transactionId: string): void {
    const waiting = this.#waiting.get(transactionId);
    if (waiting?.hopes.cancelled === undefined) return;
    this.#waiting.delete(transactionId);
    waiting.late.cancel();
    waiting.hopes.cancelled();
  }

  /** An application is there. */
  come(): void {
    for (const [transactionId, { hopes, late }] of [...this.#waiting]) {
      this.#waiting.delete(transactionId);
      late.cancel();
      hopes.again();
    }
  }
}
