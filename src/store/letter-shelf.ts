/**
 * letter-shelf: unsent webhooks in the store: letters, dead letters, and the webhooks that were added over the API. When a letter leaves is
 * the courier's.
 */
import type { DeadLetter, HookWish, KeptLetter, KeptPost, Letter, LetterKeeper } from '#http/webhooks/letter-keeper.js';
import type { Logger } from '#kit/log.js';
import { readLeft } from './left.js';
import { bytesOf, valueOf, type Migrations } from './record.js';
import { StoreFailed } from './store-failed.js';
import type { Store } from './store.js';

const VERSION = 1;
const MIGRATIONS: Migrations = [];

type Kept =
  | Readonly<{ kind: 'letter'; webhook: string; letter: Letter }>
  | Readonly<{ kind: 'dead'; dead: DeadLetter }>
  | Readonly<{ kind: 'last-dead'; id: number }>
  | Readonly<{ kind: 'hook'; wish: HookWish }>;

export class LetterShelf implements LetterKeeper {
  readonly #store: Store;
  readonly #log: Logger;

  constructor(store: Store, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Letters by number, which is the order they were written in; so are the dead. */
  left(): KeptPost {
    const hooks: HookWish[] = [];
    const letters: KeptLetter[] = [];
    const dead: DeadLetter[] = [];
    let lastDead = 0;
    const unreadable = (error: unknown): void =>
      this.#log.error({ err: error }, 'a stored webhook event cannot be read and is given up');
    for (const [, kept] of readLeft(this.#store, 'webhooks', keptFrom, unreadable)) {
      if (kept.kind === 'hook') hooks.push(kept.wish);
      else if (kept.kind === 'dead') dead.push(kept.dead);
      else if (kept.kind === 'last-dead') lastDead = kept.id;
      else letters.push(kept);
    }
    letters.sort((one, other) => one.letter.seq - other.letter.seq);
    dead.sort((one, other) => one.id - other.id);
    return { hooks, letters, dead, lastDead };
  }

  letter(webhook: string, seq: number, letter: Letter | undefined): void {
    this.#put(`letter ${webhook} ${seq}`, letter === undefined ? undefined : { kind: 'letter', webhook, letter });
  }

  dead(id: number, dead: DeadLetter | undefined): void {
    this.#put(`dead ${id}`, dead === undefined ? undefined : { kind: 'dead', dead });
    if (dead !== undefined) this.#put('last-dead', { kind: 'last-dead', id });
  }

  hook(name: string, wish: HookWish | undefined): void {
    this.#put(`hook ${name}`, wish === undefined ? undefined : { kind: 'hook', wish });
  }

  #put(key: string, kept: Kept | undefined): void {
    if (kept === undefined) this.#store.remove('webhooks', key);
    else this.#store.changed('webhooks', key, () => bytesOf(VERSION, kept));
  }
}

/** @throws StoreFailed */
function keptFrom(bytes: Uint8Array): Kept {
  const plain = valueOf(bytes, MIGRATIONS);
  if (typeof plain !== 'object' || plain === null || !('kind' in plain)) throw new StoreFailed('a record is no letter');
  const body = { letter: 'letter', dead: 'dead', 'last-dead': 'id', hook: 'wish' }[String(plain.kind)];
  if (body === undefined || !(body in plain)) throw new StoreFailed('a record is no letter');
  return plain as Kept;
}
