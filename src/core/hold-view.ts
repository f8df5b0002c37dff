/**
 * hold-view: what the outside may know of a hold, and when a round of changes has come to rest.
 */
import type { Confirmed } from './call.js';
import type { HoldView, LegHold, LegHoldState } from './events.js';
import { holderOf, isHeld, NOBODY_HOLDS, needsReinvite, wantedDirection } from './hold.js';
import { LEG_ROLES, localDirection, type Leg, type LegRole } from './leg.js';

/** True when no leg has anything left to be told, and no offer is open in either direction but for an ACK. */
export function isSettled(call: Confirmed): boolean {
  return LEG_ROLES.every((role) => legState(call, role) !== 'pending');
}

function legState(call: Confirmed, role: LegRole): LegHoldState {
  const leg = call[role];
  if (leg.dialog === 'terminated') return 'agreed'; // nobody is left there to be told
  const wanted = wantedDirection(call.hold, role, call.traits.modes[role]);
  const open = leg.offerAnswer.kind;
  if (open === 'have-local-offer' || open === 'glare-wait' || open === 'awaiting-answer-in-ack') return 'pending';
  if (needsReinvite(leg, wanted)) return 'pending';
  if (leg.media.advertised === wanted) return 'agreed';
  return call.hold.size > 0 ? 'soft-held' : 'refused';
}

/** The numbers of those who hold; `controller` is a program. */
export function holdersOf(call: Confirmed): readonly string[] {
  const names = [...call.hold.keys()].map((reason) => {
    const role = holderOf(reason);
    return role === undefined ? 'controller' : call.parties[role];
  });
  return [...new Set(names)].sort();
}

export function holdView(call: Confirmed): HoldView {
  return { reasons: [...call.hold.keys()].sort(), caller: legHold(call, 'caller'), callee: legHold(call, 'callee') };
}

function legHold(call: Confirmed, role: LegRole): LegHold {
  const leg = call[role];
  const view = {
    held: isHeld(call.hold, role),
    state: legState(call, role),
    direction: localDirection(leg.media),
    sound: leg.media.sound,
    ...(leg.media.sound === 'music' && leg.media.music !== undefined ? { music: leg.media.music.music } : {}),
  };
  return leg.refused === undefined ? view : { ...view, status: leg.refused.status, reason: leg.refused.reason };
}

const QUIET: LegHold = { held: false, state: 'agreed', direction: 'sendrecv', sound: 'none' };

/** The hold of a call that cannot be held yet, or no more. */
export const noHoldView = (caller?: Leg): HoldView => ({
  reasons: [...NOBODY_HOLDS.keys()],
  caller: caller === undefined ? QUIET : { ...QUIET, sound: caller.media.sound },
  callee: QUIET,
});

/** One comparable line of what an event would say; directions that no hold asked for are nobody's news. */
export const lineOf = (view: HoldView): string =>
  JSON.stringify([
    view.reasons,
    ...[view.caller, view.callee].map((leg) => [leg.held, leg.state, leg.sound, leg.music, leg.status]),
  ]);

/** Whether a line of `lineOf` speaks of these. */
export const hasReasons = (line: string, reasons: HoldView['reasons']): boolean =>
  line.startsWith(`[${JSON.stringify(reasons)},`);

/** What the outside knows of a call before it was ever held. */
export const QUIET_LINE = lineOf(noHoldView());
