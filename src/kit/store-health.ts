/**
 * store-health: what a store says of itself, in one word for all who keep, ask and show. A type only.
 */

export type StoreHealth = Readonly<{
  entries: number;
  /** Changed, and not on the disk yet. */
  pending: number;
  batches: number;
  /** Too many, too large or impossible to write: not kept. */
  refused: number;
  problem?: string | undefined;
}>;
