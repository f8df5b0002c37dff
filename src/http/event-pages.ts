/**
 * event-pages: the history of the bus, page by page, for programs that ask again and again instead of keeping a stream open.
 */
import type { EventBus } from '#calls/event-bus.js';
import { eventJson } from './event-text.js';

/**
 * @param after the `next` of the page before; absent: from the oldest that is kept.
 * @returns JSON: the events, where to go on, and `gap` when events that were asked for are no longer kept, or were told before a
 * restart (without a store, which numbers from 1 again).
 */
export function eventPage(bus: EventBus, after: number | undefined, limit: number): string {
  const kept = bus.after(0);
  const fromEarlierRun = after !== undefined && after > bus.last;
  const since = fromEarlierRun ? 0 : (after ?? 0);
  const oldest = kept[0]?.seq ?? bus.last + 1;
  // The history has no holes, so the place of an event in it follows from its number.
  const start = Math.max(since + 1 - oldest, 0);
  const page = kept.slice(start, start + limit);
  const next = page.at(-1)?.seq ?? Math.max(since, oldest - 1);
  const gap = fromEarlierRun || (after !== undefined && oldest > since + 1);
  return `{"events":[${page.map(eventJson).join(',')}],"next":${next}${gap ? ',"gap":true' : ''}}`;
}
