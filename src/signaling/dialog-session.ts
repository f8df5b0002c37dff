/**
 * dialog-session: what one dialog remembers of its session timer (RFC 4028): what was agreed last, the largest Min-SE seen, and
 * whether the phone takes UPDATE. Speaks no SIP itself: it gives headers and reads them.
 */
import type { SessionTerms } from '#calls/ports.js';
import type { StoredLeg } from '#calls/store-port.js';
import { hasToken } from './extensions.js';
import {
  agreed,
  askHeaders,
  grant,
  raisedMinSec,
  readAsk,
  termsOf,
  type Grant,
  type Running,
  type SessionPolicy,
} from './session-timer.js';
import type { Headers, SrfMessage } from './srf.js';

export class DialogSession {
  readonly #policy: SessionPolicy;
  #minSec: number;
  #running: Running | undefined;
  #takesUpdate = false;
  /** The phone has spoken of session timers; what it leaves out it means. */
  #knowsTimers = false;

  constructor(policy: SessionPolicy) {
    this.#policy = policy;
    this.#minSec = policy.minSessionSeconds;
  }

  get stored(): StoredLeg['session'] {
    return { running: this.#running, minSec: this.#minSec, takesUpdate: this.#takesUpdate, knowsTimers: this.#knowsTimers };
  }

  /** As it was agreed in the last life; the policy is that of this one. */
  restore({ running, minSec, takesUpdate, knowsTimers }: StoredLeg['session']): void {
    this.#running = running;
    this.#minSec = Math.max(this.#minSec, minSec);
    this.#takesUpdate = takesUpdate;
    this.#knowsTimers = knowsTimers;
  }

  /** The last Allow of the dialog counts (RFC 3311 §4). */
  note(message: SrfMessage): void {
    if (message.get('Allow') !== undefined) this.#takesUpdate = hasToken(message, 'Allow', 'UPDATE');
  }

  /** What our 2xx to this request will say; nothing is agreed before it is sent. */
  grant(request: SrfMessage): Grant {
    this.note(request);
    const ask = readAsk(request);
    this.#knowsTimers ||= ask.supported;
    // RFC 4028 §7.4: the largest Min-SE seen on the dialog, in whatever came.
    this.#minSec = Math.max(this.#minSec, ask.minSec);
    return grant(ask, this.#policy);
  }

  /** Our 2xx is on its way. */
  granted(running: Running | undefined): SessionTerms {
    this.#running = running;
    return termsOf(running, this.#takesUpdate);
  }

  /** What a request of ours asks for now. */
  get asks(): Headers {
    return askHeaders(this.#policy, this.#minSec, this.#running);
  }

  /** A 2xx to a request of ours has come. */
  agreed(response: SrfMessage): SessionTerms {
    this.note(response);
    const running = agreed(response);
    this.#knowsTimers ||= running !== undefined || readAsk(response).supported;
    // RFC 4028 §7.2: a phone that knows nothing of timers cannot switch off what we keep up alone.
    const kept = running === undefined && !this.#knowsTimers && this.#running?.weRefresh === true;
    return this.granted(kept ? this.#running : running);
  }

  /** A 422 has come. @returns whether it is worth another try. */
  raise(refusal: SrfMessage): boolean {
    const raised = raisedMinSec(refusal, this.#minSec);
    if (raised === undefined) return false;
    this.#minSec = raised;
    return true;
  }
}
