/**
 * accounts: the phones that may register, and what proves that they are who they say.
 */
import type { Config } from '#kit/config.js';
import { DIGEST_ALGORITHMS, ha1Of, type DigestAlgorithm } from '#sip/digest.js';

export type Account = Readonly<{ number: string; name?: string | undefined; ha1: Readonly<Record<DigestAlgorithm, string>> }>;

export class Accounts {
  #accounts = new Map<string, Account>();
  /** Compared against when nobody has that name, so that a wrong name costs as long as a wrong password. */
  readonly nobody: Account;
  #numbers: ReadonlySet<string>;

  constructor(phones: Config['accounts']['phones'], realm: string) {
    const account = (number: string, password: string): Account => ({
      number,
      ha1: { MD5: ha1Of('MD5', number, realm, password), 'SHA-256': ha1Of('SHA-256', number, realm, password) },
    });
    for (const phone of phones) this.#accounts.set(phone.number, { ...account(phone.number, phone.password), name: phone.name });
    this.#numbers = new Set(this.#accounts.keys());
    this.nobody = account('', DIGEST_ALGORITHMS.join());
  }

  get numbers(): ReadonlySet<string> {
    return this.#numbers;
  }

  /** From now on these are the accounts; a phone that is gone from them is not let in again. */
  replaceBy(other: Accounts): void {
    this.#accounts = other.#accounts;
    this.#numbers = other.#numbers;
  }

  find(number: string): Account | undefined {
    return this.#accounts.get(number);
  }
}
