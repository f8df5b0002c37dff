/**
 * essentials: what every room of the engine asks of a message, read once: who, which call, which step.
 */
import { parseCSeq } from '#sip/cseq.js';
import { headerField } from '#sip/headers.js';
import type { SipMessage } from '#sip/message.js';
import { tagOf } from '#sip/name-addr.js';
import { topVia, type Via } from '#sip/via.js';

export type Essentials = Readonly<{
  via: Via;
  callId: string;
  fromTag: string;
  toTag: string | undefined;
  cseq: number;
  cseqMethod: string;
}>;

/** The parser lets nothing pass that lacks one of these; undefined would be its fault, and the message is dropped. */
export function essentials(message: SipMessage): Essentials | undefined {
  const via = topVia(message);
  const callId = headerField(message, 'Call-ID');
  const from = headerField(message, 'From');
  const to = headerField(message, 'To');
  const cseq = parseCSeq(headerField(message, 'CSeq') ?? '');
  if (via === undefined || callId === undefined || from === undefined || to === undefined || cseq === undefined) return undefined;
  return { via, callId, fromTag: tagOf(from) ?? '', toTag: tagOf(to), cseq: cseq.number, cseqMethod: cseq.method };
}
