/**
 * admission: refuses new work while there is more than can be done in time. There is no soft edge otherwise: a loop that is
 * late makes every phone repeat, and repetitions make it later.
 */
const REFUSE_SEC = { least: 5, most: 15 };

export class Admission {
  readonly #lateMs: number;
  readonly #random: () => number;
  #late = false;

  constructor(lateMs: number, random: () => number = Math.random) {
    this.#lateMs = lateMs;
    this.#random = random;
  }

  /** Heard at every tick of the timer wheel. One tick in time is enough to be open again. */
  loopWasLate(ms: number): void {
    this.#late = ms > this.#lateMs;
  }

  /** Seconds for Retry-After, not the same for everybody, so that they do not all come back at once; undefined: come in. */
  refuseForSec(): number | undefined {
    if (!this.#late) return undefined;
    return REFUSE_SEC.least + Math.floor(this.#random() * (REFUSE_SEC.most - REFUSE_SEC.least + 1));
  }
}
