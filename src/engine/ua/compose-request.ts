/**
 * compose-request: the text of a request of ours, with all that an application leaves to the engine (RFC 3261 §8.1.1); pure.
 */
import type { HeaderField } from '#sip/message.js';
import { hostPort, type Flow } from '../transport/flow.js';

export type RequestParts = Readonly<{
  method: string;
  uri: string;
  /** Absent while a name is still looked up. */
  via: string | undefined;
  routes?: readonly string[];
  from: string;
  to: string;
  callId: string;
  cseq: number;
  contact?: string | undefined;
  headers?: readonly HeaderField[];
  body?: string;
}>;

export function composeRequest(parts: RequestParts): string {
  const headers = parts.headers ?? [];
  let text = `${parts.method} ${parts.uri} SIP/2.0\r\n`;
  if (parts.via !== undefined) text += `Via: ${parts.via}\r\n`;
  for (const route of parts.routes ?? []) text += `Route: ${route}\r\n`;
  if (!headers.some(({ name }) => name === 'Max-Forwards')) text += 'Max-Forwards: 70\r\n';
  text += `From: ${parts.from}\r\nTo: ${parts.to}\r\nCall-ID: ${parts.callId}\r\nCSeq: ${parts.cseq} ${parts.method}\r\n`;
  if (parts.contact !== undefined) text += `Contact: ${parts.contact}\r\n`;
  for (const { name, value } of headers) text += `${name}: ${value}\r\n`;
  const body = parts.body ?? '';
  return `${text}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** Of a Via written below. */
export const branchOf = (via: string): string => via.slice(via.indexOf('branch=') + 'branch='.length);

/** RFC 3261 §18.1.1, RFC 3581 §3: rport asks for the response to come back where the request left from. */
export function viaFor(flow: Flow, branch: string): string {
  return `SIP/2.0/${flow.protocol.toUpperCase()} ${hostPort(flow.local)};rport;branch=${branch}`;
}
