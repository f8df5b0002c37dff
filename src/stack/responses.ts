/**
 * responses: a response to a request that came in (RFC 3261 §8.2.6).
 */
import { headerField } from '#sip/headers.js';
import type { HeaderField, SipRequest, SipResponse } from '#sip/message.js';
import type { Flow } from '../engine/transport/flow.js';
import { viaStamp } from './inbound.js';

export type Answered = Readonly<{ request: SipRequest; toTag: string; flow: Flow }>;

export function responseTo(
  { request, toTag, flow }: Answered,
  status: number,
  reason: string,
  more: readonly HeaderField[],
  body: string,
): SipResponse {
  const headers: HeaderField[] = [];
  let first = true;
  for (const field of request.headers) {
    const lower = field.name.toLowerCase();
    if (lower !== 'via' && lower !== 'v') continue;
    headers.push({ name: 'Via', value: first && flow.protocol === 'udp' ? stampFirst(field.value, request, flow) : field.value });
    first = false;
  }
  const to = headerField(request, 'To') ?? '';
  headers.push(
    ...recordRoute(request, status),
    { name: 'From', value: headerField(request, 'From') ?? '' },
    { name: 'To', value: status === 100 || /;\s*tag=/i.test(to) ? to : `${to};tag=${toTag}` },
    { name: 'Call-ID', value: headerField(request, 'Call-ID') ?? '' },
    { name: 'CSeq', value: headerField(request, 'CSeq') ?? '' },
    ...more,
  );
  return { kind: 'response', status, reason, headers, body };
}

/** Of several values in one field only the first is ours to stamp. */
function stampFirst(value: string, request: SipRequest, flow: Flow): string {
  const comma = value.indexOf(',');
  return comma < 0 ? viaStamp(value, request, flow) : viaStamp(value.slice(0, comma), request, flow) + value.slice(comma);
}

/** RFC 3261 §12.1.1: copied into the responses that make a dialog. */
function recordRoute(request: SipRequest, status: number): HeaderField[] {
  if (status <= 100 || status >= 300) return [];
  return request.headers.filter((field) => field.name.toLowerCase() === 'record-route');
}
