/**
 * shelf: the recordings in the folder: `<id>.wav` or `<id>.mp3`, and `<id>.json` with what is known of it. When there is no more room the
 * oldest goes. At the start it mends what a crash left half-written.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '#kit/log.js';
import { makeFolder } from '#kit/make-folder.js';
import { readFacts, RECORDING_ID, type RecordingFacts } from './facts.js';
import { BYTES_PER_SECOND } from './wav.js';
import { mendWav } from './wav-file.js';

export type ShelfOptions = Readonly<{ folder: string; maxBytes: number; maxFiles: number; log: Logger }>;

const IS_ID = new RegExp(RECORDING_ID);

export class Shelf {
  readonly #options: ShelfOptions;
  /** In the order they began. */
  readonly #all = new Map<string, RecordingFacts>();

  /** A folder that cannot be read, or made, is an empty one: recordings are refused when they begin. */
  static async open(options: ShelfOptions): Promise<Shelf> {
    const shelf = new Shelf(options);
    try {
      makeFolder(options.folder, 0o750);
      await shelf.#scan();
      await shelf.makeRoom(0);
    } catch (error) {
      options.log.warn({ err: error, folder: options.folder }, 'the folder of recordings cannot be read');
    }
    return shelf;
  }

  private constructor(options: ShelfOptions) {
    this.#options = options;
  }

  /** Newest first. */
  list(): readonly RecordingFacts[] {
    return [...this.#all.values()].reverse();
  }

  get(id: string): RecordingFacts | undefined {
    return this.#all.get(id);
  }

  pathOf({ id, format }: Pick<RecordingFacts, 'id' | 'format'>): string {
    return join(this.#options.folder, `${id}.${format}`);
  }

  /** Keeps what is known of it: whole, or as it was before. */
  async put(facts: RecordingFacts): Promise<void> {
    this.#all.set(facts.id, facts);
    const path = join(this.#options.folder, `${facts.id}.json`);
    await writeFile(`${path}.part`, `${JSON.stringify(facts)}\n`, { mode: 0o640 });
    await rename(`${path}.part`, path);
  }

  /** The sound, what is known of it, and what a conversion may have left. */
  async remove(id: string): Promise<void> {
    if (!IS_ID.test(id) || !this.#all.delete(id)) return;
    const names = ['wav', 'mp3', 'mp3.part', 'json.part', 'json'].map((end) => join(this.#options.folder, `${id}.${end}`));
    await Promise.all(names.map((name) => rm(name, { force: true })));
  }

  /**
   * The oldest that are completed go until the rest, and those that grow, are within the limits.
   * @param growing bytes of recordings that go on.
   * @returns false: what grows is too much by itself.
   */
  async makeRoom(growing: number, newFiles = 0): Promise<boolean> {
    const { maxBytes, maxFiles, log } = this.#options;
    let bytes = growing + sum([...this.#all.values()].filter(isCompleted));
    let files = this.#all.size + newFiles;
    for (const facts of [...this.#all.values()].filter(isCompleted)) {
      if (bytes <= maxBytes && files <= maxFiles) return true;
      bytes -= facts.bytes;
      files--;
      log.info({ recordingId: facts.id, startedAt: facts.startedAt }, 'the oldest recording makes room');
      await this.remove(facts.id);
    }
    return bytes <= maxBytes && files <= maxFiles;
  }

  async #scan(): Promise<void> {
    const { folder, log } = this.#options;
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && IS_ID.test(name.slice(0, -5)));
    const found = names.flatMap((name) => {
      const facts = readFacts(readFileSync(join(folder, name), 'utf8'));
      return facts === undefined || `${facts.id}.json` !== name ? [] : [facts];
    });
    for (const facts of found.sort((a, b) => a.startedAt.localeCompare(b.startedAt))) {
      try {
        this.#all.set(facts.id, facts);
        if (!isCompleted(facts)) await this.put(await this.#mend(facts));
        else await stat(this.pathOf(facts));
      } catch (error) {
        this.#all.delete(facts.id);
        log.warn({ err: error, recordingId: facts.id }, 'a recording has no sound any more');
      }
    }
  }

  /**
   * The program died while it went on, or while it was made MP3, or nothing could be written of it: the WAV is there up to the last half
   * second, and an MP3 that nothing knows of goes.
   */
  async #mend(facts: RecordingFacts): Promise<RecordingFacts> {
    const wav = { ...facts, format: 'wav' as const };
    const bytes = await mendWav(this.pathOf(wav));
    const seconds = bytes / BYTES_PER_SECOND;
    const size = (await stat(this.pathOf(wav))).size;
    await rm(this.pathOf({ ...facts, format: 'mp3' }), { force: true });
    this.#options.log.warn({ recordingId: facts.id, seconds }, 'a recording was broken off and has been mended');
    return { ...wav, state: 'completed', seconds, bytes: size, problem: 'the program ended while it went on' };
  }
}

const isCompleted = ({ state }: RecordingFacts): boolean => state === 'completed';
const sum = (all: readonly RecordingFacts[]): number => all.reduce((total, { bytes }) => total + bytes, 0);
