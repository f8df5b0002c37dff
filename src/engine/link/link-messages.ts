/**
 * link-messages: every line of the drachtio wire protocol as a typed message, read and written in this one place.
 * Nobody outside counts `|` separators; what a message causes is decided elsewhere.
 */
import type { Endpoint, Protocol } from '../transport/flow.js';

/** What an application may ask. `id` is the message id that the reply names. */
export type LinkCommand = Readonly<
  | { kind: 'authenticate'; id: string; secret: string; tags: readonly string[] }
  | { kind: 'ping'; id: string }
  | { kind: 'route'; id: string; method: string }
  | { kind: 'remove-route'; id: string; method: string }
  | SipCommand
  | ProxyCommand
  | { kind: 'unknown'; id: string; word: string }
>;

export type SipCommand = Readonly<{
  kind: 'sip';
  id: string;
  transactionId: string;
  dialogId: string;
  nextHop: string;
  text: string;
}>;

export type ProxyCommand = Readonly<{
  kind: 'proxy';
  id: string;
  transactionId: string;
  remainInDialog: boolean;
  fullResponse: boolean;
  followRedirects: boolean;
  simultaneous: boolean;
  provisionalTimeout: string;
  finalTimeout: string;
  destinations: readonly string[];
  text: string;
}>;

export function readLinkCommand(payload: string): LinkCommand {
  const end = payload.indexOf('\r\n');
  const leader = end === -1 ? payload : payload.slice(0, end);
  const text = end === -1 ? '' : payload.slice(end + 2);
  const tokens = leader.split('|');
  const id = tokens[0] ?? '';
  const word = tokens[1] ?? '';
  switch (word) {
    case 'sip':
      return { kind: 'sip', id, transactionId: tokens[2] ?? '', dialogId: tokens[3] ?? '', nextHop: tokens[4] ?? '', text };
    case 'ping':
      return { kind: 'ping', id };
    case 'route':
      return { kind: 'route', id, method: (tokens[2] ?? '').toLowerCase() };
    case 'remove_route':
      return { kind: 'remove-route', id, method: (tokens[2] ?? '').toLowerCase() };
    case 'authenticate':
      return {
        kind: 'authenticate',
        id,
        secret: tokens[2] ?? '',
        tags: (tokens[3] ?? '').split(',').filter((tag) => tag !== ''),
      };
    case 'proxy':
      return readProxy(id, tokens, text);
    default:
      return { kind: 'unknown', id, word };
  }
}

function readProxy(id: string, tokens: readonly string[], text: string): ProxyCommand {
  return {
    kind: 'proxy',
    id,
    transactionId: tokens[2] ?? '',
    remainInDialog: tokens[3] === 'remainInDialog',
    fullResponse: tokens[4] === 'fullResponse',
    followRedirects: tokens[5] === 'followRedirects',
    simultaneous: tokens[6] === 'simultaneous',
    provisionalTimeout: tokens[7] ?? '',
    finalTimeout: tokens[8] ?? '',
    destinations: tokens.slice(9).filter((destination) => destination !== ''),
    text,
  };
}

/** A SIP message that the application is told of. */
export type SipNotice = Readonly<{
  source: 'network' | 'application';
  bytes: number;
  protocol: Protocol | 'unknown';
  peer: Endpoint | undefined;
  time: string;
  transactionId: string;
  dialogId: string;
  /** Where a request outside a dialog arrived; drachtio-srf shows it as `receivedOn`. */
  arrivedOn?: Endpoint;
  text: string;
}>;

export function writeNotice(frameId: string, notice: SipNotice): string {
  const peer = notice.peer === undefined ? '|0' : `${notice.peer.address}|${notice.peer.port}`;
  const arrivedOn = notice.arrivedOn === undefined ? '' : `${notice.arrivedOn.address}|${notice.arrivedOn.port}|`;
  return `${frameId}|sip|${notice.source}|${notice.bytes}|${notice.protocol}|${peer}|${notice.time}|${notice.transactionId}|${notice.dialogId}|${arrivedOn}\r\n${notice.text}`;
}

/** What was sent for the application, echoed so that drachtio-srf can read tags, Call-ID and Contact from it. */
export type Sent = Readonly<{
  protocol: Protocol | 'unknown';
  address: string;
  port: number;
  time: string;
  transactionId: string;
  text: string;
}>;

export function writeRequestSent(frameId: string, id: string, sent: Sent): string {
  const bytes = sent.protocol === 'unknown' ? 0 : sent.text.length;
  return `${frameId}|response|${id}|OK|application|${bytes}|${sent.protocol}|${sent.address}|${sent.port}|${sent.time}|${sent.transactionId}|Msg sent:|\r\n${sent.text}`;
}

/** The shape differs from that of a request: drachtio-srf reads the dialog id as token 11 and `continue` as token 12. */
export function writeResponseSent(frameId: string, id: string, sent: Sent & Readonly<{ dialogId: string }>): string {
  return `${frameId}|response|${id}|OK|application|${sent.text.length}|${sent.protocol}|${sent.address}|${sent.port}|${sent.time}|${sent.transactionId}|${sent.dialogId}||Msg sent:|\r\n${sent.text}`;
}

/** One final response of a proxied request; `continue` tells drachtio-srf that more replies come. */
export function writeProxiedResponse(frameId: string, id: string, sent: Sent): string {
  return `${frameId}|response|${id}|OK|network|${sent.text.length}|${sent.protocol}|${sent.address}|${sent.port}|${sent.time}|||continue|\r\n${sent.text}`;
}

export function writeOk(frameId: string, id: string, ...fields: readonly string[]): string {
  return `${frameId}|response|${id}|OK${fields.map((field) => `|${field}`).join('')}`;
}

/** NOK: refused by the SIP layer, the connection stays. */
export function writeNok(frameId: string, id: string, reason: string): string {
  return `${frameId}|response|${id}|NOK|${reason}`;
}

/** NO: refused at the connection layer, the connection is closed after it. */
export function writeNo(frameId: string, id: string, reason: string): string {
  return `${frameId}|response|${id}|NO|${reason}`;
}

let cachedMs = -1;
let cachedTime = '';

/** `HH:MM:SS.uuuuuu` in UTC; many messages share a millisecond, so the last one is kept. */
export function wireTime(nowMs: number): string {
  const ms = Math.floor(nowMs);
  if (ms !== cachedMs) {
    cachedMs = ms;
    cachedTime = `${new Date(ms).toISOString().slice(11, 23)}000`;
  }
  return cachedTime;
}
