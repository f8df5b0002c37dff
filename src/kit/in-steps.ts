/**
 * in-steps: many calls have something to say at once: not all in one turn, or our phones and rtpengine would take it for an attack.
 */
import type { Clock } from './clock.js';

const EACH = 50;
const PAUSE_MS = 20;

/** The first of them in this turn. @param act must not throw. @returns once it was done to all. */
export async function inSteps<T>(name: string, clock: Clock, all: readonly T[], act: (one: T) => void): Promise<void> {
  for (let at = 0; at < all.length; at += EACH) {
    if (at > 0) await new Promise<void>((resolve) => clock.after(name, PAUSE_MS, resolve));
    for (const one of all.slice(at, at + EACH)) act(one);
  }
}
