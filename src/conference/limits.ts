/**
 * limits: how much there may be of everything in one mixer. What is over a limit is refused with Busy, never queued.
 */
export type Limits = Readonly<{
  conferences: number;
  /** Members of one conference, and of all together: test/bench/conference.ts says what one core can do. */
  members: number;
  allMembers: number;
  announcements: number;
  sounds: number;
  /** Samples of one sound: ten minutes. */
  soundSamples: number;
}>;

export const LIMITS: Limits = {
  conferences: 200,
  members: 64,
  allMembers: 500,
  announcements: 4,
  sounds: 64,
  soundSamples: 8000 * 600,
};
