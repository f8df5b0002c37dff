/**
 * music-library: which file a held party hears and which one a waiting caller. Makes them once, in the form rtpengine plays
 * evenly, and keeps them in a cache by content. There is always something to play; what went wrong is listed for /health.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Clock } from '#kit/clock.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';
import { COMPOSITION, composeMusic } from './compose-music.js';
import { decodeAudio, LONGEST_SECONDS } from './decode-audio.js';
import { SAMPLE_RATE, writeMatroska } from './matroska.js';
import { chime, ringback } from './tones.js';

export type MusicLibrary = Readonly<{
  music: string;
  ringback: string;
  /** The chime as bytes, for an rtpengine that cannot open our files. */
  standIn: Buffer;
  /** `files`: what the configuration asks for. `generated-tone`: it cannot be played, and something of ours stands in. */
  source: 'files' | 'generated-tone';
  problems: readonly string[];
}>;

export type LibraryOptions = Readonly<{
  config: Pick<Config, 'folder' | 'music'>;
  clock: Clock;
  log: Logger;
  /** Undefined: not installed. */
  ffmpeg?: string | undefined;
}>;

/** Part of every cache key: changes when the same samples would be written otherwise. */
const FORM = 'mka-s16-8000-160';

/** @throws Error only when no folder of the machine takes a file. */
export async function openMusicLibrary(options: LibraryOptions): Promise<MusicLibrary> {
  const problems: string[] = [];
  const cache = await writableFolder(options.config, problems);
  const folder = resolve(options.config.folder, options.config.music.default);
  const files = await filesIn(folder, problems);
  const own = files.length > 0 ? await ownMusic(options, cache, files, problems) : undefined;
  const music = own ?? (await cached(cache, `shipped-${keyOf(COMPOSITION)}`, composeMusic));
  const library: MusicLibrary = {
    music,
    ringback: await cached(cache, `ringback-${keyOf('ringback-1')}`, ringback),
    standIn: writeMatroska(chime()),
    source: files.length > 0 && own === undefined ? 'generated-tone' : 'files',
    problems,
  };
  options.log.info({ music, files: files.length, source: library.source }, 'music is ready');
  return library;
}

/** All files of the folder, one after the other in the order of their names. */
async function ownMusic(
  { clock, ffmpeg }: LibraryOptions,
  cache: string,
  files: readonly string[],
  problems: string[],
): Promise<string | undefined> {
  const hash = createHash('sha256').update(FORM);
  for (const file of files) {
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    hash.update(`${content.length}\n`).update(content);
  }
  const name = join(cache, `default-${hash.digest('hex').slice(0, 20)}`);
  const path = `${name}.mka`;
  if (existsSync(path)) return path;
  if (ffmpeg === undefined) {
    problems.push(`ffmpeg is not installed, so the ${files.length} file(s) of music are not played; the music of Holdfast is`);
    return undefined;
  }
  const parts: Int16Array[] = [];
  const broken: string[] = [];
  for (const file of files) {
    const decoded = await decodeAudio(ffmpeg, file, clock);
    if ('samples' in decoded) parts.push(decoded.samples);
    else broken.push(`${file} is not played: ${decoded.problem}`);
  }
  problems.push(...broken);
  if (parts.length === 0) return undefined;
  const samples = joined(parts);
  if (samples.length === LONGEST_SECONDS * SAMPLE_RATE)
    problems.push(`only the first ${LONGEST_SECONDS} s of the music are played`);
  // With a file left out it is not what its key says: the next start tries again.
  return keep(broken.length > 0 ? `${name}-partial.mka` : path, samples);
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const total = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Int16Array(Math.min(total, LONGEST_SECONDS * SAMPLE_RATE));
  let at = 0;
  for (const part of parts) {
    const fits = part.subarray(0, all.length - at);
    all.set(fits, at);
    at += fits.length;
  }
  return all;
}

async function filesIn(folder: string, problems: string[]): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // Hidden files are notes of other programs; a read-me may lie beside the music.
    const files = entries.filter((entry) => !entry.isDirectory() && !/^\.|\.(md|txt)$/i.test(entry.name));
    return files.map((entry) => join(folder, entry.name)).sort();
  } catch (error) {
    // No folder is the normal case of a first run: the music that ships is played.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      problems.push(`${folder} cannot be read: ${(error as Error).message}`);
    return [];
  }
}

/** The configured cache, or the machine's temporary folder when nothing can be written there. */
async function writableFolder({ folder, music }: LibraryOptions['config'], problems: string[]): Promise<string> {
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
  await mkdir(folder, { recursive: true });
  const probe = join(folder, `.write-${process.pid}`);
  await writeFile(probe, '');
  await rm(probe, { force: true });
}

async function cached(folder: string, name: string, make: () => Int16Array): Promise<string> {
  const path = join(folder, `${name}.mka`);
  return existsSync(path) ? path : keep(path, make());
}

/** Renamed into place, so that nobody ever plays half a file. */
async function keep(path: string, samples: Int16Array): Promise<string> {
  const unfinished = `${path}.${process.pid}.part`;
  await writeFile(unfinished, writeMatroska(samples));
  await rename(unfinished, path);
  return path;
}

const keyOf = (text: string): string => createHash('sha256').update(FORM).update(text).digest('hex').slice(0, 20);
