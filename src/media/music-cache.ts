/**
 * music-cache: files in the form rtpengine plays, made once and found again by their content. Knows no classes.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import { makeFolder } from '#kit/make-folder.js';
import { fileMs, matroskaHead, writeMatroska } from './matroska.js';
import type { Piece } from './piece.js';
import { transcode } from './transcode.js';

export type Made = Readonly<{ piece: Piece; cut: boolean }> | Readonly<{ problem: string }>;

/** Part of every cache key: changes when the same samples would be written otherwise. */
const FORM = 'mka-s16-8000-160-10';
/** What nobody has played for so long is of files that have gone. */
const KEPT_MS = 30 * 24 * 3600 * 1000;
/** Whatever is half made and older than this was left by a process that ended. */
const UNFINISHED_MS = 3600 * 1000;

export class MusicCache {
  readonly folder: string;
  /** The head of every file of ours, as a file: put before a part of one. */
  readonly head: string;
  /** Why it is not where the configuration wants it. */
  readonly problems: readonly string[];
  readonly #ffmpeg: string | undefined;
  readonly #clock: Clock;

  /** @throws Error only when no folder of the machine takes a file. */
  static async open(config: Pick<Config, 'folder' | 'music'>, clock: Clock, ffmpeg: string | undefined): Promise<MusicCache> {
    const problems: string[] = [];
    const folder = await writableFolder(config, problems);
    const cache = new MusicCache(folder, problems, clock, ffmpeg);
    await cache.makeHead();
    await cache.prune();
    return cache;
  }

  private constructor(folder: string, problems: readonly string[], clock: Clock, ffmpeg: string | undefined) {
    this.folder = folder;
    this.head = join(folder, `head-${keyOf('head')}.mka`);
    this.problems = problems;
    this.#ffmpeg = ffmpeg;
    this.#clock = clock;
  }

  /** Where it is not there. @throws Error: nothing can be written there. */
  async makeHead(): Promise<void> {
    if (existsSync(this.head)) return;
    makeFolder(this.folder, 0o755);
    await keep(this.head, matroskaHead());
  }

  /** @param version of what `make` makes. */
  async ofSamples(name: string, version: string, make: () => Int16Array): Promise<Piece> {
    const file = join(this.folder, `${name}-${keyOf(version)}.mka`);
    const known = await this.#known(file);
    if (known === undefined) await keep(file, writeMatroska(make()));
    return { name, file, ms: known ?? fileMs((await stat(file)).size) };
  }

  /** A user's file. What was made of the same bytes before is found again, and needs no ffmpeg then. */
  async ofFile(input: string, name: string, maxSeconds: number): Promise<Made> {
    const hash = await contentKey(input, maxSeconds).catch(() => undefined);
    if (hash === undefined) return { problem: 'it cannot be read' };
    return this.ofSource('music', hash, input, name, maxSeconds);
  }

  /** @param key says what the input is; the same key is the same sound. */
  async ofSource(kind: string, key: string, input: string, name: string, maxSeconds: number): Promise<Made> {
    const file = this.pathOf(kind, key);
    const known = await this.#known(file);
    if (known !== undefined) return { piece: { name, file, ms: known }, cut: known >= maxSeconds * 1000 };
    const done = await transcode({ ffmpeg: this.#ffmpeg, input, output: file, maxSeconds, clock: this.#clock });
    return 'problem' in done ? done : { piece: { name, file, ms: done.ms }, cut: done.cut };
  }

  /** What is there already under this key. */
  async found(kind: string, key: string, name: string): Promise<Piece | undefined> {
    const file = this.pathOf(kind, key);
    const ms = await this.#known(file);
    return ms === undefined ? undefined : { name, file, ms };
  }

  pathOf(kind: string, key: string): string {
    return join(this.folder, `${kind}-${key}.mka`);
  }

  /** Files that nobody has asked for in a long time, and those that were never finished. */
  async prune(): Promise<void> {
    const now = this.#clock.now();
    for (const name of await readdir(this.folder)) {
      const path = join(this.folder, name);
      const age = now - ((await stat(path).catch(() => undefined))?.mtimeMs ?? now);
      if (age > (name.endsWith('.part') ? UNFINISHED_MS : KEPT_MS) && /^[a-z-]+-[0-9a-f]{20}|\.part$/.test(name)) {
        await rm(path, { force: true });
      }
    }
  }

  /** @returns how long it plays; undefined when it is not there. Being asked for keeps it. */
  async #known(file: string): Promise<number | undefined> {
    const facts = await stat(file).catch(() => undefined);
    if (facts === undefined) return undefined;
    const now = new Date(this.#clock.now());
    await utimes(file, now, now).catch(() => undefined); // another user's file is played all the same
    return fileMs(facts.size);
  }
}

export const keyOf = (...texts: readonly string[]): string =>
  createHash('sha256')
    .update(`${FORM}\n${texts.join('\n')}`)
    .digest('hex')
    .slice(0, 20);

async function contentKey(file: string, maxSeconds: number): Promise<string> {
  const hash = createHash('sha256').update(`${FORM}\n${maxSeconds}\n`);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex').slice(0, 20);
}

/** The configured cache, or the machine's temporary folder when nothing can be written there. */
async function writableFolder({ folder, music }: Pick<Config, 'folder' | 'music'>, problems: string[]): Promise<string> {
  const wanted = music.cache === '' ? join(folder, 'music-cache') : resolve(folder, music.cache);
  try {
    await tryToWrite(wanted);
    return wanted;
  } catch (error) {
    const instead = join(tmpdir(), `holdfast-music-${process.getuid?.() ?? 0}`);
    await tryToWrite(instead);
    problems.push(`the music cache ${wanted} cannot be written (${(error as Error).message}); ${instead} is used`);
    return instead;
  }
}

async function tryToWrite(folder: string): Promise<void> {
  makeFolder(folder, 0o755);
  const probe = join(folder, `.write-${process.pid}`);
  await writeFile(probe, '');
  await rm(probe, { force: true });
}

/** Renamed into place, so that nobody ever plays half a file. */
async function keep(path: string, bytes: Buffer): Promise<void> {
  const unfinished = `${path}.${process.pid}.part`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
}
