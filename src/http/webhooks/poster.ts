/**
 * poster: one signed request over a real socket, with an end. Knows no queue and no retries; what an answer means is verdict.ts.
 */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Clock } from '#kit/clock.js';
import { AddressRefused, guardedLookup, isPrivateHost, type Resolve } from './reachable-addresses.js';

export type Outgoing = Readonly<{
  /** POST when absent. */
  method?: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  /** More of an answer is not read. */
  responseBytes: number;
  /** The answer is waited for to its end, and given back. */
  keepsAnswer?: true;
}>;

/** Redirects are answers like any other: following one would go where nobody looked. */
export type Answer =
  | Readonly<{
      kind: 'answered';
      status: number;
      retryAfter?: string | undefined;
      /** RFC 9110 §10.2.2. */
      location?: string | undefined;
      /** When it was asked for, and no longer than allowed. */
      body?: string | undefined;
    }>
  | Readonly<{ kind: 'no-answer'; why: string }>
  | Readonly<{ kind: 'address-refused' }>;

export type PosterDeps = Readonly<{ clock: Clock; resolve: Resolve; allowPrivateAddresses: boolean }>;

const MOST_IDLE_SOCKETS = 4;

export class Poster {
  readonly #deps: PosterDeps;
  readonly #http = new HttpAgent({ keepAlive: true, maxFreeSockets: MOST_IDLE_SOCKETS });
  readonly #https = new HttpsAgent({ keepAlive: true, maxFreeSockets: MOST_IDLE_SOCKETS });
  readonly #open = new Set<ClientRequest>();
  #closed = false;

  constructor(deps: PosterDeps) {
    this.#deps = deps;
  }

  /** Never throws: whatever goes wrong is an answer. */
  async post(outgoing: Outgoing): Promise<Answer> {
    const url = new URL(outgoing.url);
    // An address that needs no look-up never passes the guard of look-ups.
    if (!this.#deps.allowPrivateAddresses && isPrivateHost(url)) return { kind: 'address-refused' };
    if (this.#closed) return { kind: 'no-answer', why: 'closing' };
    let request: ClientRequest | undefined;
    let late = false;
    const limit = this.#deps.clock.after('webhook answer', outgoing.timeoutMs, () => {
      late = true;
      request?.destroy(new Error('timeout'));
    });
    const send = (): Promise<Answer> => {
      const sent = (request = this.#request(url, outgoing));
      this.#open.add(sent);
      return answerTo(sent, outgoing).finally(() => this.#open.delete(sent));
    };
    try {
      const first = await send();
      // The receiver closed an idle connection just when we took it again: this is no attempt. (Had it read the event before, it would get a double.)
      const stale = first.kind === 'no-answer' && request?.reusedSocket === true && !late && !this.#closed;
      return stale ? await send() : first;
    } finally {
      limit.cancel();
    }
  }

  /** Cuts what is under way. Twice is once. */
  close(): void {
    this.#closed = true;
    for (const request of [...this.#open]) request.destroy(new Error('closing'));
    this.#http.destroy();
    this.#https.destroy();
  }

  #request(url: URL, { method = 'POST', headers, body }: Outgoing): ClientRequest {
    const secure = url.protocol === 'https:';
    const { resolve, allowPrivateAddresses } = this.#deps;
    const options = {
      method,
      // RFC 9110 §8.6: a GET without a body says nothing of its length.
      headers: method === 'GET' ? headers : { ...headers, 'Content-Length': Buffer.byteLength(body) },
      lookup: guardedLookup(resolve, allowPrivateAddresses),
      agent: secure ? this.#https : this.#http,
    };
    const request = secure ? httpsRequest(url, options) : httpRequest(url, options);
    request.end(body);
    return request;
  }
}

function answerTo(request: ClientRequest, { responseBytes, keepsAnswer }: Outgoing): Promise<Answer> {
  return new Promise((resolve) => {
    // The status is the answer, however the body behind it ends.
    let answered: Answer | undefined;
    const end = (otherwise: Answer): void => resolve(answered ?? otherwise);
    request.on('error', (error: NodeJS.ErrnoException) =>
      end(
        error instanceof AddressRefused ? { kind: 'address-refused' } : { kind: 'no-answer', why: error.code ?? error.message },
      ),
    );
    request.on('close', () => end({ kind: 'no-answer', why: 'closed' }));
    request.on('response', (response) => {
      const { 'retry-after': retryAfter, location } = response.headers;
      const facts = { kind: 'answered', status: response.statusCode ?? 0, retryAfter, location } as const;
      answered = facts;
      response.on('error', () => undefined);
      discard(response, responseBytes, keepsAnswer === true ? (body) => (answered = { ...facts, body }) : undefined);
    });
  });
}

/** Reading it to its end leaves the connection for the next event; a body without end costs a connection. */
function discard(response: IncomingMessage, most: number, keep: ((body: string) => void) | undefined): void {
  let read = 0;
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => {
    read += chunk.length;
    if (keep !== undefined) chunks.push(chunk);
    if (read > most) response.destroy();
  });
  response.on('end', () => {
    if (read <= most) keep?.(Buffer.concat(chunks).toString());
  });
}
