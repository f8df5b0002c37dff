/**
 * no-longer-than: waits for something that may never come, for so long and no longer.
 */
import type { Clock, Timer } from './clock.js';

/** @param what the name of the wait. @returns undefined when it did not come within `ms`. What comes later is nobody's, rejections too. */
export async function noLongerThan<T>(ms: number, what: string, clock: Clock, promise: Promise<T>): Promise<T | undefined> {
  let limit: Timer | undefined;
  const late = new Promise<undefined>((resolve) => (limit = clock.after(what, ms, () => resolve(undefined))));
  try {
    return await Promise.race([promise, late]);
  } finally {
    limit?.cancel();
  }
}
