/**
 * admission: refuses new work while there is more than can be done in time: who is late makes every phone repeat itself, and
 * repetitions make it later. Two edges: behind a little, new calls have a rate (call-rate.ts); behind a lot, nothing new is taken. What
 * belongs to a call that is up is always taken. How the load is measured is load-watch.ts's business.
 */
import { CallRate } from './call-rate.js';

const REFUSE_SEC = { least: 5, most: 15 };

export class Admission {
  readonly #lateMs: number;
  readonly #random: () => number;
  #loopIsLate = false;
  #appIsLate = false;
  #workIsLate = false;
  #socketsAreLate = false;
  #worstMs = 0;
  readonly #rate = new CallRate();

  constructor(lateMs: number, random: () => number = Math.random) {
    this.#lateMs = lateMs;
    this.#random = random;
  }

  /** Heard at every tick of the timer wheel. One tick in time is enough to be open again. */
  loopWasLate(ms: number): void {
    this.#loopIsLate = ms > this.#lateMs;
    this.#worstMs = Math.max(this.#worstMs, ms);
  }

  /** How long the application took to read what it was given. */
  appWasLate(ms: number): void {
    this.#appIsLate = ms > this.#lateMs;
    this.#worstMs = Math.max(this.#worstMs, ms);
  }

  /** How long what the application has to ask for calls waited for its turn: of calls, and of nothing else. */
  workWasLate(ms: number): void {
    this.#workIsLate = ms > this.#lateMs;
    this.#worstMs = Math.max(this.#worstMs, ms);
  }

  /** How long what phones sent stood in the buffers of our sockets. */
  socketsWereLate(ms: number): void {
    this.#socketsAreLate = ms > this.#lateMs;
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

  /** Nothing new is taken. */
  get overloaded(): boolean {
    return this.#loopIsLate || this.#appIsLate || this.#socketsAreLate;
  }

  /** Seconds for Retry-After, not the same for everybody, so that they do not all come back at once; undefined: come in. */
  refuseForSec(isCall: boolean, nowMs: number): number | undefined {
    const isShut = this.overloaded || (isCall && this.#workIsLate);
    if (isShut && isCall) this.#rate.shut();
    if (!isShut && (!isCall || this.#rate.admits(nowMs))) return undefined;
    return REFUSE_SEC.least + Math.floor(this.#random() * (REFUSE_SEC.most - REFUSE_SEC.least + 1));
  }
}
