/**
 * essentials: what every room of the engine asks of a message, read once: who, which call, which step. The parser has found the
 * values well-formed, so that the common shapes are read here by looking for the one word that matters.
 */
import { parseCSeq } from '#sip/cseq.js';
import { headerField } from '#sip/headers.js';
import type { SipRequest, SipResponse } from '#sip/message.js';
import { tagOf } from '#sip/name-addr.js';
import { topVia, type Via } from '#sip/via.js';

/** `branch` is that of the top Via. */
export type Essentials = Readonly<{
  branch: string;
  callId: string;
  fromTag: string;
  toTag: string | undefined;
  cseq: number;
  cseqMethod: string;
}>;

export type RequestEssentials = Essentials & Readonly<{ via: Via }>;

/** The parser lets nothing pass that lacks one of these; undefined would be its fault, and the message is dropped. */
export function responseEssentials(response: SipResponse): Essentials | undefined {
  return read(response, branchOf(headerField(response, 'Via') ?? ''));
}

export function requestEssentials(request: SipRequest): RequestEssentials | undefined {
  const via = topVia(request);
  const facts = via === undefined ? undefined : read(request, via.branch ?? '');
  return via === undefined || facts === undefined ? undefined : { ...facts, via };
}

function read(message: SipRequest | SipResponse, branch: string): Essentials | undefined {
  const callId = headerField(message, 'Call-ID');
  const from = headerField(message, 'From');
  const to = headerField(message, 'To');
  const cseq = parseCSeq(headerField(message, 'CSeq') ?? '');
  if (callId === undefined || from === undefined || to === undefined || cseq === undefined) return undefined;
  return { branch, callId, fromTag: tagIn(from) ?? '', toTag: tagIn(to), cseq: cseq.number, cseqMethod: cseq.method };
}

/** Ours, as it comes back: written by viaFor, so in its own spelling. */
function branchOf(via: string): string {
  const at = via.indexOf(';branch=');
  return at < 0 ? '' : wordAt(via, at + ';branch='.length);
}

function tagIn(value: string): string | undefined {
  // What stands in quotes or brackets may look like a tag; then the grammar is asked.
  const at = value.indexOf(';tag=', value.lastIndexOf('>') + 1);
  if (at < 0 || value.includes('"', value.lastIndexOf('>') + 1)) return tagOf(value);
  return wordAt(value, at + ';tag='.length);
}

function wordAt(value: string, start: number): string {
  let end = start;
  while (end < value.length && !isEnd(value.charCodeAt(end))) end++;
  return value.slice(start, end);
}

/** Space, tab, semicolon, comma. */
const isEnd = (char: number): boolean => char === 0x20 || char === 0x09 || char === 0x3b || char === 0x2c;
