/**
 * voipnow-holds: since when each call is held, heard from the bus, because their PhoneCallView tells it.
 * A second hold changes nothing; the date ends with the last hold. Owned by app.ts: a dialect has no state.
 */
import type { CallView } from '#calls/commands.js';
import type { EventBus } from '#calls/event-bus.js';
import { FORGETFUL_NOTEBOOK, type Notebook } from '../notebook.js';

/** A belt: ended calls leave by themselves. */
const MOST_CALLS = 200_000;

export class HeldSince {
  readonly #since: Map<CallView['id'], string>;
  readonly #notes: Notebook;
  readonly stop: () => void;

  /** @param notes so that a hold is as old after a restart as it was before. */
  constructor(bus: EventBus, notes: Notebook = FORGETFUL_NOTEBOOK) {
    this.#notes = notes;
    this.#since = new Map(notes.leftOfCalls('voipnow-held') as readonly (readonly [CallView['id'], string])[]);
    this.stop = bus.subscribe(({ at, event }) => {
      if (event.kind === 'call.ended') this.#over(event.callId);
      if (event.kind !== 'hold.changed') return;
      if (event.hold.reasons.length === 0) this.#over(event.callId);
      else if (!this.#since.has(event.callId) && this.#since.size < MOST_CALLS) {
        this.#since.set(event.callId, at);
        this.#notes.write('voipnow-held', event.callId, at);
      }
    }, 'book');
  }

  #over(callId: CallView['id']): void {
    if (this.#since.delete(callId)) this.#notes.write('voipnow-held', callId, undefined);
  }

  of(callId: CallView['id']): string | undefined {
    return this.#since.get(callId);
  }
}
