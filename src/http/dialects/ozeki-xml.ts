/**
 * ozeki-xml: what Ozeki's HTTP API writes, letter for letter: the declaration without encoding, the two namespaces on the root,
 * codes with their message templates, and the two forms of the list of calls. Which code when is ozeki.ts.
 */
import type { CallView } from '#calls/commands.js';
import { CALL_STATES } from './ozeki-states.js';

export type OzekiCode = keyof typeof MESSAGES;

/** {0} and {1} are filled in. "Error occured" is their spelling. */
const MESSAGES = {
  200: 'Command successfully executed',
  300: "Error occured during parsing message: '{0}'",
  301: "Not implemented command: '{0}'",
  302: "Missing or invalid parameter '{0}' for command '{1}'",
  303: "Command '{0}' cannot be used here",
  304: 'Authentication required',
  305: 'Authentication failed, bad username or password',
  401: "Api extension '{0}' is not available",
  402: "Call connect to '{0}' failed with result state '{1}'",
  // Not one of theirs: they have no number for a fault of the server itself.
  500: 'Internal error',
  601: "Call not found with ID '{0}'",
} as const;

export function responseXml(code: OzekiCode, words: readonly string[] = [], more = ''): string {
  const message = MESSAGES[code].replace(/\{([01])\}/g, (_place, index: string) => cut(words[Number(index)] ?? ''));
  return `<?xml version="1.0"?>
<Response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <Code>${code}</Code>
  <Message>${escapeXml(message)}</Message>
${more}</Response>
`;
}

/** `Call` nodes of Ozeki 10 (path /api), or `CallInfo` nodes of Phone System XE (path /). */
export type ListForm = 'ozeki-10' | 'xe';

export type ListedCall = Readonly<{ wireId: string; call: CallView }>;

export function activeCallsXml(calls: readonly ListedCall[], form: ListForm, nowMs: number): string {
  if (calls.length === 0) return '  <ActiveCalls />\n';
  const nodes = calls.map((listed) => (form === 'ozeki-10' ? callNode(listed, nowMs) : callInfoNode(listed, nowMs)));
  return `  <ActiveCalls>\n${nodes.join('')}  </ActiveCalls>\n`;
}

function callNode(listed: ListedCall, nowMs: number): string {
  return node('Call', callParts(listed, nowMs));
}

function callParts({ wireId, call }: ListedCall, nowMs: number): (readonly [name: string, text: string])[] {
  const { caller, callee } = call.parties;
  const { ringSec, talkSec } = durations(call, nowMs);
  return [
    ['CallId', wireId],
    ['Source', caller],
    ['CallerId', caller],
    ['Destination', callee],
    ['CallerDialed', callee],
    ['CalleeDialed', callee],
    ['StartTime', localTime(new Date(call.createdAt))],
    ['RingDuration', ringSec.toFixed(3)],
    ['TalkDuration', talkSec.toFixed(3)],
    ['CallState', CALL_STATES[call.state]],
  ];
}

/** What a notification says of a call: all that the list says, and three names of their own. */
export function callFacts(listed: ListedCall, nowMs: number): Readonly<Record<string, string>> {
  const { caller, callee } = listed.call.parties;
  return { CallID: listed.wireId, Caller: caller, Callee: callee, ...Object.fromEntries(callParts(listed, nowMs)) };
}

function callInfoNode({ wireId, call }: ListedCall, nowMs: number): string {
  const { caller, callee } = call.parties;
  const { ringSec, talkSec } = durations(call, nowMs);
  return node('CallInfo', [
    ['CallState', CALL_STATES[call.state]],
    ['CallId', wireId],
    ['Source', caller],
    ['CallerId', caller],
    ['Destination', callee],
    ['StartTime', offsetTime(new Date(call.createdAt))],
    ['RingDuration', String(Math.floor(ringSec))],
    ['TalkDuration', String(Math.floor(talkSec))],
  ]);
}

function durations(call: CallView, nowMs: number): { ringSec: number; talkSec: number } {
  const ms = (time: string | undefined): number | undefined => (time === undefined ? undefined : Date.parse(time));
  const end = ms(call.endedAt) ?? nowMs;
  const answered = ms(call.answeredAt);
  const rang = ms(call.ringingAt) ?? answered ?? end;
  const seconds = (from: number, to: number): number => Math.max(0, to - from) / 1000;
  return { ringSec: seconds(rang, answered ?? end), talkSec: answered === undefined ? 0 : seconds(answered, end) };
}

export const node = (name: string, parts: readonly (readonly [name: string, text: string])[]): string =>
  `    <${name}>\n${parts.map(([part, text]) => `      <${part}>${escapeXml(text)}</${part}>\n`).join('')}    </${name}>\n`;

const two = (value: number): string => String(value).padStart(2, '0');

/** `2019-04-09 10:34:07`, in the time zone of the server, as theirs. */
export function localTime(time: Date): string {
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}

/** `2013-07-01T10:49:07.955+02:00` */
function offsetTime(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const size = Math.abs(minutes);
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
  return `${localTime(time).replace(' ', 'T')}.${String(time.getMilliseconds()).padStart(3, '0')}${offset}`;
}

/** What a stranger sent is quoted in messages, but not at any length. */
const cut = (text: string): string => text.slice(0, 200);

/** XML 1.0 §2.2 has no place for control characters or lone surrogates, not even escaped. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
