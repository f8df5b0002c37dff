/**
 * accounts: the phones that may register, and what proves that they are who they say.
 */
import type { Config } from '#kit/config.js';
import { DIGEST_ALGORITHMS, ha1Of, type DigestAlgorithm } from '#sip/digest.js';

export type Account = Readonly<{
  number: string;
  name?: string | undefined;
  /** Over plain transports it is refused. */
  requireTls: boolean;
  ha1: Readonly<Partial<Record<DigestAlgorithm, string>>>;
}>;

type Phone = Config['accounts']['phones'][number];

export class Accounts {
  #accounts = new Map<string, Account>();
  /** Compared against when nobody has that name, so that a wrong name costs as long as a wrong password. */
  readonly nobody: Account;
  #numbers: ReadonlySet<string>;
  #algorithms: readonly DigestAlgorithm[];

  constructor(phones: Config['accounts']['phones'], realm: string) {
    for (const phone of phones) this.#accounts.set(phone.number, accountOf(phone, realm));
    this.#numbers = new Set(this.#accounts.keys());
    const all = [...this.#accounts.values()];
    this.#algorithms = DIGEST_ALGORITHMS.filter((one) => all.every(({ ha1 }) => ha1[one] !== undefined));
    this.nobody = accountOf({ number: '', password: DIGEST_ALGORITHMS.join() }, realm);
  }

  get numbers(): ReadonlySet<string> {
    return this.#numbers;
  }

  /** What phones are asked for, strongest first: only what every account has, so that the question tells nothing of the account. */
  get algorithms(): readonly DigestAlgorithm[] {
    return this.#algorithms;
  }

  /** From now on these are the accounts; a phone that is gone from them is not let in again. */
  replaceBy(other: Accounts): void {
    this.#accounts = other.#accounts;
    this.#numbers = other.#numbers;
    this.#algorithms = other.#algorithms;
  }

  /** Whoever has proved to be this number here would have there, by the same password. */
  sameProof(number: string, other: Accounts): boolean {
    const [here, there] = [this.find(number), other.find(number)];
    return DIGEST_ALGORITHMS.some((one) => here?.ha1[one] !== undefined && here.ha1[one] === there?.ha1[one]);
  }

  find(number: string): Account | undefined {
    return this.#accounts.get(number);
  }
}

function accountOf({ number, name, password, ha1, requireTls = false }: Phone, realm: string): Account {
  const known =
    password === undefined
      ? { ...(ha1?.md5 === undefined ? {} : { MD5: ha1.md5 }), ...(ha1?.sha256 === undefined ? {} : { 'SHA-256': ha1.sha256 }) }
      : { MD5: ha1Of('MD5', number, realm, password), 'SHA-256': ha1Of('SHA-256', number, realm, password) };
  return { number, name, requireTls, ha1: known };
}
