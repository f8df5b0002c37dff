/**
 * head: the header fields of a message, read in one pass, and beside them those that decide whether the message may pass.
 * It reads; rules.ts judges. Values are parsed later, by whoever needs them.
 */
import { rowOf } from './header-table.js';
import { trimmed } from './lws.js';
import type { HeaderField } from './message.js';

export type Head = {
  readonly headers: HeaderField[];
  /** Why the head could not be read as it should. */
  fault: string | undefined;
  /** Values of each field of that name; a value may still be a list. */
  readonly vias: string[];
  readonly contacts: string[];
  readonly routes: string[];
  from: string | undefined;
  to: string | undefined;
  callId: string | undefined;
  cseq: string | undefined;
  maxForwards: string | undefined;
  contentLength: string | undefined;
  contentType: string | undefined;
  expires: string | undefined;
};

const NAME = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const MOST_HEADERS = 256;

/** Reads the lines of `text` from `start` up to `end`, where the empty line begins. */
export function readHead(text: string, start: number, end: number): Head {
  const head = emptyHead();
  let at = start;
  while (at < end) {
    let lineEnd = endOfLine(text, at, end, head);
    let next = lineEnd + 2;
    let folded = false;
    // RFC 3261 §7.3.1: a line that begins with white space goes on where the last one ended.
    while (next < end && isFold(text.charCodeAt(next))) {
      lineEnd = endOfLine(text, next, end, head);
      next = lineEnd + 2;
      folded = true;
    }
    readField(text, at, lineEnd, folded, head);
    at = next;
  }
  return head;
}

const emptyHead = (): Head => ({
  headers: [],
  fault: undefined,
  vias: [],
  contacts: [],
  routes: [],
  from: undefined,
  to: undefined,
  callId: undefined,
  cseq: undefined,
  maxForwards: undefined,
  contentLength: undefined,
  contentType: undefined,
  expires: undefined,
});

const isFold = (char: number): boolean => char === 0x20 || char === 0x09;

/**
 * RFC 3261 §7: lines end with CRLF. A CR or LF alone is a fault, because what is one field to us would be two to a peer that
 * is less strict, and so a way to slip a header past us.
 */
function endOfLine(text: string, at: number, end: number, head: Head): number {
  const found = text.indexOf('\r', at);
  const lineEnd = found < 0 || found > end ? end : found;
  const newline = text.indexOf('\n', at);
  if (newline === lineEnd + 1 || (newline < 0 && lineEnd === end)) return lineEnd;
  head.fault ??= 'a carriage return or line feed that stands alone';
  const crlf = text.indexOf('\r\n', at);
  return crlf < 0 || crlf > end ? end : crlf;
}

function readField(text: string, at: number, lineEnd: number, folded: boolean, head: Head): void {
  const colon = colonIn(text, at, lineEnd);
  const name = colon < 0 ? '' : text.slice(at, endOfName(text, at, colon));
  const row = rowOf(name);
  if (row === undefined && !NAME.test(name)) head.fault ??= 'a header field without a proper name';
  else if (head.headers.length >= MOST_HEADERS) head.fault ??= 'too many header fields';
  else {
    const raw = trimmed(text, colon + 1, lineEnd);
    const unfolded = folded ? unfold(raw) : raw;
    const value = row?.name === 'Via' ? inCapitals(unfolded) : unfolded;
    head.headers.push({ name, value });
    if (row !== undefined) gather(row.name, value, head);
  }
}

/** Within its line: a search to the end of the message for each line would take a time that grows with the square of its length. */
function colonIn(text: string, at: number, lineEnd: number): number {
  for (let index = at; index < lineEnd; index++) if (text.charCodeAt(index) === 0x3a) return index;
  return -1;
}

/** RFC 3261 §7.3.1. An expression that begins with any white space would look at each space as often as there are spaces. */
const unfold = (value: string): string =>
  value
    .split('\r\n')
    .map((line) => trimmed(line))
    .join(' ');

/** RFC 3261 §7.3.1: white space may stand between the name and the colon. */
function endOfName(text: string, at: number, colon: number): number {
  let end = colon;
  while (end > at && isFold(text.charCodeAt(end - 1))) end--;
  return end;
}

/** RFC 3261 §7.3.1: `sip/2.0/UDP` is as good as SIP/2.0/UDP, but not to drachtio-srf, which throws on it. */
const inCapitals = (via: string): string =>
  /^SIP\/[^,]*$/.test(via) ? via : via.replace(/(^|,[ \t]*)sip(?=[ \t]*\/)/gi, '$1SIP');

function gather(name: string, value: string, head: Head): void {
  switch (name) {
    case 'Via':
      head.vias.push(value);
      return;
    case 'Contact':
      head.contacts.push(value);
      return;
    case 'Route':
    case 'Record-Route':
    case 'Path':
      head.routes.push(value);
      return;
    case 'From':
      head.from = only(head.from, value, name, head);
      return;
    case 'To':
      head.to = only(head.to, value, name, head);
      return;
    case 'Call-ID':
      head.callId = only(head.callId, value, name, head);
      return;
    case 'CSeq':
      head.cseq = only(head.cseq, value, name, head);
      return;
    case 'Max-Forwards':
      head.maxForwards = only(head.maxForwards, value, name, head);
      return;
    case 'Content-Length':
      head.contentLength = only(head.contentLength, value, name, head);
      return;
    case 'Content-Type':
      head.contentType = only(head.contentType, value, name, head);
      return;
    case 'Expires':
      head.expires = only(head.expires, value, name, head);
  }
}

/** RFC 3261 §7.3.1, §20: these may stand once only; which of two is meant nobody can know. */
function only(before: string | undefined, value: string, name: string, head: Head): string {
  if (before !== undefined) head.fault ??= `more than one ${name}`;
  return before ?? value;
}
