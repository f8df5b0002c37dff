/**
 * unreached: a phone that no way leads to any more, because its connection is gone, has refused nothing. What it was to be told counts as
 * refused, so that nobody waits, and is said again until it is back or known to be lost (calls/liveness.ts).
 */
import type { Confirmed, Step } from './call.js';
import type { Effect } from './effects.js';
import type { Leg, LegRole } from './leg.js';
import { settle, withLeg } from './settle.js';

const FIRST_MS = 1000;
const LONGEST_MS = 8000;

/** Phones open a new connection within seconds; one that does not is asked less often. @param tries so many in a row, this one with it. */
export const tryAgain = (role: LegRole, tries: number): Effect => ({
  kind: 'start-timer',
  timer: `again-${role}`,
  ms: Math.min(LONGEST_MS, FIRST_MS * 2 ** (tries - 1)),
});

/** It has heard us, or is of no interest any more. */
export const stopTrying = ({ role, unreached }: Leg): readonly Effect[] =>
  unreached === undefined ? [] : [{ kind: 'stop-timer', timer: `again-${role}` }];

export function onTryAgain(call: Confirmed, role: LegRole): Step {
  const leg: Leg = call[role];
  if (leg.unreached === undefined) return [call, []];
  const [next, effects] = settle(withLeg(call, { ...leg, refused: undefined }));
  if (next.kind !== 'confirmed') return [next, effects];
  const asks = next[role].offerAnswer.kind === 'have-local-offer';
  // Nothing is left to say: a wish that is gone, or the phone has spoken meanwhile.
  return [asks ? next : withLeg(next, { ...next[role], unreached: undefined }), effects];
}
