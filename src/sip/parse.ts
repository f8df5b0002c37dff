/**
 * parse: bytes (held as latin1 text) → message, or the reason why not (RFC 3261 §7, §25). What passes here is safe for
 * drachtio-srf, whose own parser throws on some malformed messages. Values of headers are read later, by whoever needs them.
 */
import { parseCSeq } from './cseq.js';
import { headerField, headerValues, splitList } from './headers.js';
import type { HeaderField, SipMessage, SipRequest } from './message.js';
import { isStar, parseNameAddr } from './name-addr.js';
import { parseUri } from './uri.js';
import { parseVia } from './via.js';

export type ParseResult =
  | Readonly<{ kind: 'ok'; message: SipMessage }>
  /** Enough could be read to answer it. */
  | Readonly<{ kind: 'refuse'; status: number; reason: string; request: SipRequest }>
  | Readonly<{ kind: 'drop'; why: string }>;

const NAME = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const METHOD = NAME;
/** RFC 3261 §20: these may stand once only. */
const ONCE = ['To', 'From', 'Call-ID', 'CSeq', 'Max-Forwards', 'Content-Length', 'Content-Type', 'Expires'];
const MOST_HEADERS = 256;

export function parseMessage(text: string): ParseResult {
  let start = 0;
  // RFC 3261 §7.5: empty lines before the start line are passed over.
  while (text.startsWith('\r\n', start)) start += 2;
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd < 0) return drop('no complete first line');
  const startLine = text.slice(start, lineEnd);
  const blank = text.indexOf('\r\n\r\n', lineEnd);
  const headersEnd = blank < 0 ? text.length : blank;
  const fields = readFields(text, lineEnd + 2, headersEnd);
  const rest = blank < 0 ? '' : text.slice(blank + 4);
  if (startLine.startsWith('SIP/')) return readResponse(startLine, fields, rest);
  return readRequest(startLine, fields, rest);
}

type Fields = Readonly<{ headers: readonly HeaderField[]; fault?: string }>;

const drop = (why: string): ParseResult => ({ kind: 'drop', why });

/** RFC 3261 §7.3.1: a line that begins with white space goes on where the last one ended. */
function readFields(text: string, start: number, end: number): Fields {
  const headers: HeaderField[] = [];
  let fault: string | undefined;
  let at = start;
  while (at < end) {
    let lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0 || lineEnd > end) lineEnd = end;
    let next = lineEnd + 2;
    let folded = false;
    while (next < end && isSpace(text.charCodeAt(next))) {
      lineEnd = text.indexOf('\r\n', next);
      if (lineEnd < 0 || lineEnd > end) lineEnd = end;
      next = lineEnd + 2;
      folded = true;
    }
    const colon = text.indexOf(':', at);
    const name = colon < 0 || colon > lineEnd ? '' : text.slice(at, colon).trimEnd();
    const raw = text.slice(colon + 1, lineEnd);
    if (!NAME.test(name)) fault ??= 'a header field without a proper name';
    else if (headers.length >= MOST_HEADERS) fault ??= 'too many header fields';
    else headers.push({ name, value: (folded ? raw.replace(/\r\n[ \t]+/g, ' ') : raw).trim() });
    at = next;
  }
  return fault === undefined ? { headers } : { headers, fault };
}

const isSpace = (char: number): boolean => char === 0x20 || char === 0x09;

/** RFC 3261 §18.1.2, §8.1.3: a response that breaks a rule is dropped; there is nobody to complain to. */
function readResponse(startLine: string, fields: Fields, rest: string): ParseResult {
  const parts = /^SIP\/2\.0 ([0-9]{3}) ?(.*)$/i.exec(startLine);
  if (parts === null) return drop('not a SIP/2.0 status line');
  const status = Number(parts[1]);
  if (status < 100 || status > 699) return drop('status code out of range');
  const fault = fields.fault ?? commonFault(fields.headers);
  if (fault !== undefined) return drop(fault);
  const body = readBody(fields.headers, rest);
  if (body === undefined) return drop('the body is shorter than Content-Length says');
  return { kind: 'ok', message: { kind: 'response', status, reason: parts[2] ?? '', headers: fields.headers, body } };
}

function readRequest(startLine: string, fields: Fields, rest: string): ParseResult {
  const [method = '', uri = '', version = '', ...more] = startLine.split(' ');
  const { headers } = fields;
  const body = readBody(headers, rest);
  const request: SipRequest = { kind: 'request', method, uri, headers, body: body ?? '' };
  const refuse = (status: number, reason: string): ParseResult =>
    method === 'ACK' || !answerable(headers) ? drop(reason) : { kind: 'refuse', status, reason, request };
  if (!METHOD.test(method)) return drop('not a request line');
  if (more.length > 0 || uri === '' || version === '')
    return /SIP\/[0-9]/i.test(startLine) ? refuse(400, 'Bad Request Line') : drop('not a request line');
  if (!/^SIP\/2\.0$/i.test(version))
    return /^SIP\/[0-9]+\.[0-9]+$/i.test(version) ? refuse(505, 'Version Not Supported') : drop('not SIP');
  const fault = fields.fault ?? commonFault(headers) ?? requestFault(method, headers);
  if (fault !== undefined) return refuse(400, `Bad Request: ${fault}`);
  if (body === undefined) return refuse(400, 'Bad Request: body shorter than Content-Length');
  const judged = judgeUri(uri);
  if (judged !== undefined) return refuse(judged.status, judged.reason);
  return { kind: 'ok', message: request };
}

function judgeUri(uri: string): Readonly<{ status: number; reason: string }> | undefined {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return { status: 400, reason: 'Bad Request-URI' };
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return { status: 416, reason: 'Unsupported URI Scheme' };
  const parsed = parseUri(uri);
  // RFC 3261 §19.1.5: headers have no place in a request URI.
  if (parsed === undefined || parsed.headers !== '') return { status: 400, reason: 'Bad Request-URI' };
  return undefined;
}

/** Can a refusal find its way back, and be recognised there (RFC 3261 §8.2.6)? */
function answerable(headers: readonly HeaderField[]): boolean {
  const via = headerField({ headers }, 'Via');
  return via !== undefined && /^SIP\s*\/\s*2\.0\s*\//i.test(via);
}

/** What every message must have (RFC 3261 §8.1.1, §20.1). */
function commonFault(headers: readonly HeaderField[]): string | undefined {
  const message = { headers };
  for (const name of ONCE) if (headerValues(message, name).length > 1) return `more than one ${name}`;
  const vias = headers.filter((field) =>
    field.name.length === 3 ? field.name.toLowerCase() === 'via' : field.name.toLowerCase() === 'v',
  );
  if (vias.length === 0) return 'no Via';
  for (const field of vias)
    if (/[,;]\s*[,;]|^\s*,|[,;]\s*$/.test(field.value) || splitList(field.value).some((one) => parseVia(one) === undefined))
      return 'malformed Via';
  const [from, to, callId, cseq] = [
    headerField(message, 'From'),
    headerField(message, 'To'),
    headerField(message, 'Call-ID'),
    headerField(message, 'CSeq'),
  ];
  if (from === undefined || parseNameAddr(from) === undefined) return 'no proper From';
  if (to === undefined || parseNameAddr(to) === undefined) return 'no proper To';
  if (callId === undefined || callId === '' || /\s/.test(callId)) return 'no proper Call-ID';
  if (cseq === undefined || parseCSeq(cseq) === undefined) return 'no proper CSeq';
  const length = headerField(message, 'Content-Length');
  if (length !== undefined && !/^[0-9]{1,9}$/.test(length)) return 'Content-Length is no length';
  return addressFault(headers);
}

function addressFault(headers: readonly HeaderField[]): string | undefined {
  const message = { headers };
  for (const name of ['Contact', 'Route', 'Record-Route', 'Path']) {
    const field = headerField(message, name);
    if (field === undefined) continue;
    for (const value of headerValues(message, name)) {
      if (!(name === 'Contact' && isStar(value)) && parseNameAddr(value) === undefined) return `malformed ${name}`;
    }
  }
  return undefined;
}

function requestFault(method: string, headers: readonly HeaderField[]): string | undefined {
  const message = { headers };
  if (parseCSeq(headerField(message, 'CSeq') ?? '')?.method !== method) return 'CSeq method does not match';
  const hops = headerField(message, 'Max-Forwards');
  if (hops !== undefined && !(/^[0-9]{1,3}$/.test(hops) && Number(hops) <= 255)) return 'Max-Forwards out of range';
  return undefined;
}

/** RFC 3261 §18.3: over a datagram what follows the announced length is thrown away; less than announced is an error. */
function readBody(headers: readonly HeaderField[], rest: string): string | undefined {
  const announced = headerField({ headers }, 'Content-Length');
  if (announced === undefined) return rest;
  if (!/^[0-9]{1,9}$/.test(announced)) return ''; // refused elsewhere
  const length = Number(announced);
  return rest.length < length ? undefined : rest.slice(0, length);
}

/** For the stream framer: the length a message announces in its head; undefined without a usable one (RFC 3261 §18.3). */
export function readContentLength(head: string): number | undefined {
  const found = /(?:^|\r\n)(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,9})[ \t]*(?=\r\n|$)/i.exec(head);
  return found === null ? undefined : Number(found[1]);
}
