/**
 * left: what the last life has left on a shelf. What cannot be read is taken away, and its owner says so in the log: it would come back at
 * every start.
 */
import type { Shelf } from './disk.js';
import type { Store } from './store.js';

/** @param read may throw. */
export function readLeft<Kept>(
  store: Store,
  shelf: Shelf,
  read: (bytes: Uint8Array, key: string) => Kept,
  unreadable: (error: unknown, key: string) => void,
): readonly (readonly [string, Kept])[] {
  return [...store.read(shelf)].flatMap(([key, bytes]): (readonly [string, Kept])[] => {
    try {
      return [[key, read(bytes, key)]];
    } catch (error) {
      unreadable(error, key);
      store.remove(shelf, key);
      return [];
    }
  });
}
