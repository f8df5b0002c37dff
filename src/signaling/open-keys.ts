/**
 * open-keys: a phone that sends keys of SRTP over a transport that hides nothing (RFC 4568 §10): it is served all the same, for the other
 * choice is no encryption at all, and whoever reads the log is told, once for each.
 */
import type { Logger } from '#kit/log.js';
import type { SrfRequest } from './srf.js';

const HIDDEN: ReadonlySet<string> = new Set(['tls', 'wss']);
const MOST_TOLD = 1000;

export class OpenKeys {
  readonly #log: Logger;
  readonly #told = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  look(from: string, request: Pick<SrfRequest, 'protocol' | 'body'>): void {
    const { protocol, body = '' } = request;
    if (HIDDEN.has(protocol.toLowerCase()) || !/^a=crypto:/m.test(body)) return;
    if (this.#told.has(from) || this.#told.size >= MOST_TOLD) return;
    this.#told.add(from);
    this.#log.warn({ from, protocol }, 'keys of SRTP in the clear: whoever sees its SIP can hear it; it should come over TLS');
  }
}
