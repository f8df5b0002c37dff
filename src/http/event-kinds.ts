/**
 * event-kinds: every kind of event there is, by name. A kind that is new in core does not compile until it stands here.
 */
import type { NumberedEvent } from '#calls/event-bus.js';

export type EventKind = NumberedEvent['event']['kind'];

const KNOWN: Readonly<Record<EventKind, true>> = {
  'call.ringing': true,
  'call.forwarded': true,
  'call.answered': true,
  'call.restored': true,
  'hold.changed': true,
  'hold.failed': true,
  'hold.reminder': true,
  'hold.expired': true,
  'transfer.changed': true,
  'call.parked': true,
  'call.retrieved': true,
  'call.key': true,
  'play.ended': true,
  'recording.completed': true,
  'conference.changed': true,
  'call.ended': true,
  'registration.changed': true,
};

export const EVENT_KINDS = Object.keys(KNOWN) as readonly EventKind[];

export const isEventKind = (text: string): text is EventKind => Object.hasOwn(KNOWN, text);
