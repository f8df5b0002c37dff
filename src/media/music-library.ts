/**
 * music-library: every class of music there is, read from its folders and kept up to date. There is always something to play; what went
 * wrong is listed for /health.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Announcement } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { MUSIC_CLASS } from '#kit/config-schema.js';
import type { Config } from '#kit/config.js';
import { forgetOldest } from '#kit/forget-oldest.js';
import type { Logger } from '#kit/log.js';
import { COMPOSITION, composeMusic } from './compose-music.js';
import { FolderWatch } from './folder-watch.js';
import { writeMatroska } from './matroska.js';
import type { MusicCache } from './music-cache.js';
import { MusicFolder } from './music-folder.js';
import type { Piece } from './piece.js';
import type { Playlist } from './playlist.js';
import { beep, chime, ringback } from './tones.js';

export type LibraryOptions = Readonly<{
  config: Pick<Config, 'folder' | 'music'>;
  cache: MusicCache;
  clock: Clock;
  log: Logger;
}>;

export type ClassMusic = Readonly<{ playlist: Playlist; announcement: Announcement | undefined }>;

export const DEFAULT_CLASS = 'default';
/** Changes that nobody tells us of (network drives do not) are seen after so long. */
const RESCAN_MS = 30_000;
/** So many names that no class has are remembered for /health, those that were asked for last. */
const MISSED_LIMIT = 20;
/** A name that nobody asks for any more was one request's mistake, and nothing that is wrong with the house. */
const MISSED_MS = 600_000;
const MUSIC_NAME = new RegExp(MUSIC_CLASS);

export class MusicLibrary {
  readonly ringback: Piece;
  readonly beep: Piece;
  /** The chime as bytes, for an rtpengine that cannot open our files. */
  readonly standIn = writeMatroska(chime());
  readonly #options: LibraryOptions;
  readonly #shipped: Playlist;
  readonly #watch: FolderWatch;
  readonly #classes = new Map<string, MusicFolder>();
  /** When each was asked for last. */
  readonly #missed = new Map<string, number>();
  #tooMany: string | undefined;
  #scan: Promise<void> | undefined;
  #again = false;
  #timer: Timer | undefined;
  #closed = false;

  /** Comes back as soon as class `default` can be played; the rest is read meanwhile. */
  static async open(options: LibraryOptions): Promise<MusicLibrary> {
    const library = new MusicLibrary(options, await makeOurs(options.cache));
    await new Promise<void>((ready) => void library.rescan(ready));
    return library;
  }

  private constructor(options: LibraryOptions, made: Ours) {
    this.#options = options;
    this.#shipped = { pieces: [made.shipped], order: 'in-order' };
    this.ringback = made.ringback;
    this.beep = made.beep;
    this.#watch = new FolderWatch(options.clock, () => void this.rescan());
  }

  /** What a class is heard as: one that is not known, or has nothing that can be played, as `default`. */
  musicOf(name: string): ClassMusic {
    const playlist = this.#classes.get(name)?.playlist;
    if (playlist !== undefined) return { playlist, announcement: this.#announcementOf(name) };
    if (name !== DEFAULT_CLASS) this.#misses(name);
    return { playlist: this.#default, announcement: this.#announcementOf(name) };
  }

  /** The piece a first listener of `default` hears. */
  get first(): Piece {
    return this.#default.pieces[0];
  }

  get classes(): readonly MusicFolder[] {
    return [...this.#classes.values()];
  }

  /** Where a class keeps its files, also one that does not exist yet. @returns undefined: there is room for no other class. */
  folderOf(name: string): string | undefined {
    const full = this.#classes.size >= this.#options.config.music.limits.maxClasses;
    return this.#classes.has(name) || !full ? this.#pathOf(name) : undefined;
  }

  /** `files`: what the configuration asks for. `generated-tone`: it cannot be played, and music of ours stands in. */
  get source(): 'files' | 'generated-tone' {
    const folder = this.#classes.get(DEFAULT_CLASS);
    return folder !== undefined && folder.files.length > 0 && folder.playlist === undefined ? 'generated-tone' : 'files';
  }

  get problems(): readonly string[] {
    return [
      ...this.#options.cache.problems,
      ...(this.#tooMany === undefined ? [] : [this.#tooMany]),
      ...this.classes.flatMap((folder) => folder.problems),
      ...this.missed.map((name) => `music class ${name} is asked for and has nothing to play; default is played`),
    ];
  }

  /** Classes that were asked for lately, and have nothing to play. */
  get missed(): readonly string[] {
    const since = this.#options.clock.now() - MISSED_MS;
    return [...this.#missed].flatMap(([name, at]) =>
      at >= since && this.#classes.get(name)?.playlist === undefined ? [name] : [],
    );
  }

  /** A file has come, and can be played at once: nobody waits for whatever else is being read. */
  async added(className: string, name: string): Promise<void> {
    const folder = this.#classes.get(className) ?? this.#newFolder(className);
    this.#classes.set(className, folder);
    await folder.readOne(name, this.#options.cache);
  }

  /**
   * Looks at every folder again; asked while it looks, it looks once more.
   * @param ready called when class `default` is known as far as it can be played.
   */
  rescan(ready: () => void = () => undefined): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#scan !== undefined) {
      this.#again = true;
      return this.#scan;
    }
    this.#timer?.cancel();
    this.#scan = this.#scanAll(ready).finally(() => {
      this.#scan = undefined;
      if (!this.#closed) this.#timer = this.#options.clock.after('music rescan', RESCAN_MS, () => void this.rescan());
    });
    return this.#scan;
  }

  /** Closing twice is closing once. What is being transcoded comes to its end. */
  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
    this.#watch.close();
  }

  #misses(name: string): void {
    this.#missed.delete(name);
    this.#missed.set(name, this.#options.clock.now());
    forgetOldest(this.#missed, MISSED_LIMIT);
  }

  async #scanAll(ready: () => void): Promise<void> {
    const { cache, log } = this.#options;
    do {
      this.#again = false;
      // Somebody may have emptied the cache: what was made is made again, as what was read is read again below.
      await makeOurs(cache).catch((error: unknown) => log.error({ err: error }, 'the music that ships could not be written'));
      const names = await this.#names();
      for (const [name, { options }] of this.#classes) {
        // One that was brought over HTTP while the names were read is there all the same.
        if (!names.includes(name) && !existsSync(options.path)) this.#classes.delete(name);
      }
      for (const name of names) {
        if (this.#closed) break;
        const folder = this.#classes.get(name) ?? this.#newFolder(name);
        this.#classes.set(name, folder);
        // Nobody waits for the second file.
        const readyYet = (): void => (folder.playlist === undefined ? undefined : ready());
        await folder.read(cache, name === DEFAULT_CLASS ? readyYet : () => undefined).catch((error: unknown) => {
          log.error({ err: error, class: name }, 'a class of music could not be read');
        });
        ready();
      }
      this.#watch.look([this.#root, ...this.classes.map(({ options }) => options.path)]);
    } while (this.#again && !this.#closed);
    log.debug({ classes: this.#classes.size }, 'music was read');
    ready();
  }

  /** `default` first: nobody is served before it is there. */
  async #names(): Promise<string[]> {
    const { classes, limits } = this.#options.config.music;
    const entries = await readdir(this.#root, { withFileTypes: true }).catch(() => []);
    const found = entries.filter((entry) => !entry.isFile() && MUSIC_NAME.test(entry.name)).map(({ name }) => name);
    const names = [...new Set([DEFAULT_CLASS, ...Object.keys(classes), ...found.sort()])];
    const left = names.slice(limits.maxClasses);
    const more = `${names.length} classes of music; ${left.join(', ').slice(0, 200)} left out (music.limits.maxClasses)`;
    this.#tooMany = left.length === 0 ? undefined : more;
    return names.slice(0, limits.maxClasses);
  }

  #newFolder(name: string): MusicFolder {
    const { classes, limits } = this.#options.config.music;
    const order = classes[name]?.order ?? 'in-order';
    return new MusicFolder({ name, path: this.#pathOf(name), order, announcement: this.#announcementOf(name), limits });
  }

  #pathOf(name: string): string {
    const { folder, music } = this.#options.config;
    const named = music.classes[name]?.folder ?? (name === DEFAULT_CLASS ? music.default : undefined);
    return named === undefined ? join(this.#root, name) : resolve(folder, named);
  }

  #announcementOf(name: string): Announcement | undefined {
    const written = this.#options.config.music.classes[name]?.announcement;
    if (written === undefined) return undefined;
    const { prompt, text = '', everySeconds } = written;
    return { prompt: prompt === undefined ? { text } : { name: prompt }, everySeconds };
  }

  get #root(): string {
    return join(this.#options.config.folder, 'music');
  }

  get #default(): Playlist {
    return this.#classes.get(DEFAULT_CLASS)?.playlist ?? this.#shipped;
  }
}

type Ours = Readonly<{ shipped: Piece; ringback: Piece; beep: Piece }>;

/** Files of our own composing; those that are there are left as they are. @throws Error: nothing can be written there. */
async function makeOurs(cache: MusicCache): Promise<Ours> {
  await cache.makeHead();
  return {
    shipped: await cache.ofSamples('shipped', COMPOSITION, composeMusic),
    ringback: await cache.ofSamples('ringback', 'ringback-1', ringback),
    beep: await cache.ofSamples('beep', 'beep-1', beep),
  };
}
