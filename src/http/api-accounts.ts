/**
 * api-accounts: who may use the HTTP interfaces. Compares in constant time; a wrong user costs as much as a wrong password.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Config } from '#kit/config.js';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export class ApiAccounts {
  readonly #users: readonly { user: string; key: Buffer }[];
  readonly #tokens: readonly { name: string; key: Buffer }[];

  constructor(accounts: Config['accounts']) {
    this.#users = accounts.http.map(({ user, password }) => ({ user, key: digest(`${user}:${password}`) }));
    this.#tokens = accounts.tokens.map(({ name, token }) => ({ name, key: digest(token) }));
  }

  /** @returns the user's name, or undefined. Every account is compared, so that time tells nothing. */
  byPassword(user: string, password: string): string | undefined {
    const key = digest(`${user}:${password}`);
    let found: string | undefined;
    for (const account of this.#users) if (timingSafeEqual(account.key, key)) found = account.user;
    return found;
  }

  byToken(token: string): string | undefined {
    const key = digest(token);
    let found: string | undefined;
    for (const account of this.#tokens) if (timingSafeEqual(account.key, key)) found = account.name;
    return found;
  }

  /** RFC 7617 and RFC 6750: what an Authorization header proves. */
  byHeader(header: string | undefined): string | undefined {
    const [scheme = '', value = ''] = (header ?? '').split(' ', 2);
    if (scheme.toLowerCase() === 'bearer') return this.byToken(value);
    if (scheme.toLowerCase() !== 'basic') return undefined;
    const decoded = Buffer.from(value, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    return colon < 0 ? undefined : this.byPassword(decoded.slice(0, colon), decoded.slice(colon + 1));
  }
}
