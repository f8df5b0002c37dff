/**
 * in-steps: many calls have something to say at once: not all in one turn, or our own phones and rtpengine would take it for an attack.
 */
import type { Clock } from '#kit/clock.js';

const EACH = 50;
const PAUSE_MS = 20;

/** @param act must not throw. */
export function inSteps<T>(name: string, clock: Clock, all: readonly T[], act: (one: T) => void): void {
  for (const one of all.slice(0, EACH)) act(one);
  const rest = all.slice(EACH);
  if (rest.length > 0) clock.after(name, PAUSE_MS, () => inSteps(name, clock, rest, act));
}
