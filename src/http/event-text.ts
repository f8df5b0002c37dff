/**
 * event-text: an event as a block of text/event-stream (WHATWG HTML §9.2.5).
 */
import type { NumberedEvent } from '#calls/event-bus.js';

/** One event for programs: what a stream, a webhook and a page of history say of it. */
export const eventJson = ({ seq, at, event }: NumberedEvent): string => JSON.stringify({ seq, at, ...event });

/** JSON has no line break outside strings and escapes those inside, so the data is always one line. */
export function eventText(numbered: NumberedEvent): string {
  return `id: ${numbered.seq}\nevent: ${numbered.event.kind}\ndata: ${eventJson(numbered)}\n\n`;
}

/** Tells a reader that events it asked for are no longer kept, or were told before a restart. */
export function gapText(askedAfter: number, oldestKept: number): string {
  return `event: stream.gap\ndata: ${JSON.stringify({ after: askedAfter, oldestKept })}\n\n`;
}

/** The id alone moves a reader's Last-Event-ID, so that one who has heard nothing yet still resumes in the right place. */
export const openingText = (after: number): string => `retry: 2000\nid: ${after}\n\n`;

export const HEARTBEAT = ': still here\n\n';
