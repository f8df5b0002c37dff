/**
 * glare: how long to wait after a 491, and how often.
 */

/** After so many 491s in a row the leg counts as having refused: a glare that never ends is a refusal. */
export const MOST_GLARES = 3;

/**
 * RFC 3261 §14.1: the side that made the Call-ID waits 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms, so that both do not meet again.
 * @param random gives numbers from 0 up to, but not including, 1. @returns milliseconds.
 */
export function glareWindowMs(ownsCallId: boolean, random: () => number): number {
  const steps = ownsCallId ? 210 + Math.floor(random() * 191) : Math.floor(random() * 201);
  return steps * 10;
}
