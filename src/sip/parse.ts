/**
 * parse: bytes (held as latin1 text) → message, or the reason why not (RFC 3261 §7, §25). What passes here is safe for
 * drachtio-srf, whose own parser throws on some malformed messages. Fields are read in head.ts and judged in rules.ts.
 */
import { readHead, type Head } from './head.js';
import type { SipMessage, SipRequest } from './message.js';
import { trimmed } from './lws.js';
import { commonFault, isSendable, requestFault, responseFault } from './rules.js';
import { parseUri } from './uri.js';

/** Start line and header fields; a stream is cut into messages by it too. */
export const MAX_HEAD_BYTES = 64 * 1024;

export type ParseResult =
  | Readonly<{ kind: 'ok'; message: SipMessage }>
  /** Enough could be read to answer it. */
  | Readonly<{ kind: 'refuse'; status: number; reason: string; request: SipRequest }>
  | Readonly<{ kind: 'drop'; why: string }>;

type Refusal = Readonly<{ status: number; reason: string }>;

const METHOD = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const KNOWN: ReadonlySet<string> = new Set([
  ...['INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'REGISTER', 'PRACK', 'UPDATE', 'INFO', 'REFER', 'MESSAGE'],
  ...['SUBSCRIBE', 'NOTIFY', 'PUBLISH'],
]);
/** No phone's URI is near this; drachtio-srf's expressions need time that grows with the square of it. */
const MOST_URI_BYTES = 2048;
/** More than a datagram can carry; only streams get here. What passes fits into one frame of the drachtio link. */
const MOST_BODY_BYTES = 524_288;

export function parseMessage(text: string): ParseResult {
  let start = 0;
  // RFC 3261 §7.5: empty lines before the start line are passed over.
  while (text.startsWith('\r\n', start)) start += 2;
  const lineEnd = text.indexOf('\r\n', start);
  if (lineEnd < 0) return drop('no complete first line');
  const startLine = text.slice(start, lineEnd);
  const blank = text.indexOf('\r\n\r\n', lineEnd);
  if ((blank < 0 ? text.length : blank) - start > MAX_HEAD_BYTES) return drop('a message head above the limit');
  const head = readHead(text, lineEnd + 2, blank < 0 ? text.length : blank);
  // RFC 3261 §7: the empty line is there even when the body is not; without it the message was cut off.
  if (blank < 0) head.fault ??= 'no empty line after the header fields';
  const bodyStart = blank < 0 ? text.length : blank + 4;
  if (/^SIP\//i.test(startLine)) return readResponse(startLine, head, text, bodyStart);
  return readRequest(startLine, head, text, bodyStart);
}

const drop = (why: string): ParseResult => ({ kind: 'drop', why });

/** RFC 3261 §18.1.2, §8.1.3: a response that breaks a rule is dropped; there is nobody to complain to. */
function readResponse(startLine: string, head: Head, text: string, bodyStart: number): ParseResult {
  const parts = /^SIP\/2\.0 ([1-6][0-9]{2})(?: (.*))?$/i.exec(startLine);
  if (parts === null) return drop('not a SIP/2.0 status line');
  const status = Number(parts[1]);
  const fault = commonFault(head) ?? responseFault(status, head);
  if (fault !== undefined) return drop(fault);
  const body = readBody(head, text, bodyStart);
  if (body === undefined) return drop('the body is shorter than Content-Length says');
  return { kind: 'ok', message: { kind: 'response', status, reason: parts[2] ?? '', headers: head.headers, body } };
}

/** RFC 3261 §25.1: Method SP Request-URI SP SIP-Version, one space each. */
function readRequest(startLine: string, head: Head, text: string, bodyStart: number): ParseResult {
  const first = startLine.indexOf(' ');
  const second = startLine.indexOf(' ', first + 1);
  const method = first < 0 ? '' : startLine.slice(0, first);
  if (second < 0 || !METHOD.test(method)) return drop('not a request line');
  const uri = startLine.slice(first + 1, second);
  const version = startLine.slice(second + 1);
  const body = readBody(head, text, bodyStart);
  const request: SipRequest = { kind: 'request', method, uri, headers: head.headers, body: body ?? '' };
  const refusal = judgeVersion(version, startLine) ?? judgeRequest(request, head, body);
  if (refusal === undefined) return { kind: 'ok', message: request };
  if (refusal.status === 0) return drop(refusal.reason);
  // RFC 3261 §17.1.1.3: nothing answers an ACK, and an answer without a Via would find no way back.
  if (method === 'ACK' || !answerable(head)) return drop(refusal.reason);
  return { kind: 'refuse', ...refusal, request };
}

const bad = (what: string): Refusal => ({ status: 400, reason: `Bad Request: ${what}` });

/** Status 0: this is not SIP at all, and nobody is answered. */
function judgeVersion(version: string, startLine: string): Refusal | undefined {
  if (version === 'SIP/2.0') return undefined;
  if (/^SIP\/2\.0$/i.test(version)) return undefined; // RFC 3261 §7.1: the version is not case-sensitive
  if (/^SIP\/[0-9]+\.[0-9]+$/i.test(version)) return { status: 505, reason: 'Version Not Supported' };
  return /SIP\/[0-9]/i.test(startLine) ? bad('malformed request line') : { status: 0, reason: 'not a request line' };
}

function judgeRequest(request: SipRequest, head: Head, body: string | undefined): Refusal | undefined {
  const fault = commonFault(head) ?? requestFault(request.method, head);
  if (fault !== undefined) return bad(fault);
  // RFC 3261 §7.1: methods are case-sensitive. To whoever compares without case `invite` would be an INVITE, and to the rest it is none.
  if (!KNOWN.has(request.method) && KNOWN.has(request.method.toUpperCase())) return { status: 501, reason: 'Not Implemented' };
  if (Number(head.contentLength ?? 0) > MOST_BODY_BYTES) return { status: 413, reason: 'Request Entity Too Large' };
  if (body === undefined) return bad('body shorter than Content-Length');
  return judgeUri(request.uri);
}

function judgeUri(uri: string): Refusal | undefined {
  if (uri.length > MOST_URI_BYTES) return { status: 414, reason: 'Request-URI Too Long' };
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return bad('malformed Request-URI');
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel') return { status: 416, reason: 'Unsupported URI Scheme' };
  // RFC 3261 §19.1.5: headers have no place in a request URI.
  if (!isSendable(uri) || (uri.includes('?') && parseUri(uri)?.headers !== '')) return bad('malformed Request-URI');
  return undefined;
}

/** Can a refusal find its way back, and be recognised there (RFC 3261 §8.2.6)? */
const answerable = (head: Head): boolean => /^SIP\s*\/\s*[0-9]+\.[0-9]+\s*\//i.test(head.vias[0] ?? '');

/** RFC 3261 §18.3: over a datagram what follows the announced length is thrown away; less than announced is an error. */
function readBody(head: Head, text: string, start: number): string | undefined {
  const announced = head.contentLength;
  if (announced === undefined) return text.slice(start);
  if (announced === '0' || !/^[0-9]{1,9}$/.test(announced)) return ''; // a bad length is refused elsewhere
  const end = start + Number(announced);
  return end > text.length ? undefined : text.slice(start, end);
}

/**
 * For the stream framer: the length a message announces in its head (RFC 3261 §18.3); 0 without one. @returns undefined: it cannot be told
 * where the next message begins, because there are two lengths, or one that is none, or line ends that others may take for one.
 */
export function readContentLength(head: string): number | undefined {
  if (/\r(?!\n)|(?<!\r)\n/.test(head)) return undefined;
  const unfolded = head.replace(/\r\n[ \t]/g, ' ');
  const lengths = [...unfolded.matchAll(/\r\n(?:content-length|l)[ \t]*:([^\r\n]*)/gi)].map(([, value = '']) => trimmed(value));
  const [length = '0', ...more] = lengths;
  return more.length > 0 || !/^[0-9]{1,9}$/.test(length) ? undefined : Number(length);
}
