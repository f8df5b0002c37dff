/**
 * repeat-until: a response that is sent again and again until the peer acknowledges it: a 2xx to an INVITE or re-INVITE until
 * its ACK (RFC 3261 §13.3.1.4, §14.2), a reliable 1xx until its PRACK (RFC 3262 §3). Over every transport, because the hop
 * after the next may be an unreliable one. What follows when nobody acknowledges is its owner's business.
 */
import { T1_MS, T2_MS } from '../transaction/timers.js';
import type { TimerWheel, WheelTimer } from '../timer-wheel.js';

export const WAIT_MS = 64 * T1_MS;

export type Repeated = Readonly<{ kind: '2xx' | 'reliable 1xx'; send: () => void; unanswered: () => void }>;

export class RepeatUntil {
  readonly #wheel: TimerWheel;
  readonly #repeated: Repeated;
  #intervalMs = T1_MS;
  #again: WheelTimer | undefined;
  #end: WheelTimer | undefined;

  /** The first sending has been done by the transaction. */
  constructor(wheel: TimerWheel, repeated: Repeated) {
    this.#wheel = wheel;
    this.#repeated = repeated;
    this.#again = wheel.start(this, 'again', this.#intervalMs);
    this.#end = wheel.start(this, 'end', WAIT_MS);
  }

  due(name: 'again' | 'end'): void {
    if (name === 'end') {
      this.stop();
      return this.#repeated.unanswered();
    }
    this.#repeated.send();
    // RFC 3262 §3 doubles without the ceiling that RFC 3261 §13.3.1.4 gives the 2xx.
    this.#intervalMs = this.#repeated.kind === '2xx' ? Math.min(this.#intervalMs * 2, T2_MS) : this.#intervalMs * 2;
    this.#again = this.#wheel.start(this, 'again', this.#intervalMs);
  }

  /** Acknowledged, or no longer wanted; stopping twice is stopping once. */
  stop(): void {
    this.#again?.cancel();
    this.#end?.cancel();
    this.#again = undefined;
    this.#end = undefined;
  }
}
