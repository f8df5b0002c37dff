/**
 * lmdb-disk: one directory on lmdb. Copy-on-write pages and one transaction a batch: after kill -9 the file is as it was after
 * some batch, never in between. Writing happens on a thread of lmdb's own. Does not know what the bytes mean.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RootDatabase } from 'lmdb';
import { StoreFailed } from './store-failed.js';
import type { Change, Disk, Shelf } from './disk.js';
import { makeFolder } from '#kit/make-folder.js';

/** Keys sort by bytes, so a shelf is everything between its name with a slash and its name with what follows the slash. */
const BEHIND_SLASH = '0';

/** It is there until the store has been read and written once: who finds it there was ended before that. */
const OPENING = 'opening';
const LOOK_MS = 60_000;
/** What becomes of who reads or writes a damaged file. */
const OF_DAMAGE: readonly (NodeJS.Signals | null)[] = ['SIGBUS', 'SIGSEGV', 'SIGABRT', 'SIGILL', 'SIGFPE'];

/** @throws StoreFailed: whoever reads this store dies of it (a signal), and a supervisor would start us again and again. */
function mustBeSound(folder: string): void {
  const looked = spawnSync(process.execPath, [fileURLToPath(new URL('./look-through.js', import.meta.url)), folder], {
    timeout: LOOK_MS,
    stdio: 'ignore',
  });
  if (looked.error === undefined && OF_DAMAGE.includes(looked.signal))
    throw new StoreFailed(
      `the store in ${folder} is damaged (reading it ends with ${looked.signal ?? ''}); move it away to start without it`,
    );
}

/** Where that cannot be written, on a full disk for one, a damaged store is met without a word. */
function mark(opening: string): void {
  try {
    writeFileSync(opening, '');
  } catch {
    return;
  }
}

export class LmdbDisk implements Disk {
  readonly #db: RootDatabase<Uint8Array, string>;
  /** The marker; undefined: it has been taken away. */
  #opening: string | undefined;
  #closed: Promise<void> | undefined;

  private constructor(db: RootDatabase<Uint8Array, string>, opening: string) {
    this.#db = db;
    this.#opening = opening;
  }

  /** @throws StoreFailed in one clear line: no right to write there, no binary of lmdb for this machine, a file that is damaged. */
  static async open(folder: string): Promise<LmdbDisk> {
    try {
      makeFolder(folder, 0o700);
      const opening = join(folder, OPENING);
      if (existsSync(opening)) mustBeSound(folder);
      mark(opening);
      // Loaded only here: a house with `store: memory` runs on machines that lmdb has no binary for.
      const { open } = await import('lmdb');
      // noSubdir false: a dot in the folder's name would otherwise make it a file.
      const db = open<Uint8Array, string>({ path: folder, noSubdir: false, encoding: 'binary', cache: false });
      for (const { value } of db.getRange({})) void value; // each page once, so that a damaged one is met here
      return new LmdbDisk(db, opening);
    } catch (error) {
      if (error instanceof StoreFailed) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new StoreFailed(`the store in ${folder} cannot be opened (store: memory does without): ${why}`, error);
    }
  }

  *entries(shelf: Shelf): Iterable<readonly [string, Uint8Array]> {
    const from = `${shelf}/`;
    for (const { key, value } of this.#db.getRange({ start: from, end: `${shelf}${BEHIND_SLASH}` }))
      yield [key.slice(from.length), value];
  }

  /** @throws StoreFailed: no space left, for one. Nothing of the batch is there then. */
  async commit(batch: readonly Change[]): Promise<void> {
    try {
      await this.#db.batch(() => {
        for (const { shelf, key, bytes } of batch) {
          const name = `${shelf}/${key}`;
          // Each has a promise of its own beside the one of the batch, which is listened to.
          void (bytes === undefined ? this.#db.remove(name) : this.#db.put(name, bytes)).catch(() => undefined);
        }
      });
    } catch (error) {
      throw new StoreFailed(`a batch of ${batch.length} could not be written: ${await reasonOf(error)}`, error);
    }
    // Committed outlives the process; flushed outlives the machine.
    await this.#db.flushed;
    this.#isSound();
  }

  close(): Promise<void> {
    this.#closed ??= this.#db.close().then(() => this.#isSound());
    return this.#closed;
  }

  #isSound(): void {
    if (this.#opening !== undefined) rmSync(this.#opening, { force: true });
    this.#opening = undefined;
  }
}

/** lmdb says why in a second promise, which must be listened to. */
async function reasonOf(error: unknown): Promise<string> {
  if (!(error instanceof Error)) return String(error);
  const second: unknown = 'commitError' in error ? error.commitError : undefined;
  if (!(second instanceof Promise)) return error.message;
  return second.then(
    () => error.message,
    (why: unknown) => (why instanceof Error ? why.message : String(why)),
  );
}
