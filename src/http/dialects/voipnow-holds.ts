/**
 * voipnow-holds: since when each call is held, heard from the bus, because their PhoneCallView tells it.
 * A second hold changes nothing; the date ends with the last hold. Owned by app.ts: a dialect has no state.
 */
import type { CallView } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';

/** A belt: ended calls leave by themselves. */
const MOST_CALLS = 200_000;

export class HeldSince {
  readonly #since = new Map<CallView['id'], string>();
  readonly stop: () => void;

  constructor(bus: EventBus) {
    this.stop = bus.subscribe(({ at, event }) => {
      if (event.kind === 'call.ended') this.#since.delete(event.callId);
      if (event.kind !== 'hold.changed') return;
      if (event.hold.reasons.length === 0) this.#since.delete(event.callId);
      else if (!this.#since.has(event.callId) && this.#since.size < MOST_CALLS) this.#since.set(event.callId, at);
    }, 'book');
  }

  of(callId: CallView['id']): string | undefined {
    return this.#since.get(callId);
  }
}
