/**
 * call-tally: what is counted of one call while it is up, for the line that is kept of it. Pure: times are given to it.
 */
import type { CallRecord } from '#calls/history-commands.js';
import type { CallView } from '#calls/commands.js';
import type { CallEvent, EndCause } from '#core/events.js';

/** What events add to a call, also to one that has ended: a recording is completed, and a transfer, when it is over. */
export type Added = Partial<Pick<CallRecord, 'recordings' | 'transferredTo'>>;

export type CallTally = Readonly<{ holds: number; heldMs: number; heldSinceMs?: number | undefined; added: Added }>;

export const NEW_TALLY: CallTally = { holds: 0, heldMs: 0, added: {} };

/** A hold begins when somebody holds and nobody did before, and ends when nobody does any more. */
export function tallyOf(tally: CallTally, event: CallEvent, atMs: number): CallTally {
  const added = addedBy(tally.added, event);
  if (event.kind !== 'hold.changed') return added === undefined ? tally : { ...tally, added };
  const held = event.hold.reasons.length > 0;
  if (held === (tally.heldSinceMs !== undefined)) return tally;
  return held
    ? { ...tally, holds: tally.holds + 1, heldSinceMs: atMs }
    : { ...tally, heldMs: heldMsUntil(tally, atMs), heldSinceMs: undefined };
}

/** @returns undefined: this event adds nothing. */
export function addedBy(before: Added, event: CallEvent): Added | undefined {
  if (event.kind === 'recording.completed')
    return { ...before, recordings: [...(before.recordings ?? []), event.recordingId].slice(-MOST_RECORDINGS) };
  if (event.kind === 'transfer.changed' && event.state === 'completed')
    return { ...before, transferredTo: { number: event.to, callId: event.newCallId } };
  return undefined;
}

/** @param view as it was when it ended. */
export function recordOf(
  tally: CallTally,
  view: CallView,
  ended: Extract<CallEvent, { kind: 'call.ended' }>,
  at: string,
): CallRecord {
  const { id, origin, parties, createdAt, ringingAt, answeredAt, endedAt = at } = view;
  const cause: EndCause = ended.cause;
  const { status, reason } = ended;
  const heldMs = heldMsUntil(tally, Date.parse(endedAt));
  const { recordings = [], transferredTo } = tally.added;
  return {
    ...{ id, origin, parties, createdAt, ringingAt, answeredAt, endedAt, cause, status, reason },
    ...{ holds: tally.holds, heldMs, recordings, transferredTo },
  };
}

/** One line of the history has an end. */
const MOST_RECORDINGS = 100;

function heldMsUntil({ heldMs, heldSinceMs }: CallTally, atMs: number): number {
  return heldSinceMs === undefined ? heldMs : heldMs + Math.max(0, atMs - heldSinceMs);
}
