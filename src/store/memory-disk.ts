/**
 * memory-disk: keeps bytes as long as somebody holds it: for tests, where a "restart" is a second store on the same one.
 */
import type { Change, Disk, Shelf } from './disk.js';

export class MemoryDisk implements Disk {
  readonly #shelves = new Map<Shelf, Map<string, Uint8Array>>();

  entries(shelf: Shelf): Iterable<readonly [string, Uint8Array]> {
    return [...this.#of(shelf)];
  }

  commit(batch: readonly Change[]): Promise<void> {
    for (const { shelf, key, bytes } of batch) {
      if (bytes === undefined) this.#of(shelf).delete(key);
      else this.#of(shelf).set(key, bytes);
    }
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #of(shelf: Shelf): Map<string, Uint8Array> {
    const found = this.#shelves.get(shelf) ?? new Map<string, Uint8Array>();
    this.#shelves.set(shelf, found);
    return found;
  }
}
