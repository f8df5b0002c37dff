/**
 * matching: the keys by which a message finds its transaction (RFC 3261 §17.1.3, §17.2.3) and its dialog (§12).
 */
import { parseCSeq } from '#sip/cseq.js';
import { headerField, headerValue } from '#sip/headers.js';
import type { SipMessage, SipRequest, SipResponse } from '#sip/message.js';
import { tagOf } from '#sip/name-addr.js';
import { topVia } from '#sip/via.js';

const COOKIE = 'z9hG4bK';

/** §17.1.3: branch and method of the request. */
export function clientKey(response: SipResponse): string | undefined {
  const branch = topVia(response)?.branch;
  const method = parseCSeq(headerField(response, 'CSeq') ?? '')?.method;
  return branch === undefined || method === undefined ? undefined : `${branch} ${method}`;
}

/** §17.2.3. A branch without the cookie (RFC 2543) says nothing, so the message itself is the key. */
export function serverKey(request: SipRequest, method = request.method): string {
  const via = topVia(request);
  const name = method === 'ACK' ? 'INVITE' : method;
  const { branch } = via ?? {};
  if (branch !== undefined && branch.startsWith(COOKIE) && branch.length > COOKIE.length)
    return `${branch} ${via?.host}:${via?.port ?? ''} ${name}`;
  const cseq = parseCSeq(headerField(request, 'CSeq') ?? '')?.number;
  const from = tagOf(headerField(request, 'From') ?? '') ?? '';
  return `2543 ${request.uri} ${from} ${headerField(request, 'Call-ID')} ${cseq} ${headerValue(request, 'Via')} ${name}`;
}

/** §8.2.2.2: the same request by another way has these in common. */
export const mergeKey = (request: SipRequest): string =>
  `${headerField(request, 'Call-ID')} ${tagOf(headerField(request, 'From') ?? '')} ${headerField(request, 'CSeq')}`;

export type DialogTags = Readonly<{ callId: string; from: string; to: string | undefined; cseq: number; method: string }>;

export function dialogTags(message: SipMessage): DialogTags {
  const cseq = parseCSeq(headerField(message, 'CSeq') ?? '');
  return {
    callId: headerField(message, 'Call-ID') ?? '',
    from: tagOf(headerField(message, 'From') ?? '') ?? '',
    to: tagOf(headerField(message, 'To') ?? ''),
    cseq: cseq?.number ?? 0,
    method: cseq?.method ?? '',
  };
}
