/**
 * ammunition: what is thrown at a running Holdfast: SIP, SDP, frames of drachtio and HTTP, each damaged by a seeded hand. A shot can be
 * had again by its seed.
 */
import { mutate } from '../support/mutate.js';
import { torture, WELL_FORMED } from '../support/torture.js';

export type Random = () => number;

export const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T;

const numberOf = (random: Random): string => Math.floor(random() * 2 ** 32).toString(36);

/** A request that a phone could send; `via` names its transport. */
export function wellFormed(method: string, transport: string, random: Random, more: readonly string[] = [], body = ''): string {
  const id = numberOf(random) + numberOf(random);
  return [
    `${method} sip:103@127.0.0.1 SIP/2.0`,
    `Via: SIP/2.0/${transport} 127.0.0.1:5099;branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: "A \\"B\\" C" <sip:101@127.0.0.1>;tag=${id}`,
    'To: <sip:103@127.0.0.1>',
    `Call-ID: fuzz-${id}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:101@127.0.0.1:5099>;expires=60',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ...more,
    `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
    '',
    body,
  ].join('\r\n');
}

const METHODS = [
  'REGISTER',
  'INVITE',
  'OPTIONS',
  'MESSAGE',
  'SUBSCRIBE',
  'NOTIFY',
  'REFER',
  'BYE',
  'CANCEL',
  'ACK',
  'PRACK',
  'UPDATE',
];

export const SDP = [
  'v=0',
  'o=- 3724394400 3724394405 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 40000 RTP/AVP 0 8 9 101',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendrecv',
  '',
].join('\r\n');

/** Damaged, and sometimes whole: what a parser takes meets the rules behind it. */
export function sipShot(transport: string, random: Random): string {
  const text =
    random() < 0.4
      ? anew(torture(pick(WELL_FORMED, random)), random)
      : wellFormed(pick(METHODS, random), transport, random, [], random() < 0.3 ? SDP : '');
  return random() < 0.05 ? text : mutate(text, random);
}

/** With a branch of its own: otherwise it would be taken for a repetition of the last one, and not be looked at. */
const anew = (text: string, random: Random): string =>
  text.replace(/branch\s*=\s*z9hG4bK[^;\s]*/, () => `branch=z9hG4bK${numberOf(random)}${numberOf(random)}`);

/** Something that is answered at once, by which an answer can be told. */
export function mark(random: Random): Readonly<{ text: string; mark: string }> {
  const name = `mark-${numberOf(random)}`;
  return { text: wellFormed('OPTIONS', 'UDP', random).replace(/^Call-ID: .*$/m, `Call-ID: ${name}`), mark: name };
}

export const sdpShot = (random: Random): string => mutate(SDP, random);

/** An INVITE whose head is whole and whose body is not. */
export const inviteWith = (sdp: string, random: Random): string => wellFormed('INVITE', 'UDP', random, [], sdp);

const FRAMES = ['id|authenticate|secret', 'id|route|INVITE', 'id|sip|txn|dialog|SIP/2.0 200 OK\r\n\r\n', 'id|ping', 'id|proxy|x'];

/** Somebody who does not know the secret. */
export function frameShot(random: Random): string {
  const payload = random() < 0.5 ? mutate(pick(FRAMES, random), random) : pick(FRAMES, random);
  const length = pick([payload.length, payload.length + 1, 0, -1, 999_999_999, 1e21], random);
  return random() < 0.3 ? mutate(`${length}#${payload}`, random) : `${length}#${payload}`;
}

const PATHS = [
  '/calls',
  '/calls/x/hold',
  '/events?after=1',
  '/health',
  '/metrics',
  '/music/default',
  '/webhooks',
  '/openapi.json',
];

export function httpShot(random: Random): string {
  const body = pick(['', '{}', '{"caller":"101","callee":"102"}', '[[[[', '{"a":'.repeat(200)], random);
  const head = [
    `${pick(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD'], random)} ${pick(PATHS, random)} HTTP/1.1`,
    'Host: 127.0.0.1',
    // POST /calls with the right token would make calls; a wrong one is slow on purpose.
    'Content-Type: application/json',
    `Content-Length: ${pick([body.length, body.length + 5, -1, 1e15], random)}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
  return mutate(head, random);
}
