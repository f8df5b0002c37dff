/**
 * music-folder: one class of music: its folder, what of it can be played, and what is wrong with the rest. Asked again, it looks at what
 * has changed only.
 */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Announcement } from '#calls/ports.js';
import type { MusicCache } from './music-cache.js';
import type { Piece } from './piece.js';
import type { Order, Playlist } from './playlist.js';

export type FolderOptions = Readonly<{
  name: string;
  path: string;
  order: Order;
  announcement: Announcement | undefined;
  limits: Readonly<{ maxSeconds: number; maxFiles: number }>;
}>;

/** `stamp` changes when the file does. */
type Entry = Readonly<{ stamp: string; piece?: Piece; problem?: string }>;
export type MusicFileFacts = Readonly<{ name: string; seconds?: number; problem?: string }>;

export class MusicFolder {
  readonly options: FolderOptions;
  #entries = new Map<string, Entry>();
  #problem: string | undefined;

  constructor(options: FolderOptions) {
    this.options = options;
  }

  /** @param onPiece after each file: a class can be played as soon as it has one. */
  async read(cache: MusicCache, onPiece: () => void): Promise<void> {
    const { path, limits } = this.options;
    const names = await this.#names();
    const wanted = names.slice(0, limits.maxFiles);
    for (const gone of [...this.#entries.keys()].filter((name) => !wanted.includes(name))) this.#entries.delete(gone);
    for (const name of wanted) {
      if (await this.readOne(name, cache)) onPiece();
    }
    if (names.length > wanted.length) {
      this.#problem = `${path} has ${names.length} files; the first ${limits.maxFiles} (music.limits.maxFiles) are played`;
    }
  }

  /** @returns whether it has changed. */
  async readOne(name: string, cache: MusicCache): Promise<boolean> {
    const stamp = await stampOf(join(this.options.path, name));
    const known = this.#entries.get(name);
    if (known?.stamp === stamp && (known.piece === undefined || existsSync(known.piece.file))) return false;
    this.#entries.set(name, { stamp, ...(await this.#made(name, cache)) });
    return true;
  }

  forget(name: string): void {
    this.#entries.delete(name);
  }

  get files(): readonly MusicFileFacts[] {
    return [...this.#entries].sort(byName).map(([name, { piece, problem }]) => ({
      name,
      ...(piece === undefined ? {} : { seconds: piece.ms / 1000 }),
      ...(problem === undefined ? {} : { problem }),
    }));
  }

  /** Undefined: nothing of it can be played. */
  get playlist(): Playlist | undefined {
    const entries = [...this.#entries].sort(byName);
    const [first, ...rest] = entries.flatMap(([, { piece }]) => (piece === undefined ? [] : [piece]));
    return first === undefined ? undefined : { pieces: [first, ...rest], order: this.options.order };
  }

  get problems(): readonly string[] {
    const ofFiles = this.files.flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`${join(this.options.path, name)} ${problem}`],
    );
    return [...(this.#problem === undefined ? [] : [this.#problem]), ...ofFiles];
  }

  async #made(name: string, cache: MusicCache): Promise<Omit<Entry, 'stamp'>> {
    const { path, limits } = this.options;
    const made = await cache.ofFile(join(path, name), name, limits.maxSeconds);
    if ('problem' in made) return { problem: `is not played: ${made.problem}` };
    return {
      piece: made.piece,
      ...(made.cut ? { problem: `is played for its first ${limits.maxSeconds} s only (music.limits.maxSeconds)` } : {}),
    };
  }

  async #names(): Promise<string[]> {
    this.#problem = undefined;
    try {
      const entries = await readdir(this.options.path, { withFileTypes: true });
      return entries
        .filter((entry) => !entry.isDirectory() && isMusicName(entry.name))
        .map(({ name }) => name)
        .sort();
    } catch (error) {
      // No folder is the normal case of a first run: the music that ships is played.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#problem = `${this.options.path} cannot be read: ${(error as Error).message}`;
      return [];
    }
  }
}

/** Hidden files are notes of other programs, or not whole yet; a read-me may lie beside the music. */
export const isMusicName = (name: string): boolean => !/^\.|\.(md|txt|part)$/i.test(name);

async function stampOf(file: string): Promise<string> {
  const facts = await stat(file).catch(() => undefined);
  return facts === undefined ? 'gone' : `${facts.size} ${facts.mtimeMs} ${facts.ino}`;
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);
