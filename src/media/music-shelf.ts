/**
 * music-shelf: music as it is shown, brought and taken away over HTTP. A file that is brought becomes visible when it has been decoded, not
 * before; what it is called never says where it lies.
 */
import { copyFile, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MUSIC_CLASS } from '#kit/config-schema.js';
import type { Config } from '#kit/config.js';
import { BadRequest, BodyTooLarge, Busy, MediaFailed, MusicFull, MusicNotFound } from '#kit/errors.js';
import { word } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import { makeFolder } from '#kit/make-folder.js';
import type { MusicCache } from './music-cache.js';
import { isMusicName, type MusicFileFacts } from './music-folder.js';
import type { MusicLibrary } from './music-library.js';
import type { Order } from './playlist.js';

export type MusicClassFacts = Readonly<{
  name: string;
  order: Order;
  files: readonly MusicFileFacts[];
  problems: readonly string[];
}>;
export type MusicBrought = Readonly<{ class: string; name: string; seconds: number; replaced: boolean }>;

export type ShelfDeps = Readonly<{
  library: MusicLibrary;
  cache: MusicCache;
  limits: Config['music']['limits'];
  log: Logger;
}>;

const CLASS_NAME = new RegExp(MUSIC_CLASS);
const LONGEST_NAME = 100;
/** Each is a program that computes. */
const AT_ONCE = 2;

export class MusicShelf {
  readonly #deps: ShelfDeps;
  #bringing = 0;

  constructor(deps: ShelfDeps) {
    this.#deps = deps;
  }

  /** Classes that were asked for lately and have nothing to play. */
  missing(): readonly string[] {
    return this.#deps.library.missed;
  }

  list(): readonly MusicClassFacts[] {
    return this.#deps.library.classes.map(({ options, files, problems }) => ({
      name: options.name,
      order: options.order,
      files,
      problems,
    }));
  }

  /**
   * @param name as the sender calls it; what no file name should have is left out.
   * @throws BadRequest when ffmpeg cannot read it or it is too long, BodyTooLarge, MusicFull, Busy
   */
  async bring(className: string, name: string | undefined, body: AsyncIterable<Uint8Array>): Promise<MusicBrought> {
    const path = this.#placeFor(className);
    const fileName = name === undefined ? `${word(12)}.audio` : cleanName(name);
    const replaced = this.#has(className, fileName);
    if (!replaced && this.#filesOf(className).length >= this.#deps.limits.maxFiles)
      throw new MusicFull(`class ${className} has ${this.#deps.limits.maxFiles} files already (music.limits.maxFiles)`);
    if (this.#bringing >= AT_ONCE) throw new Busy('other music is being decoded', 10);
    this.#bringing++;
    const waiting = join(this.#deps.cache.folder, `upload-${word(16)}.part`);
    try {
      await this.#save(body, waiting);
      const seconds = await this.#decode(waiting, fileName);
      await this.#show(waiting, path, fileName);
      await this.#deps.library.added(className, fileName);
      return { class: className, name: fileName, seconds, replaced };
    } finally {
      this.#bringing--;
      await rm(waiting, { force: true });
    }
  }

  /** Whoever hears it now hears it to its end. @throws MusicNotFound */
  async takeAway(className: string, name: string): Promise<void> {
    const folder = this.#deps.library.classes.find(({ options }) => options.name === className);
    if (folder === undefined || !this.#has(className, name)) throw new MusicNotFound(className, name);
    await rm(join(folder.options.path, name), { force: true }).catch((error: unknown) => {
      throw new MediaFailed(`${name} cannot be taken away: ${reasonOf(error)}`, error);
    });
    folder.forget(name);
  }

  #placeFor(className: string): string {
    if (!CLASS_NAME.test(className))
      throw new BadRequest('class', `class: found ${className.slice(0, 80)}, expected ${MUSIC_CLASS}`);
    const path = this.#deps.library.folderOf(className);
    if (path !== undefined) return path;
    throw new MusicFull(`there are ${this.#deps.limits.maxClasses} classes already (music.limits.maxClasses)`);
  }

  async #save(body: AsyncIterable<Uint8Array>, path: string): Promise<void> {
    const { maxUploadBytes } = this.#deps.limits;
    const file = await open(path, 'wx');
    let bytes = 0;
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > maxUploadBytes) throw new BodyTooLarge(maxUploadBytes);
        await file.write(chunk);
      }
    } finally {
      await file.close();
    }
  }

  async #decode(path: string, name: string): Promise<number> {
    const { cache, limits } = this.#deps;
    const made = await cache.ofFile(path, name, limits.maxSeconds);
    if ('problem' in made) throw new BadRequest('body', `${name} cannot be played: ${made.problem}`);
    if (made.cut) throw new BadRequest('body', `${name} is longer than ${limits.maxSeconds} s (music.limits.maxSeconds)`);
    return made.piece.ms / 1000;
  }

  /** The cache may be another file system, so it is copied under a hidden name first. */
  async #show(from: string, folder: string, name: string): Promise<void> {
    const hidden = join(folder, `.${name}.part`);
    try {
      makeFolder(folder, 0o755);
      await copyFile(from, hidden);
      await rename(hidden, join(folder, name));
    } catch (error) {
      await rm(hidden, { force: true }).catch(() => undefined);
      this.#deps.log.error({ err: error, folder }, 'uploaded music cannot be kept');
      throw new MediaFailed(`the folder of the class cannot be written: ${reasonOf(error)}`, error);
    }
  }

  #filesOf(className: string): readonly MusicFileFacts[] {
    return this.#deps.library.classes.find(({ options }) => options.name === className)?.files ?? [];
  }

  #has(className: string, name: string): boolean {
    return this.#filesOf(className).some((file) => file.name === name);
  }
}

/** The last part of a path, in letters that every file system has. @throws BadRequest when nothing is left of it */
function cleanName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last
    .replace(/[^0-9A-Za-z._ -]/g, '_')
    .replace(/^[. ]+/, '')
    .trim();
  // The end says what it is, so it is kept.
  const short = clean.length <= LONGEST_NAME ? clean : clean.slice(clean.length - LONGEST_NAME);
  if (short === '' || !isMusicName(short))
    throw new BadRequest('name', `name: found ${JSON.stringify(name).slice(0, 80)}, expected the name of a file of music`);
  return short;
}

const reasonOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'unknown';
