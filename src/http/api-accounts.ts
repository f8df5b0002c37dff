/**
 * api-accounts: who may use the HTTP interfaces. Every compare takes the same time, whatever was offered.
 * Which part of a request carries credentials is the dialect's business.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Config } from '#kit/config.js';
import { CredentialsMissing, CredentialsWrong } from './refusals.js';

/** What a request brought along. */
export type Offered =
  | Readonly<{ kind: 'none' }>
  | Readonly<{ kind: 'password'; user: string; password: string }>
  | Readonly<{ kind: 'token'; token: string }>
  /** There was something, and it could not be read. */
  | Readonly<{ kind: 'unreadable' }>;

type Known = Readonly<{ identity: string; print: Buffer }>;

export class ApiAccounts {
  /** Prints of equal length hide how long a secret is and where it differs; the key dies with the process. */
  readonly #key = randomBytes(32);
  #known: readonly Known[] = [];
  readonly #realm: string;

  /** @param realm part of every ha1: `sip.realm`. */
  constructor(accounts: Pick<Config['accounts'], 'http' | 'tokens'> = { http: [], tokens: [] }, realm = '') {
    this.#realm = realm;
    this.configure(accounts);
  }

  /** From now on these, and nobody else. */
  configure(accounts: Pick<Config['accounts'], 'http' | 'tokens'>): void {
    this.#known = [
      ...accounts.http.map(({ user, password, ha1 }) =>
        this.#remember(`user:${user}`, passwordText(user, ha1?.sha256 ?? this.#ha1(user, password ?? ''))),
      ),
      ...accounts.tokens.map(({ name, token, sha256 }) =>
        this.#remember(`token:${name}`, tokenText(sha256 ?? hash(token ?? ''))),
      ),
    ];
  }

  /**
   * @returns who is asking, as `user:<user>` or `token:<name>`.
   * @throws CredentialsMissing, CredentialsWrong
   */
  identify(offered: Offered): string {
    if (offered.kind === 'none') throw new CredentialsMissing();
    if (offered.kind === 'unreadable') throw new CredentialsWrong();
    const text =
      offered.kind === 'token'
        ? tokenText(hash(offered.token))
        : passwordText(offered.user, this.#ha1(offered.user, offered.password));
    const print = this.#print(text);
    let found: string | undefined;
    // No early end: a search that stops at the match tells which account it was.
    for (const known of this.#known) if (timingSafeEqual(known.print, print)) found = known.identity;
    if (found === undefined) throw new CredentialsWrong();
    return found;
  }

  /** What opened a door a while ago would open it now. */
  knows(offered: Offered): boolean {
    try {
      return this.identify(offered) !== '';
    } catch {
      return false; // they were taken away
    }
  }

  /** RFC 7616 §3.4.2: what may stand in the configuration instead of a password. */
  #ha1(user: string, password: string): string {
    return hash(`${user}:${this.#realm}:${password}`);
  }

  #remember(identity: string, text: string): Known {
    return { identity, print: this.#print(text) };
  }

  #print(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

/** The length in front keeps `a` + `b:c` and `a:b` + `c` apart. */
const passwordText = (user: string, ha1: string): string => `password ${user.length} ${user} ${ha1}`;
const tokenText = (print: string): string => `token ${print}`;

const hash = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The Authorization header: RFC 7617 (Basic) and RFC 6750 §2.1 (Bearer); scheme names are without case. */
export function headerCredentials(authorization: string | undefined): Offered {
  if (authorization === undefined) return { kind: 'none' };
  const [, scheme = '', rest = ''] = /^\s*([^\s]+)\s+([^\s]+)\s*$/.exec(authorization) ?? [];
  if (scheme.toLowerCase() === 'bearer') return { kind: 'token', token: rest };
  if (scheme.toLowerCase() !== 'basic') return { kind: 'unreadable' };
  const text = Buffer.from(rest, 'base64').toString('utf8');
  const colon = text.indexOf(':'); // RFC 7617 §2: the first colon ends the user name
  return colon < 0 ? { kind: 'unreadable' } : { kind: 'password', user: text.slice(0, colon), password: text.slice(colon + 1) };
}
