/**
 * park-shelf: which parking slot holds which call, in the store.
 */
import type { ParkKeeper, Slot } from '#calls/parking.js';
import type { Logger } from '#kit/log.js';
import { readLeft } from './left.js';
import { bytesOf, valueOf } from './record.js';
import type { Store } from './store.js';

const VERSION = 1;

export class ParkShelf implements ParkKeeper {
  readonly #store: Store;
  readonly #log: Logger;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  left(): readonly (readonly [string, Slot])[] {
    const read = (bytes: Uint8Array): Slot => valueOf(bytes, []) as Slot;
    return readLeft(this.#store, 'parked', read, (error, slot) =>
      this.#log.error({ err: error, slot }, 'a stored parking slot cannot be read; its call is parked no more'),
    );
  }

  changed(slot: string, parked: Slot | undefined): void {
    if (parked === undefined) this.#store.remove('parked', slot);
    else this.#store.changed('parked', slot, () => bytesOf(VERSION, parked));
  }
}
