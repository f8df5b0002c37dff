/**
 * few-cores: what a process does otherwise on a machine of one or two cores. Knows V8's words for it, and nothing of calls.
 */
import { availableParallelism } from 'node:os';
import { setFlagsFromString } from 'node:v8';

/** With more there is a core for whoever helps. */
const FEW = 2;

/**
 * V8 collects young objects with helping threads, which on few cores take the processor from those who wait for the collection, and wake
 * each other up for it. For all threads of this process. (A call that was set up cost 6 and 7 % less of all cores with media, 13 and 15 %
 * without: docs/performance.md.)
 * @returns whether there are so few.
 */
export function collectWithoutHelpers(cores = availableParallelism(), set = setFlagsFromString): boolean {
  if (cores > FEW) return false;
  set('--no-parallel-scavenge');
  return true;
}
