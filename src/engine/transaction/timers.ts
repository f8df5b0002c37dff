/**
 * timers: T1, T2, T4 and the lettered timers of RFC 3261 §17 (table 4) and RFC 6026, by the reliability of the transport; pure.
 */

/** RFC 3261 §17.1.1.1: an estimate of the round trip. */
export const T1_MS = 500;
/** §17.1.2.2: no non-INVITE request or INVITE response is repeated less often than this. */
export const T2_MS = 4000;
/** §17.1.2.2: how long a message may stay in the network. */
export const T4_MS = 5000;

/**
 * C is named after RFC 3261 §16.6 step 11: the end of a call that rings for ever. X ends an INVITE that did not react to its CANCEL. After T
 * an INVITE that nobody has answered yet gets its 100.
 */
export type TimerLetter = 'A' | 'B' | 'C' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M' | 'T' | 'X';

/** §17.2.1: who knows that it will answer within this time need not say 100. */
const TRYING_MS = 200;
/** Longer than any ring time an application sets; without it a phone that says 180 and dies would be waited for for ever. */
const RING_LIMIT_MS = 15 * 60_000;

/**
 * @param round how often this timer was started before.
 * @returns undefined when it does not run at all; 0 when it fires at once.
 */
export function timerMs(letter: TimerLetter, reliable: boolean, round: number): number | undefined {
  switch (letter) {
    case 'A': // §17.1.1.2: doubles without a limit until B ends it
      return reliable ? undefined : T1_MS * 2 ** round;
    case 'E': // §17.1.2.2
    case 'G': // §17.2.1
      return reliable ? undefined : Math.min(T1_MS * 2 ** round, T2_MS);
    case 'B': // §17.1.1.2
    case 'F': // §17.1.2.2
    case 'H': // §17.2.1
    case 'L': // RFC 6026 §7.1
    case 'M': // RFC 6026 §7.2
    case 'X': // RFC 3261 §9.1: the client gives up 64*T1 after the CANCEL
      return 64 * T1_MS;
    case 'C':
      return RING_LIMIT_MS;
    case 'T':
      return TRYING_MS;
    case 'D': // §17.1.1.2: at least 32 seconds over UDP
      return reliable ? 0 : 32_000;
    case 'J': // §17.2.2
      return reliable ? 0 : 64 * T1_MS;
    case 'I': // §17.2.1
    case 'K': // §17.1.2.2
      return reliable ? 0 : T4_MS;
  }
}
