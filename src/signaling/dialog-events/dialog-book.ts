/**
 * dialog-book: which extension is in which call, as the events of the calls tell it. Knows no SIP and nobody who watches.
 */
import type { CallParties, HoldfastEvent } from '#core/events.js';
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import type { ExtensionDialog } from './dialog-info.js';

/** What is known of a call. */
type Facts = Readonly<{
  parties: CallParties;
  /** Absent: not rung yet, already gone, or still a leg of another call. */
  caller?: 'early' | 'confirmed' | undefined;
  callee?: 'early' | 'confirmed' | undefined;
  /** We have called it (an API call), so it was rung, and not the one who rings. */
  callerWasRung: boolean;
  isPrivate: boolean;
  held: boolean;
}>;

/** `ended` has to be told once more, as terminated. */
export type DialogChange = Readonly<{ extension: string; ended?: ExtensionDialog | undefined }>;

/** One entry for each call that rings or talks, and for each transfer on its way: no more than there are calls. */
export class DialogBook {
  readonly #calls = new Map<CallId, Facts>();
  readonly #byExtension = new Map<string, Set<CallId>>();
  /** Calls whose caller still waits in another one. */
  readonly #callerElsewhere = new Set<CallId>();
  readonly #isPrivate: (id: CallId) => boolean;

  /** @param isPrivate the caller wants to be anonymous. */
  constructor(isPrivate: (id: CallId) => boolean) {
    this.#isPrivate = isPrivate;
  }

  of(extension: string): readonly ExtensionDialog[] {
    const dialogs: ExtensionDialog[] = [];
    for (const id of this.#byExtension.get(extension) ?? []) {
      const facts = this.#calls.get(id);
      for (const role of LEG_ROLES) {
        if (facts?.parties[role] === extension && facts[role] !== undefined) dialogs.push(dialogOf(id, facts, role));
      }
    }
    return dialogs;
  }

  /** @returns what has changed, and for whom. */
  hear(event: HoldfastEvent): readonly DialogChange[] {
    switch (event.kind) {
      case 'call.ringing':
        return this.#onRinging(event.callId, event.parties, event.leg);
      case 'call.forwarded':
        return this.#onForwarded(event);
      case 'call.answered':
        this.#callerElsewhere.delete(event.callId);
        return this.#change(event.callId, {
          ...this.#facts(event.callId, event.parties),
          caller: 'confirmed',
          callee: 'confirmed',
        });
      case 'hold.changed': {
        const known = this.#calls.get(event.callId);
        return known === undefined ? [] : this.#change(event.callId, { ...known, held: event.hold.reasons.length > 0 });
      }
      case 'call.parked': {
        const known = this.#calls.get(event.callId);
        const gone = LEG_ROLES.find((role) => event.parties[role] === event.by);
        return known === undefined || gone === undefined ? [] : this.#change(event.callId, { ...known, [gone]: undefined });
      }
      case 'transfer.changed':
        if (event.state === 'started' && event.newCallId !== undefined) this.#callerElsewhere.add(event.newCallId);
        return [];
      case 'call.ended': {
        this.#callerElsewhere.delete(event.callId);
        const known = this.#calls.get(event.callId);
        return known === undefined ? [] : this.#change(event.callId, { ...known, caller: undefined, callee: undefined });
      }
      default:
        return []; // reminders, refusals and registrations change no dialog
    }
  }

  #onRinging(id: CallId, parties: CallParties, leg: LegRole): readonly DialogChange[] {
    const facts = this.#facts(id, parties);
    if (leg === 'caller') return this.#change(id, { ...facts, caller: 'early', callerWasRung: true });
    const caller = this.#callerElsewhere.has(id) ? undefined : facts.callerWasRung ? 'confirmed' : (facts.caller ?? 'early');
    return this.#change(id, { ...facts, caller, callee: facts.callee ?? 'early' });
  }

  /** To whom it rang it is over; to the other one it will ring. */
  #onForwarded({ callId, parties, from }: Extract<HoldfastEvent, { kind: 'call.forwarded' }>): readonly DialogChange[] {
    const known = this.#calls.get(callId);
    if (known === undefined) return [];
    const changes = this.#change(callId, { ...known, callee: undefined });
    const calls = this.#byExtension.get(from);
    if (parties.caller !== from) calls?.delete(callId);
    if (calls?.size === 0) this.#byExtension.delete(from);
    if (this.#calls.has(callId)) this.#keep(callId, { ...known, callee: undefined, parties });
    return changes;
  }

  #facts(id: CallId, parties: CallParties): Facts {
    return this.#calls.get(id) ?? { parties, callerWasRung: false, isPrivate: this.#isPrivate(id), held: false };
  }

  #change(id: CallId, next: Facts): readonly DialogChange[] {
    const before = this.#calls.get(id);
    const changes: DialogChange[] = [];
    for (const role of LEG_ROLES) {
      if (before?.[role] === next[role] && (next[role] === undefined || before?.held === next.held)) continue;
      const ended = before?.[role] !== undefined && next[role] === undefined;
      const extension = next.parties[role];
      changes.push(ended ? { extension, ended: { ...dialogOf(id, before, role), state: 'terminated' } } : { extension });
    }
    this.#keep(id, next);
    return changes;
  }

  #keep(id: CallId, facts: Facts): void {
    if (facts.caller !== undefined || facts.callee !== undefined) {
      this.#calls.set(id, facts);
      for (const role of LEG_ROLES) {
        const calls = this.#byExtension.get(facts.parties[role]) ?? new Set();
        this.#byExtension.set(facts.parties[role], calls.add(id));
      }
      return;
    }
    this.#calls.delete(id);
    for (const role of LEG_ROLES) {
      const calls = this.#byExtension.get(facts.parties[role]);
      calls?.delete(id);
      if (calls?.size === 0) this.#byExtension.delete(facts.parties[role]);
    }
  }
}

function dialogOf(id: CallId, facts: Facts, role: LegRole): ExtensionDialog {
  const { parties, held, isPrivate, callerWasRung } = facts;
  const remote = role === 'caller' ? parties.callee : isPrivate ? undefined : parties.caller;
  return {
    id: `${id}-${role}`,
    state: facts[role] ?? 'terminated',
    direction: role === 'caller' && !callerWasRung ? 'initiator' : 'recipient',
    local: parties[role],
    remote,
    held,
  };
}
