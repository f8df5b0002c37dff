/**
 * under-way: work on many items, so many of them at once; more and more while it is others who are waited for.
 */
import type { Clock, Timer } from '#kit/clock.js';

export type Width = Readonly<{
  first: number;
  /** So many more each `GROW_MS`, as long as this thread keeps up. */
  step: number;
  most: number;
}>;

export const GROW_MS = 10;
/** A timer that is later than this comes from a thread that has enough to do with what is under way already. */
const PUNCTUAL_MS = 3;

/** @param work never rejects. @returns results in the order of the items, whichever was ready first. */
export async function underWay<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  { first, step, most }: Width,
  clock: Clock,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const workers: Promise<void>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as Item);
    }
  };
  const widen = (count: number): void => {
    for (let more = 0; more < count && workers.length < most && next < items.length; more++) workers.push(worker());
  };
  let timer: Timer | undefined;
  const growLater = (): void => {
    if (workers.length >= most || next >= items.length) return;
    const dueMs = clock.now() + GROW_MS;
    timer = clock.after('more at once', GROW_MS, () => {
      if (clock.now() - dueMs <= PUNCTUAL_MS) widen(step);
      growLater();
    });
  };
  widen(first);
  growLater();
  // Whoever is added meanwhile stands behind those who are waited for.
  for (let index = 0; index < workers.length; index++) await workers[index];
  timer?.cancel();
  return results;
}
