/**
 * disk: what the store needs of a place to keep bytes: to read it all once, and to write a batch whole or not at all.
 * lmdb-disk.ts is the real one; memory-disk.ts forgets with the process.
 */

/** What is kept together; the name is the first part of every key. */
export const SHELVES = [
  'calls',
  'dialogs',
  'ringing',
  'registrations',
  'webhooks',
  'parked',
  'learned',
  'notes',
  'history',
] as const;
export type Shelf = (typeof SHELVES)[number];

/** `bytes` undefined: the key goes. */
export type Change = Readonly<{ shelf: Shelf; key: string; bytes: Uint8Array | undefined }>;

export interface Disk {
  /** All of a shelf as it was after the last batch. */
  entries(shelf: Shelf): Iterable<readonly [key: string, bytes: Uint8Array]>;
  /** The whole batch or nothing of it. @returns once it would outlive a power cut. */
  commit(batch: readonly Change[]): Promise<void>;
  close(): Promise<void>;
}
