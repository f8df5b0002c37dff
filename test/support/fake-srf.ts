/**
 * fake-srf: requests, responses and the connection of drachtio-srf as signaling sees them, without SIP.
 */
import { EventEmitter } from 'node:events';
import type { MessageOptions, RequestOptions, Srf, SrfRequest, SrfResponse } from '#signaling/srf.js';

type Headers = Readonly<Record<string, string>>;

export type IncomingFacts = Readonly<{
  method: string;
  uri?: string;
  headers?: Headers;
  body?: string;
  dialogId?: string;
  address?: string;
  port?: number;
  protocol?: string;
}>;
export type Sent = Readonly<{ status: number; reason: string; headers: Headers }>;

const getter = (headers: Headers) => (name: string) =>
  Object.entries(headers).find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1];

/** A request as it came in, and a response that remembers what was sent. */
export function incoming(facts: IncomingFacts): { request: SrfRequest; response: SrfResponse; sent: Sent[] } {
  const { method, uri = 'sip:holdfast', headers = {}, address = '192.0.2.7', port = 5060, protocol = 'udp' } = facts;
  const get = getter(headers);
  const meta = { source: 'network', source_address: address, source_port: port, protocol };
  const sent: Sent[] = [];
  const send = (status: number, reason?: string | MessageOptions, options?: MessageOptions): void => {
    const words = typeof reason === 'string' ? reason : '';
    sent.push({ status, reason: words, headers: (typeof reason === 'object' ? reason : options)?.headers ?? {} });
  };
  return {
    request: Object.assign(new EventEmitter(), {
      method,
      uri,
      body: facts.body ?? '',
      ...(facts.dialogId === undefined ? {} : { stackDialogId: facts.dialogId }),
      ...meta,
      get,
      has: (name: string) => get(name) !== undefined,
    }) as unknown as SrfRequest,
    response: { send } as unknown as SrfResponse,
    sent,
  };
}

export type Outgoing = Readonly<{
  options: RequestOptions;
  answer: (status: number, headers?: Headers) => void;
  /** How often it was acknowledged. */
  acks: () => number;
}>;

/** Remembers every request that goes out; the test answers it when it likes. */
export class FakeSrf {
  readonly sent: Outgoing[] = [];
  connected = true;
  /** The server refuses to send. */
  refuses: Error | undefined;

  get last(): Outgoing {
    const last = this.sent.at(-1);
    if (last === undefined) throw new Error('nothing was sent');
    return last;
  }

  asSrf(): Srf {
    return this as unknown as Srf;
  }

  request(options: RequestOptions, callback: (error: Error | null, request?: SrfRequest) => void): void {
    // As the real one does (app#request in srf.js).
    if (!this.connected) throw new Error('cannot call app#request in unconnected state');
    if (this.refuses !== undefined) return callback(this.refuses);
    const request = Object.assign(new EventEmitter(), { uri: options.uri, get: getter(options.headers ?? {}) });
    let acks = 0;
    const answer = (status: number, headers: Headers = {}): void =>
      void request.emit('response', { status, reason: `reason ${status}`, get: getter(headers) }, () => (acks += 1));
    this.sent.push({ options, answer, acks: () => acks });
    callback(null, request as unknown as SrfRequest);
  }
}

/** Lets promises that are ready run. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
