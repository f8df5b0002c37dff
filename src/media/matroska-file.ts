/**
 * matroska-file: a Matroska file of ours that is written as its samples come. It appears under its name when it is whole, so that nobody
 * ever plays half a file.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { CLUSTER_MS, CLUSTER_PCM_BYTES, clusterOf, fileMs, matroskaHead } from './matroska.js';

let made = 0;

export class MatroskaFile {
  readonly #path: string;
  readonly #unfinished: string;
  readonly #handle: FileHandle;
  #waiting = Buffer.alloc(0);
  #clusters = 0;
  #bytes = 0;
  #open = true;

  static async create(path: string): Promise<MatroskaFile> {
    const unfinished = `${path}.${process.pid}-${++made}.part`;
    const file = new MatroskaFile(path, unfinished, await open(unfinished, 'w'));
    await file.#append(matroskaHead());
    return file;
  }

  private constructor(path: string, unfinished: string, handle: FileHandle) {
    this.#path = path;
    this.#unfinished = unfinished;
    this.#handle = handle;
  }

  /** @param pcm 16 bit, little endian; any number of bytes. */
  async write(pcm: Buffer): Promise<void> {
    const all = Buffer.concat([this.#waiting, pcm]);
    const clusters: Buffer[] = [];
    let at = 0;
    for (; at + CLUSTER_PCM_BYTES <= all.length; at += CLUSTER_PCM_BYTES) {
      clusters.push(clusterOf(all.subarray(at, at + CLUSTER_PCM_BYTES), this.#clusters++));
    }
    this.#waiting = all.subarray(at);
    if (clusters.length > 0) await this.#append(Buffer.concat(clusters));
  }

  /** How long it plays so far. */
  get ms(): number {
    const rest = this.#waiting.length < 2 ? 0 : (this.#waiting.length / CLUSTER_PCM_BYTES) * CLUSTER_MS;
    return this.#open ? this.#clusters * CLUSTER_MS + rest : fileMs(this.#bytes);
  }

  async finish(): Promise<void> {
    if (this.#waiting.length >= 2) await this.#append(clusterOf(this.#waiting, this.#clusters));
    this.#open = false;
    await this.#handle.close();
    await rename(this.#unfinished, this.#path);
  }

  /** Nothing is left of it; after `finish` this does nothing. */
  async discard(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.#handle.close();
    await rm(this.#unfinished, { force: true });
  }

  async #append(bytes: Buffer): Promise<void> {
    this.#bytes += bytes.length;
    await this.#handle.write(bytes);
  }
}
