/**
 * via-stamp: what the receiver writes into the top Via of a request, and where the response goes because of it
 * (RFC 3261 §18.2.1, §18.2.2, RFC 3581 §4). Works on the text, so that every other byte stays as it came.
 */
import { isIPv6 } from 'node:net';
import { oneSpelling } from '#kit/one-spelling.js';
import { firstComma } from '#sip/headers.js';
import type { Via } from '#sip/via.js';
import { unbracketed, type Endpoint } from './flow.js';

export type Stamped = Readonly<{
  /** The message, its other bytes untouched. */
  text: string;
  /** The first Via value alone, for the responses. */
  via: string;
}>;

/** `received` and `rport` written into the top Via of `text`. */
export function stampVia(text: string, via: Via, source: Endpoint): Stamped {
  const place = findTopVia(text);
  if (place === undefined) return { text, via: '' };
  const before = text.slice(place.start, place.end);
  const after = stampValue(before, stampOf(via, source));
  const stamped = after === before ? text : text.slice(0, place.start) + after + text.slice(place.end);
  return { text: stamped, via: after.replace(/\r\n[ \t]+/g, ' ').trim() };
}

function stampValue(value: string, { received, rport }: Stamp): string {
  if (received === undefined && rport === undefined) return value;
  let stamped = value;
  // RFC 3581 §4: the port goes where the client left the place for it; a received of the sender's own is not believed.
  if (rport !== undefined) stamped = stamped.replace(/;\s*rport\s*(?:=[^;,]*)?(?=[;,\s]|$)/i, `;rport=${rport}`);
  stamped = stamped.replace(/;\s*received\s*=[^;,]*/i, '');
  return received === undefined ? stamped : `${stamped.trimEnd()};received=${received}`;
}

/** RFC 3261 §18.2.2 with RFC 3581 §4: where a response over a datagram goes. */
export function responseTarget(via: Via, source: Endpoint): Endpoint {
  // `maddr` is not followed: it would let anybody make us send to anybody.
  return { address: source.address, port: via.rport === undefined ? (via.port ?? 5060) : source.port };
}

type Stamp = Readonly<{ received?: string; rport?: number }>;

function stampOf(via: Via, source: Endpoint): Stamp {
  if (via.rport !== undefined) return { received: source.address, rport: source.port };
  // RFC 3261 §18.2.1: only where the sent-by does not already say it; a name never does.
  return sameHost(via.host, source.address) ? {} : { received: source.address };
}

function sameHost(host: string, address: string): boolean {
  const plain = unbracketed(host);
  return plain === address || (isIPv6(plain) && oneSpelling(plain) === oneSpelling(address));
}

type Place = Readonly<{ start: number; end: number }>;

/** The first value of the first Via field, between its colon and the comma or line end that closes it. */
function findTopVia(text: string): Place | undefined {
  let lineEnd = text.indexOf('\r\n');
  while (lineEnd >= 0) {
    const start = lineEnd + 2;
    const colon = viaColon(text, start);
    if (colon === 0) return undefined;
    if (colon > 0) return { start: colon, end: valueEnd(text, colon) };
    lineEnd = text.indexOf('\r\n', start);
  }
  return undefined;
}

/** Position after the colon of a Via field that begins at `start`; 0 at the blank line; -1 when it is another field. */
function viaColon(text: string, start: number): number {
  const first = text.charCodeAt(start) | 0x20;
  if (first !== 0x76) return text.startsWith('\r\n', start) ? 0 : -1;
  const colon = text.indexOf(':', start);
  const name = text.slice(start, colon).trimEnd().toLowerCase();
  return name === 'via' || name === 'v' ? colon + 1 : -1;
}

function valueEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const comma = firstComma(text, at, lineEnd < 0 ? text.length : lineEnd);
    if (comma >= 0) return comma;
    if (lineEnd < 0) return text.length;
    const next = text.charCodeAt(lineEnd + 2);
    if (next !== 0x20 && next !== 0x09) return lineEnd;
    at = lineEnd + 2; // RFC 3261 §7.3.1: the value goes on in the next line
  }
}
