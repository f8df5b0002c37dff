/**
 * sealed-bindings: a registration outlives a restart only where its password does. What is kept of it knows the password that it was made with, by
 * a digest with a salt of its own.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { DIGEST_ALGORITHMS } from '#sip/digest.js';
import type { Account, Accounts } from './accounts.js';
import type { BindingKeeper, KeptBindings, Seal } from './binding-keeper.js';

const SALT_BYTES = 16;

export class SealedBindings implements BindingKeeper {
  readonly #inner: BindingKeeper;
  readonly #accounts: Pick<Accounts, 'find'>;

  constructor(inner: BindingKeeper, accounts: Pick<Accounts, 'find'>) {
    this.#inner = inner;
    this.#accounts = accounts;
  }

  /** Of whom the password is another now nothing is left: that phone registers again. */
  left(): ReturnType<BindingKeeper['left']> {
    return this.#inner.left().map(([aor, kept]) => {
      const account = this.#accounts.find(aor);
      const isItsOwn = account === undefined || kept.seal === undefined || fits(kept.seal, account);
      return [aor, isItsOwn ? kept : { ...kept, bindings: [] }];
    });
  }

  changed(aor: string, what: () => KeptBindings | undefined): void {
    this.#inner.changed(aor, () => {
      const [kept, account] = [what(), this.#accounts.find(aor)];
      return kept === undefined || account === undefined ? kept : { ...kept, seal: sealOf(account) };
    });
  }
}

const sealOf = (account: Account): Seal => {
  const salt = randomBytes(SALT_BYTES).toString('base64');
  return { salt, proofs: proofsOf(account, salt) };
};

/** By one algorithm it is enough: an account may be written with its password, or with what one of them makes of it. */
const fits = ({ salt, proofs }: Seal, account: Account): boolean =>
  proofsOf(account, salt).some((proof) => proofs.includes(proof));

const proofsOf = ({ ha1 }: Account, salt: string): readonly string[] =>
  DIGEST_ALGORITHMS.flatMap((one) => {
    const known = ha1[one];
    return known === undefined ? [] : [createHmac('sha256', salt).update(`${one} ${known}`).digest('base64')];
  });
