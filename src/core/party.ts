/**
 * party: what the house knows of each party of a call before anybody has spoken: how its phone likes to be held, whose music
 * it brings, how long it may hold. Filled in by whoever makes the call; nothing here changes while the call lasts but what is learned.
 */
import { NO_HABITS, type MusicHabits } from './hold-music.js';
import type { HoldPolicy } from './hold-policy.js';
import type { LegRole } from './leg.js';

/**
 * How a held phone is told: `sendonly` (RFC 3264 §8.4), `inactive` for those that take nothing else (and hear no music),
 * `zero-address` for those that know only c=0.0.0.0 (RFC 2543); the last differs from the first in the SDP alone.
 */
export type HoldMode = 'sendonly' | 'inactive' | 'zero-address';

export type PartyTraits = Readonly<{
  modes: Readonly<Record<LegRole, HoldMode>>;
  /** Nobody has configured the mode, so what the phone refuses may change it. */
  learns: Readonly<Record<LegRole, boolean>>;
  music: MusicHabits;
  /** Of the house for everybody who has none: a program's holds. */
  policy?: HoldPolicy | undefined;
  policies: Readonly<Partial<Record<LegRole, HoldPolicy>>>;
}>;

export const PLAIN_PARTIES: PartyTraits = {
  modes: { caller: 'sendonly', callee: 'sendonly' },
  learns: { caller: false, callee: false },
  music: NO_HABITS,
  policies: {},
};
