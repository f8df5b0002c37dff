/**
 * binding-shelf: registrations in the store, one record an address-of-record. What a binding means is the registrar's.
 */
import type { Logger } from '#kit/log.js';
import type { BindingKeeper, KeptBindings } from '#registrar/binding-keeper.js';
import { readLeft } from './left.js';
import { bytesOf, valueOf, type Migrations } from './record.js';
import { StoreFailed } from './store-failed.js';
import type { Store } from './store.js';

const VERSION = 1;
const MIGRATIONS: Migrations = [];

export class BindingShelf implements BindingKeeper {
  readonly #store: Store;
  readonly #log: Logger;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  left(): readonly (readonly [string, KeptBindings])[] {
    return readLeft(this.#store, 'registrations', keptFrom, (error, aor) =>
      this.#log.error({ err: error, aor }, 'a stored registration cannot be read; its phone has to register again'),
    );
  }

  changed(aor: string, what: () => KeptBindings | undefined): void {
    this.#store.changed('registrations', aor, () => {
      const kept = what();
      return kept === undefined ? undefined : bytesOf(VERSION, kept);
    });
  }
}

/** @throws StoreFailed */
function keptFrom(bytes: Uint8Array): KeptBindings {
  const plain = valueOf(bytes, MIGRATIONS);
  if (typeof plain !== 'object' || plain === null || !('bindings' in plain) || !Array.isArray(plain.bindings))
    throw new StoreFailed('a record is no registration');
  return plain as KeptBindings;
}
