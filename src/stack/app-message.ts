/**
 * app-message: the incomplete SIP message an application sends, and what the engine completes in it (wire chapter section 4).
 */
import { canonicalName } from '#sip/headers.js';
import type { HeaderField } from '#sip/message.js';
import { hostPort, type Flow } from '../engine/transport/flow.js';

export type AppMessage = Readonly<{ startLine: string; headers: readonly HeaderField[]; body: string }>;

/** The engine writes these itself, whatever the application says of them. */
const OURS = new Set(['via', 'route', 'record-route', 'rseq', 'content-length']);
const NAME = /^[A-Za-z0-9\-.!%*_+`'~]+$/;

export function readAppMessage(text: string): AppMessage {
  const blank = text.indexOf('\r\n\r\n');
  const head = blank < 0 ? text : text.slice(0, blank);
  const [startLine = '', ...lines] = head.split('\r\n');
  const headers: HeaderField[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).trim();
    if (!NAME.test(name) || OURS.has(name.toLowerCase())) continue;
    headers.push({ name: spelled(name), value: line.slice(colon + 1).trim() });
  }
  return { startLine, headers, body: blank < 0 ? '' : text.slice(blank + 4) };
}

/** drachtio-srf lowers the case of most names; unknown ones get a capital after each hyphen, but for those that begin X-. */
function spelled(name: string): string {
  const known = canonicalName(name);
  if (known !== name || /^x-/i.test(name)) return known;
  return name.replace(/(^|-)([a-z])/g, (_all, hyphen: string, letter: string) => hyphen + letter.toUpperCase());
}

export function find(headers: readonly HeaderField[], name: string): string | undefined {
  const lower = name.toLowerCase();
  return headers.find((field) => field.name.toLowerCase() === lower)?.value;
}

export const without = (headers: readonly HeaderField[], ...names: string[]): HeaderField[] =>
  headers.filter((field) => !names.includes(field.name.toLowerCase()));

const transportParam = (flow: Flow): string => (flow.protocol === 'udp' ? '' : `;transport=${flow.protocol}`);

/** How the other side reaches us. */
export const contactOf = (flow: Flow): string => `<sip:${hostPort(flow.local)}${transportParam(flow)}>`;

const WITH_LOCALHOST = new Set(['from', 'to', 'contact', 'p-asserted-identity', 'p-preferred-identity']);

/** `user@localhost` is the application's word for the address of the transport that is used. */
export function withRealHost(headers: readonly HeaderField[], flow: Flow): HeaderField[] {
  return headers.map(({ name, value }) => {
    if (!WITH_LOCALHOST.has(name.toLowerCase()) || !value.includes('@localhost')) return { name, value };
    const transport = name.toLowerCase() === 'contact' ? transportParam(flow) : '';
    return { name, value: value.replace(/@localhost(?=[>;?\s]|$)/g, `@${hostPort(flow.local)}${transport}`) };
  });
}

/** Content-Type where it can be told from the body; undefined says that it is missing. */
export function withContentType(headers: readonly HeaderField[], body: string): readonly HeaderField[] | undefined {
  if (body === '' || find(headers, 'Content-Type') !== undefined) return headers;
  return body.startsWith('v=0') ? [...headers, { name: 'Content-Type', value: 'application/sdp' }] : undefined;
}
