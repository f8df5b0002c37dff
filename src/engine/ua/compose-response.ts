/**
 * compose-response: the text of a response to a request that arrived (RFC 3261 §8.2.6); pure.
 */
import { canonicalName, firstComma } from '#sip/headers.js';
import type { HeaderField } from '#sip/message.js';
import { tagOf } from '#sip/name-addr.js';
import type { Arrived } from '../transaction/transaction-layer.js';

export type Answer = Readonly<{
  status: number;
  reason: string;
  /** Added to To where it has none. */
  toTag?: string | undefined;
  headers?: readonly HeaderField[];
  body?: string;
  /** RFC 3261 §12.1.1: a response that makes a dialog repeats Record-Route. */
  recordRoute?: boolean;
}>;

export function composeResponse({ request, via }: Arrived, answer: Answer): string {
  let text = `SIP/2.0 ${answer.status} ${answer.reason}\r\n`;
  let recordRoutes = '';
  let topVia = via;
  for (const { name, value } of request.headers) {
    switch (canonicalName(name)) {
      case 'Via':
        text += `Via: ${topVia === '' ? value : topVia + restOfField(value)}\r\n`;
        topVia = '';
        break;
      case 'From':
      case 'Call-ID':
      case 'CSeq':
        text += `${canonicalName(name)}: ${value}\r\n`;
        break;
      case 'To':
        text += `To: ${withTag(value, answer.toTag)}\r\n`;
        break;
      case 'Record-Route':
        recordRoutes += `Record-Route: ${value}\r\n`;
        break;
      case 'Timestamp': // RFC 3261 §8.2.6.1
        if (answer.status === 100) text += `Timestamp: ${value}\r\n`;
        break;
    }
  }
  if (answer.recordRoute === true) text += recordRoutes;
  for (const { name, value } of answer.headers ?? []) text += `${name}: ${value}\r\n`;
  const body = answer.body ?? '';
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** RFC 3261 §8.2.6.2: a To that has a tag keeps it. */
export function withTag(to: string, tag: string | undefined): string {
  return tag === undefined || tagOf(to) !== undefined ? to : `${to};tag=${tag}`;
}

/** What follows the first value of a field that carries several Vias. */
function restOfField(value: string): string {
  const comma = firstComma(value);
  return comma < 0 ? '' : value.slice(comma);
}
