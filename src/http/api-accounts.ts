/**
 * api-accounts: who may use the HTTP interfaces. Every compare takes the same time, whatever was offered.
 * Which part of a request carries credentials is the dialect's business.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
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

  constructor(accounts: Pick<Config['accounts'], 'http' | 'tokens'>) {
    this.configure(accounts);
  }

  /** From now on these, and nobody else. */
  configure(accounts: Pick<Config['accounts'], 'http' | 'tokens'>): void {
    this.#known = [
      ...accounts.http.map(({ user, password }) => this.#remember(`user:${user}`, passwordText(user, password))),
      ...accounts.tokens.map(({ name, token }) => this.#remember(`token:${name}`, tokenText(token))),
    ];
  }

  /**
   * @returns who is asking, as `user:<user>` or `token:<name>`.
   * @throws CredentialsMissing, CredentialsWrong
   */
  identify(offered: Offered): string {
    if (offered.kind === 'none') throw new CredentialsMissing();
    if (offered.kind === 'unreadable') throw new CredentialsWrong();
    const text = offered.kind === 'token' ? tokenText(offered.token) : passwordText(offered.user, offered.password);
    const print = this.#print(text);
    let found: string | undefined;
    // No early end: a search that stops at the match tells which account it was.
    for (const known of this.#known) if (timingSafeEqual(known.print, print)) found = known.identity;
    if (found === undefined) throw new CredentialsWrong();
    return found;
  }

  #remember(identity: string, text: string): Known {
    return { identity, print: this.#print(text) };
  }

  #print(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

/** The length in front keeps `a` + `bc` and `ab` + `c` apart. */
const passwordText = (user: string, password: string): string => `password ${user.length} ${user} ${password}`;
const tokenText = (token: string): string => `token ${token}`;

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
