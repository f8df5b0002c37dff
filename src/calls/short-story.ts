/**
 * short-story: what the log says of an event of a call.
 */
import type { CallEvent } from '#core/events.js';

/** Ids and plain words only: what a person reading the log wants to know of an event. */
export function shortStory(event: CallEvent): Record<string, unknown> {
  const { callId, parties } = event;
  if (event.kind === 'hold.changed' || event.kind === 'call.restored') return { callId, ...parties, reasons: event.hold.reasons };
  if (event.kind === 'transfer.changed') return { callId, ...parties, state: event.state, to: event.to, status: event.status };
  if (event.kind === 'call.ended') return { callId, ...parties, cause: event.cause, status: event.status };
  return { callId, ...parties };
}
