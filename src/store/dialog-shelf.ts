/**
 * dialog-shelf: the engine's dialogs, and its INVITEs that ring, in a store of its own: how one becomes a record, and what the last life
 * has left. What is done with those is the engine's.
 */
import { createHash } from 'node:crypto';
import type { DialogKeeper, Keeper, KeptDialog, KeptRinging } from '#engine/dialog/keeper.js';
import type { Logger } from '#kit/log.js';
import type { Shelf } from './disk.js';
import { readLeft } from './left.js';
import { textBytesOf, textValueOf, type Migrations } from './record.js';
import { StoreFailed } from './store-failed.js';
import type { Store } from './store.js';

const VERSION = 1;
/** From version 1 to 2 and so on; one more for every change of what is kept that is not an optional field more. */
const MIGRATIONS: Migrations = [];

export const dialogShelf = (store: Store, log: Logger): DialogKeeper => new EngineShelf(store, log, 'dialogs', isDialog);

export const ringingShelf = (store: Store, log: Logger): Keeper<KeptRinging> => new EngineShelf(store, log, 'ringing', isRinging);

class EngineShelf<Kept> implements Keeper<Kept> {
  readonly #store: Store;
  readonly #log: Logger;
  readonly #shelf: Shelf;
  readonly #is: (plain: unknown) => plain is Kept;

  constructor(store: Store, log: Logger, shelf: Shelf, is: (plain: unknown) => plain is Kept) {
    this.#store = store;
    this.#log = log;
    this.#shelf = shelf;
    this.#is = is;
  }

  left(): readonly Kept[] {
    const read = (bytes: Uint8Array): Kept => {
      const plain = textValueOf(bytes, MIGRATIONS);
      if (!this.#is(plain)) throw new StoreFailed(`a record is nothing for the shelf ${this.#shelf}`);
      return plain;
    };
    return readLeft(this.#store, this.#shelf, read, (error) =>
      this.#log.error({ err: error, shelf: this.#shelf }, 'a record of the engine cannot be read and is given up'),
    ).map(([, kept]) => kept);
  }

  changed(name: string, what: () => Kept | undefined): void {
    this.#store.changed(this.#shelf, keyOf(name), () => {
      const kept = what();
      return kept === undefined ? undefined : textBytesOf(VERSION, kept);
    });
  }

  gone(name: string): void {
    this.#store.remove(this.#shelf, keyOf(name));
  }
}

/** A peer chooses its tags and Call-ID: what is too long, or no plain text, for a key is known by its digest. */
const keyOf = (name: string): string =>
  PLAIN.test(name) ? name : `sha256 ${createHash('sha256').update(name, 'latin1').digest('base64')}`;

const PLAIN = /^[\x20-\x7e]{1,300}$/;

/** The version answers for the rest: what is looked at here is that it is a dialog at all. */
const isDialog = (plain: unknown): plain is KeptDialog =>
  isRecord(plain) &&
  typeof plain['id'] === 'string' &&
  typeof plain['localCSeq'] === 'number' &&
  Array.isArray(plain['routeSet']) &&
  isRecord(plain['flow']);

const isRinging = (plain: unknown): plain is KeptRinging =>
  isRecord(plain) && (plain['kind'] === 'ours' || plain['kind'] === 'theirs') && isRecord(plain['flow']);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;
