/**
 * plivo-memory: what the calls do not say of themselves: with which role somebody was added, and which call a consultation belongs to.
 * Both are forgotten with the call, and neither grows without limit.
 */
import type { NumberedEvent } from '#calls/event-bus.js';
import type { CallId } from '#core/leg.js';
import { userOf, type Role } from './plivo-address.js';

const MOST = 10_000;

export class PlivoMemory {
  readonly #roles = new Map<string, Role>();
  readonly #consultations = new Map<string, CallId>();
  readonly #most: number;

  constructor(most = MOST) {
    this.#most = most;
  }

  /** Who was added with a role keeps it until its call ends. */
  added(address: string, role: Role): void {
    keep(this.#roles, userOf(address), role, this.#most);
  }

  role(address: string): Role | undefined {
    return this.#roles.get(userOf(address));
  }

  /** The member talks to somebody first; the call in which the other waits is the one to come back to. */
  consults(address: string, callId: CallId): void {
    keep(this.#consultations, userOf(address), callId, this.#most);
  }

  /** The call that this member left for a consultation. */
  leftFor(address: string): CallId | undefined {
    return this.#consultations.get(userOf(address));
  }

  hear({ event }: NumberedEvent): void {
    if (event.kind !== 'call.ended') return;
    // Its parties go on in another call, as whom they were.
    if (event.cause === 'conference' || event.cause === 'transferred') return;
    for (const address of Object.values(event.parties)) {
      this.#roles.delete(userOf(address));
      if (this.#consultations.get(userOf(address)) === event.callId) this.#consultations.delete(userOf(address));
    }
  }
}

/** The oldest makes room. */
function keep<V>(map: Map<string, V>, key: string, value: V, most: number): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
