/**
 * number-shelf: the number of the last event in the store.
 */
import type { NumberKeeper } from '#calls/event-bus.js';
import { bytesOf, valueOf } from './record.js';
import { StoreFailed } from './store-failed.js';
import type { Store } from './store.js';

const VERSION = 1;
const KEY = 'seq';
/** More events than a kill -9 can cost the store: the last batch, and what gathered since. */
const RAISED_BY = 10_000;

export class NumberShelf implements NumberKeeper {
  readonly #store: Store;
  readonly last: number;

  /** @throws StoreFailed when the number cannot be read: one that begins again would lie to every program. */
  constructor(store: Store) {
    this.#store = store;
    let last = 0;
    for (const [key, bytes] of [...store.read('learned')]) if (key === KEY) last = numberFrom(bytes) + RAISED_BY;
    this.last = last;
    // Written before anything is told: a life that is short must not tell its numbers again.
    if (last > 0) this.changed(() => last);
  }

  changed(now: () => number): void {
    this.#store.changed('learned', KEY, () => bytesOf(VERSION, now()));
  }
}

function numberFrom(bytes: Uint8Array): number {
  const plain = valueOf(bytes, []);
  if (typeof plain !== 'number' || !Number.isSafeInteger(plain))
    throw new StoreFailed('the number of the last event cannot be read');
  return plain;
}
