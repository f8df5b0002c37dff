/**
 * toll-port: who may make how many calls at whose cost, as calls see it (guard/toll.ts). Types only.
 */
import type { CallId } from '#core/leg.js';

export type Charge = Readonly<{
  /** The account at whose cost it is. */
  payer?: string | undefined;
  /** Numbers that are reached over a trunk. */
  outside: readonly string[];
  /** The trunk it came from. */
  from?: string | undefined;
}>;

export interface TollPort {
  /** May it dial this at its cost? @throws DialForbidden */
  mayDial(asked: Charge): void;
  /** Counts the call until `ended`. @throws DialForbidden, Busy: nothing was counted. */
  admit(asked: Charge & Readonly<{ callId: CallId }>): void;
  /** It goes on from the program's last life, and was admitted there: counted, and not judged. */
  goesOn(asked: Charge & Readonly<{ callId: CallId; sinceMs: number }>): void;
  /** Of any call; telling it twice is telling it once. */
  ended(callId: CallId): void;
}
