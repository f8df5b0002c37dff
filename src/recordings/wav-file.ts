/**
 * wav-file: a WAV file that grows. Writes wait for each other and nobody waits for them; a disk that is too slow, or full, is a problem
 * that is told and ends it. What a crash left half-written is mended by `mendWav`.
 */
import { open, type FileHandle } from 'node:fs/promises';
import { dataBytesIn, wavHead } from './wav.js';

/** Pieces that wait for the disk. */
const MOST_WAITING = 40;

export class WavFile {
  readonly #file: FileHandle;
  #lane: Promise<void> = Promise.resolve();
  #waiting = 0;
  #bytes = 0;
  #problem: string | undefined;
  #finished: Promise<void> | undefined;

  /** @throws when it exists already, or the folder cannot be written. */
  static async create(path: string): Promise<WavFile> {
    const file = await open(path, 'wx', 0o640);
    try {
      await file.write(wavHead(0), 0, undefined, 0);
      return new WavFile(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Of sound, also what is still on its way to the disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Why nothing more can be written. */
  get problem(): string | undefined {
    return this.#problem;
  }

  append(sound: Buffer): void {
    if (this.#problem !== undefined || this.#finished !== undefined) return;
    if (this.#waiting >= MOST_WAITING) return void (this.#problem = 'the disk is too slow');
    const at = wavHead(0).length + this.#bytes;
    this.#bytes += sound.length;
    this.#waiting++;
    this.#lane = this.#lane.then(async () => {
      try {
        if (this.#problem === undefined) await this.#file.write(sound, 0, sound.length, at);
      } catch (error) {
        this.#problem = (error as NodeJS.ErrnoException).code ?? String(error);
      } finally {
        this.#waiting--;
      }
    });
  }

  /** Once all is written the head is; finishing twice is finishing once. */
  finish(): Promise<void> {
    return (this.#finished ??= this.#end());
  }

  async #end(): Promise<void> {
    await this.#lane;
    try {
      if (this.#problem !== undefined) this.#bytes = dataBytesIn((await this.#file.stat()).size);
      await this.#file.write(wavHead(this.#bytes), 0, undefined, 0);
    } catch (error) {
      this.#problem ??= (error as NodeJS.ErrnoException).code ?? String(error);
    } finally {
      await this.#file.close().catch(() => undefined);
    }
  }
}

/** @returns the bytes of sound in it, which its head says from now on. @throws when there is no such file. */
export async function mendWav(path: string): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const bytes = dataBytesIn((await file.stat()).size);
    await file.truncate(wavHead(0).length + bytes);
    await file.write(wavHead(bytes), 0, undefined, 0);
    return bytes;
  } finally {
    await file.close();
  }
}
