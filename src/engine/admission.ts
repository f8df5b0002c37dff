/**
 * admission: refuses new work while there is more than can be done in time: who is late makes every phone repeat itself, and
 * repetitions make it later. Two edges: behind a little, new calls have a rate (call-rate.ts); behind a lot, nothing new is taken. What
 * belongs to a call that is up is always taken. How the load is measured is load-watch.ts's business.
 */
import { CallRate } from './call-rate.js';

const REFUSE_SEC = { least: 5, most: 15 };

/**
 * Who can be late: our loop, as every tick of the timer wheel says; the application, with reading what it was given; what it has to ask for
 * calls, and for nothing else, with its turn; what phones sent, in the buffers of our sockets.
 */
export type Late = 'loop' | 'app' | 'work' | 'sockets';

export class Admission {
  readonly #lateMs: number;
  readonly #random: () => number;
  /** Who was later than may be when he was measured last: once in time is enough to be open again. */
  readonly #late = new Set<Late>();
  #worstMs = 0;
  readonly #rate: CallRate;

  constructor(lateMs: number, random: () => number = Math.random) {
    this.#lateMs = lateMs;
    this.#rate = new CallRate(lateMs);
    this.#random = random;
  }

  wasLate(who: Late, ms: number): void {
    if (ms > this.#lateMs) this.#late.add(who);
    else this.#late.delete(who);
    this.#worstMs = Math.max(this.#worstMs, ms);
  }

  /** The end of a sample: calls have another rate from now on, if need be. */
  sampled(nowMs: number): void {
    this.#rate.sample(this.#worstMs, nowMs);
    this.#worstMs = 0;
  }

  /** Calls a second that are let in; Infinity: all. */
  get callsPerSecond(): number {
    return this.#rate.perSecond;
  }

  /** Nothing new is taken; or, where only what calls wait for is late, no new call. */
  isShut(isCall: boolean): boolean {
    return this.#late.size > (!isCall && this.#late.has('work') ? 1 : 0);
  }

  /** Seconds for Retry-After, not the same for everybody, so that they do not all come back at once; undefined: come in. */
  refuseForSec(isCall: boolean, nowMs: number): number | undefined {
    const isShut = this.isShut(isCall);
    if (isShut && isCall) this.#rate.shut();
    if (!isShut && (!isCall || this.#rate.admits(nowMs))) return undefined;
    return REFUSE_SEC.least + Math.floor(this.#random() * (REFUSE_SEC.most - REFUSE_SEC.least + 1));
  }
}
