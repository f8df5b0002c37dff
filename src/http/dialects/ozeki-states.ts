/**
 * ozeki-states: Ozeki's words for how a call stands, how it ended, and where it went.
 */
import type { CallState, CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';

/** As in lists and notifications. */
export const CALL_STATES: Readonly<Record<CallState, string>> = {
  trying: 'Ringing',
  ringing: 'Ringing',
  'in-call': 'InCall',
  held: 'Hold',
  ended: 'Completed',
};

type Ended = Extract<NumberedEvent['event'], { kind: 'call.ended' }>;

/** The last CallState of a call. */
export function resultState(cause: Ended['cause'], status: number | undefined): string {
  switch (cause) {
    case 'refused':
      return status === 486 || status === 600 ? 'Busy' : 'Error';
    case 'caller-cancelled':
      return 'Cancelled';
    case 'transferred':
    case 'conference':
      return 'Transferred';
    case 'no-answer':
    case 'caller-lost':
    case 'callee-lost':
    case 'media-lost':
    case 'server-lost':
      return 'Error';
    default:
      return 'Completed';
  }
}

/** State in the call history, which has words of its own. */
const HISTORY_STATES: Partial<Record<Ended['cause'], string>> = {
  'caller-hung-up': 'CallerHangUp',
  'callee-hung-up': 'CalleeHungUp',
  'controller-hung-up': 'Completed',
  transferred: 'TransferCompleted',
  'no-answer': 'NoAnswer',
};

export const historyState = (cause: Ended['cause'], status: number | undefined): string =>
  HISTORY_STATES[cause] ?? resultState(cause, status);

/** The causes that one of our ended calls may have when the client filters by a word of theirs; none: nothing fits. */
export function causesOf(state: string): Ended['cause'] | undefined {
  const wanted = state.trim().toLowerCase();
  const causes = Object.keys(HISTORY_STATES) as Ended['cause'][];
  return causes.find((cause) => HISTORY_STATES[cause]?.toLowerCase() === wanted) ?? OTHERS[wanted];
}

const OTHERS: Readonly<Record<string, Ended['cause']>> = {
  busy: 'refused',
  cancelled: 'caller-cancelled',
  transferred: 'transferred',
};

/** @param isOurs has a phone, or a script, of this house this number? */
export function directionOf({ caller, callee }: CallView['parties'], isOurs: (number: string) => boolean): string {
  if (isOurs(caller)) return isOurs(callee) ? 'Internal' : 'Outbound';
  return isOurs(callee) ? 'Inbound' : 'External';
}
