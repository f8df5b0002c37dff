/**
 * digest-guard: makes nonces and judges credentials (RFC 3261 §22.4, RFC 7616 §3.3, RFC 8760). Keeps how often each nonce was
 * used, so that a captured header opens nothing; who fails too often is its watcher's business.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '#kit/clock.js';
import { systemRandom, word, type RandomBytes } from '#kit/ids.js';
import { DIGEST_ALGORITHMS, responseOf, writeChallenge, type Credentials, type DigestAlgorithm } from '#sip/digest.js';
import type { Account, Accounts } from './accounts.js';

/** How long one nonce may be used; then the phone is asked again with stale=true, which no user notices. */
const NONCE_MS = 5 * 60_000;
const MOST_NONCES = 50_000;
const LOOK_MS = 1000;

export type Verdict =
  | Readonly<{ kind: 'ok'; account: Account }>
  | Readonly<{ kind: 'challenge'; stale: boolean }>
  /** Too many wrong passwords from this address, or for this name, lately. */
  | Readonly<{ kind: 'banned'; retryAfterSec: number }>;

/** Hears how passwords are judged, and may have them not looked at: per address and per name (guard/password-watch.ts). */
export interface PasswordWatcher {
  /** Seconds for which a password offered from there for this name is not looked at. */
  refuses(source: string, username: string, port: number): number | undefined;
  failed(source: string, username: string): void;
  proved(source: string, username: string, port: number): void;
}

const NOBODY_WATCHES: PasswordWatcher = { refuses: () => undefined, failed: () => undefined, proved: () => undefined };

export type DigestRequest = Readonly<{ method: string; uri: string; source: string; port: number }>;

export class DigestGuard {
  readonly #accounts: Accounts;
  readonly realm: string;
  readonly #clock: Clock;
  readonly #key: Uint8Array;
  /** Highest nc seen per nonce and user agent's nonce. */
  readonly #counts = new Map<string, { nc: number; madeMs: number; untilMs: number }>();
  /** Nonces made until then and not in the map may have been used: the map had to forget some. */
  #forgottenUntilMs = -Infinity;
  #lookMs = -Infinity;
  readonly #watch: PasswordWatcher;

  constructor(
    accounts: Accounts,
    realm: string,
    clock: Clock,
    random: RandomBytes = systemRandom,
    watch: PasswordWatcher = NOBODY_WATCHES,
  ) {
    this.#accounts = accounts;
    this.#watch = watch;
    this.realm = realm;
    this.#clock = clock;
    this.#key = random(32);
  }

  /** One challenge per algorithm, strongest first (RFC 8760 §2.4). The nonce is good for requests from `source` only. */
  challenges(source: string, stale: boolean, algorithms: readonly DigestAlgorithm[] = DIGEST_ALGORITHMS): readonly string[] {
    const nonce = this.#newNonce(source);
    const possible = algorithms.filter((one) => this.#accounts.algorithms.includes(one));
    // A phone that understands none of them is told what there is, and gives up by itself.
    return (possible.length === 0 ? this.#accounts.algorithms : possible).map((algorithm) =>
      writeChallenge({ realm: this.realm, nonce, algorithm, session: false, qop: ['auth'], stale }),
    );
  }

  /** @param credentials undefined when the request carried none that could be read. */
  judge(request: DigestRequest, credentials: Credentials | undefined): Verdict {
    if (credentials === undefined || credentials.realm !== this.realm) return { kind: 'challenge', stale: false };
    // RFC 7616 §3.3: stale says that the nonce is no good, and the phone tries again by itself. The password is not looked at:
    // who guesses must show a nonce that was sent to his own address, so nobody can have another address banned by forging it.
    const madeMs = this.#madeMs(credentials.nonce, request.source);
    if (madeMs === undefined || this.#isUsed(credentials, madeMs)) return { kind: 'challenge', stale: true };
    const refusedSec = this.#watch.refuses(request.source, credentials.username, request.port);
    if (refusedSec !== undefined) return { kind: 'banned', retryAfterSec: refusedSec };
    const account = this.#accounts.find(credentials.username);
    const right = this.#isRight(account ?? this.#accounts.nobody, request.method, credentials) && account !== undefined;
    if (!right || !uriFits(credentials.uri, request.uri)) {
      this.#watch.failed(request.source, credentials.username);
      return { kind: 'challenge', stale: false };
    }
    this.#use(credentials, madeMs);
    this.#watch.proved(request.source, credentials.username, request.port);
    return { kind: 'ok', account };
  }

  #isRight(account: Account, method: string, credentials: Credentials): boolean {
    // Where nothing is kept for this algorithm the work is done all the same, and nothing fits.
    const known = account.ha1[credentials.algorithm];
    const due = responseOf(known ?? this.#key.toString(), method, credentials);
    return sameText(due, credentials.response) && known !== undefined;
  }

  /** time.random.mac: nothing need be kept to know a nonce of ours again, and nobody else can make one. */
  #newNonce(source: string): string {
    const text = `${this.#clock.now().toString(36)}.${word(12)}`;
    return `${text}.${this.#mac(text, source)}`;
  }

  #mac(text: string, source: string): string {
    return createHmac('sha256', this.#key).update(`${text} ${source}`).digest('hex').slice(0, 32);
  }

  /** When we made this nonce; undefined when it is not ours, was made for another address, or is too old. */
  #madeMs(nonce: string, source: string): number | undefined {
    const text = nonce.split('.', 2).join('.');
    if (!sameText(nonce, `${text}.${this.#mac(text, source)}`)) return undefined;
    const madeMs = parseInt(text, 36);
    return this.#clock.now() - madeMs < NONCE_MS ? madeMs : undefined;
  }

  /** RFC 7616 §3.4: nc must grow. Old phones without qop may use a nonce once. */
  #isUsed(credentials: Credentials, madeMs: number): boolean {
    const seen = this.#counts.get(countKey(credentials));
    return seen === undefined ? madeMs <= this.#forgottenUntilMs : countOf(credentials) <= seen.nc;
  }

  #use(credentials: Credentials, madeMs: number): void {
    const nowMs = this.#clock.now();
    const key = countKey(credentials);
    this.#counts.delete(key);
    this.#counts.set(key, { nc: countOf(credentials), madeMs, untilMs: nowMs + NONCE_MS });
    // Those whose time is over are looked for once a second: looking walks over the holes of what was deleted before.
    if (this.#counts.size <= MOST_NONCES && nowMs < this.#lookMs) return;
    this.#lookMs = nowMs + LOOK_MS;
    for (const [oldest, count] of this.#counts) {
      if (this.#counts.size <= MOST_NONCES && count.untilMs > nowMs) break;
      this.#counts.delete(oldest);
      this.#forgottenUntilMs = Math.max(this.#forgottenUntilMs, count.madeMs);
    }
  }
}

/** Without qop the cnonce is not part of the digest, so whoever replays could write any: it must not make the header look new. */
const countKey = ({ nonce, qop, cnonce }: Credentials): string => (qop === undefined ? nonce : `${nonce} ${cnonce ?? ''}`);

const countOf = ({ qop, nc }: Credentials): number => (qop === undefined ? 1 : parseInt(nc ?? '0', 16));

function sameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** RFC 7616 §3.4.6: proxies may have rewritten parts of the request URI, so user and host decide, not the letter. */
function uriFits(written: string, requested: string): boolean {
  const essence = (uri: string): string =>
    uri
      .replace(/^sips?:/i, '')
      .split(/[;?]/)[0]
      ?.toLowerCase()
      .replace(/:[0-9]+$/, '') ?? '';
  return essence(written) === essence(requested);
}
