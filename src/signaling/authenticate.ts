/**
 * authenticate: who sent a request: a trunk by its address, an account by its digest; anybody else is challenged (RFC 3261 §22.3).
 */
import type { DigestGuard } from '#registrar/digest-guard.js';
import type { Trunks } from '#registrar/trunks.js';
import { parseCredentials, splitDigests } from '#sip/digest.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import { algorithmsFor } from './digest-habits.js';
import type { Identity } from './routes.js';
import type { SrfRequest, SrfResponse } from './srf.js';

/** Who looks for numbers, and who asks too often (guard/password-watch.ts). */
export interface AskWatcher {
  /** A request without credentials, in the name of this number, over a connection. */
  asked(source: string, number: string): void;
  /** Seconds for Retry-After. */
  tooOften(method: string, number: string): number | undefined;
}
const OVER_TLS: ReadonlySet<string> = new Set(['tls', 'wss']);

export class Authenticator {
  readonly #guard: DigestGuard;
  readonly #trunks: Trunks;
  readonly #watch: AskWatcher | undefined;

  constructor(guard: DigestGuard, trunks: Trunks, watch?: AskWatcher) {
    this.#guard = guard;
    this.#trunks = trunks;
    this.#watch = watch;
  }

  /** For calls and messages: the identity, or undefined when the request has been answered here (401, 403). */
  identify(request: SrfRequest, response: SrfResponse): Identity | undefined {
    // A web page may speak WebSocket from whatever address its visitor has, and no trunk does.
    const isPage = /^wss?$/i.test(request.protocol);
    const trunk = isPage ? undefined : this.#trunks.ofSource(request.source_address, request.source_port);
    if (trunk !== undefined) return { kind: 'trunk', name: trunk.name, asker: trunk.transit ? 'inside' : 'trunk' };
    const account = this.account(request, response);
    if (account === undefined) return undefined;
    // Nobody calls under another's number.
    const from = numberOf(request);
    // RFC 3323 §4.1.1.3: who wants to be anonymous says so in From; who it is has been proven by its password.
    if (from !== account.number && from !== 'anonymous') {
      response.send(403, 'From is not the authenticated user');
      return undefined;
    }
    return { kind: 'account', number: account.number, name: account.name };
  }

  /** The account whose digest the request carries, or undefined when it has been challenged or refused here. */
  account(request: SrfRequest, response: SrfResponse): Readonly<{ number: string; name?: string | undefined }> | undefined {
    // We are the UAS, not a proxy, so it is Authorization and 401; a phone that was challenged elsewhere may send both.
    const credentials = splitDigests(request.get('Authorization') ?? '')
      .map(parseCredentials)
      .find((one) => one?.realm === this.#guard.realm);
    const { method, uri, source_address: source, source_port: port } = request;
    const verdict = this.#guard.judge({ method, uri, source, port }, credentials);
    switch (verdict.kind) {
      case 'ok': {
        const { account } = verdict;
        // Told only to who has the password: whether there is such an account is nobody else's business.
        if (account.requireTls && !OVER_TLS.has(request.protocol.toLowerCase())) {
          response.send(403, 'TLS is required for this account');
          return undefined;
        }
        const retryAfterSec = this.#watch?.tooOften(request.method, account.number);
        if (retryAfterSec === undefined) return account;
        response.send(503, { headers: { 'Retry-After': String(retryAfterSec) } }); // RFC 3261 §21.5.4
        return undefined;
      }
      case 'challenge':
        // A datagram may be forged: it must not get another's address into trouble.
        if (credentials === undefined && request.protocol.toLowerCase() !== 'udp') this.#watch?.asked(source, numberOf(request));
        // drachtio-srf takes one value a name and writes it as it is, so two challenges become two fields (RFC 8760 §2.4).
        response.send(401, {
          headers: {
            'WWW-Authenticate': this.#guard
              .challenges(source, verdict.stale, algorithmsFor(request.get('User-Agent')))
              .join('\r\nWWW-Authenticate: '),
          },
        });
        return undefined;
      case 'banned':
        response.send(403, 'Too many wrong passwords', { headers: { 'Retry-After': String(verdict.retryAfterSec) } });
        return undefined;
    }
  }
}

const numberOf = (request: SrfRequest): string => parseUri(parseNameAddr(request.get('From') ?? '')?.uri ?? '')?.user ?? '';
