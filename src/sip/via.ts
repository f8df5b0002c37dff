/**
 * via: one Via value, and where its response must go (RFC 3261 §18.2.2, §20.42, RFC 3581).
 */
import { headerValue } from './headers.js';
import type { HeaderField } from './message.js';
import { parseParams, writeParams, type Params } from './params.js';
import { parseHostPort } from './uri.js';

/** `transport` in upper case. `rport`: true where it was asked for and not yet filled in. */
export type Via = Readonly<{
  transport: string;
  /** Only where it is not 2.0: the 505 that answers such a request must find its way too. */
  version?: string | undefined;
  host: string;
  port?: number | undefined;
  branch?: string | undefined;
  received?: string | undefined;
  rport?: number | true | undefined;
  params: Params;
}>;

const SENT =
  /^SIP[ \t]*\/[ \t]*([0-9]+\.[0-9]+)[ \t]*\/[ \t]*([A-Za-z0-9\-.!%*_+`'~]+)[ \t]+([^; \t]+(?:[ \t]*:[ \t]*[0-9]+)?)[ \t]*/i;

/** @returns undefined when it is malformed. */
export function parseVia(text: string): Via | undefined {
  const sent = SENT.exec(text);
  if (sent === null) return undefined;
  const place = parseHostPort((sent[3] ?? '').replace(/[ \t]/g, ''));
  const params = parseParams(text.slice(sent[0].length));
  if (place === undefined || params === undefined) return undefined;
  const rport = params.has('rport') ? Number(params.get('rport') ?? '') || true : undefined;
  return {
    transport: (sent[2] ?? '').toUpperCase(),
    ...(sent[1] === '2.0' ? {} : { version: sent[1] }),
    ...place,
    branch: params.get('branch'),
    // RFC 5118 §4.5: some write brackets around an IPv6 address here; it is the same address.
    received: params.get('received')?.replace(/^\[(.*)\]$/, '$1'),
    rport,
    params,
  };
}

export function writeVia(via: Via): string {
  const params = new Map(via.params);
  if (via.branch !== undefined) params.set('branch', via.branch);
  if (via.received !== undefined) params.set('received', via.received);
  if (via.rport !== undefined) params.set('rport', via.rport === true ? undefined : String(via.rport));
  return `SIP/${via.version ?? '2.0'}/${via.transport} ${via.host}${via.port === undefined ? '' : `:${via.port}`}${writeParams(params)}`;
}

export function topVia(message: Readonly<{ headers: readonly HeaderField[] }>): Via | undefined {
  const value = headerValue(message, 'Via');
  return value === undefined ? undefined : parseVia(value);
}
