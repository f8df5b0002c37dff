/**
 * hook: one webhook as it was asked for, from webhooks.yaml or over the API, made whole and judged. The secret never leaves here
 * except into signatures.
 */
import type { HookLimits, WebhooksConfig } from '#kit/config.js';
import { EVENT_KINDS, isEventKind, type EventKind } from '../event-kinds.js';
import { isPrivateHost } from './reachable-addresses.js';

export type Hook = Readonly<{
  name: string;
  url: string;
  secret: string;
  /** Absent: all kinds. */
  events?: readonly EventKind[] | undefined;
  limits: HookLimits;
  /** It stands in webhooks.yaml, so the API cannot take it away. */
  configured: boolean;
}>;

/** Both ways of asking for a webhook, before it is judged. */
export type HookWish = Readonly<{
  name: string;
  url: string;
  secret: string;
  events?: readonly string[] | undefined;
  limits?: Partial<HookLimits> | undefined;
}>;

/** What is wrong with a wish, in words that every wire can say. */
export type Complaint = Readonly<{ field: string; found: string; expected: string }>;

export function readHook(wish: HookWish, configured: boolean, house: WebhooksConfig): Hook | Complaint {
  const { name, url, secret, events } = wish;
  const wrong = complaintOfName(name) ?? complaintOfUrl(url, house.allowPrivateAddresses) ?? complaintOfEvents(events ?? []);
  if (wrong !== undefined) return wrong;
  return {
    name,
    url,
    secret,
    limits: { ...house.limits, ...wish.limits },
    configured,
    ...(events === undefined ? {} : { events: events.filter(isEventKind) }),
  };
}

export const isComplaint = (read: Hook | Complaint): read is Complaint => 'expected' in read;

export const wants = (hook: Hook, kind: EventKind): boolean => hook.events?.includes(kind) ?? true;

/** Its path would be that of the dead letters. */
const complaintOfName = (name: string): Complaint | undefined =>
  name === 'dead-letters' ? { field: 'name', found: JSON.stringify(name), expected: 'any other name' } : undefined;

function complaintOfUrl(text: string, allowPrivate: boolean): Complaint | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const said = { field: 'url', found: JSON.stringify(text.slice(0, 80)) };
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '')
    return { ...said, expected: 'an http or https address, without user and password' };
  if (!allowPrivate && isPrivateHost(url))
    return { ...said, expected: 'a public address, or allowPrivateAddresses: true in webhooks.yaml' };
  return undefined;
}

function complaintOfEvents(events: readonly string[]): Complaint | undefined {
  const index = events.findIndex((kind) => !isEventKind(kind));
  if (index < 0) return undefined;
  return { field: `events.${index}`, found: JSON.stringify(events[index]), expected: `one of ${EVENT_KINDS.join(', ')}` };
}
