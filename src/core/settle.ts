/**
 * settle: drives the hold plan through real dialogs, one offer at a time on each of them (RFC 3264 §4, RFC 3261 §14),
 * and tells the outside when a round has ended. What may change the wish or the facts is decided elsewhere.
 */
import { assertNever } from '#kit/errors.js';
import type { Confirmed, Step } from './call.js';
import type { Direction } from './direction.js';
import type { Effect } from './effects.js';
import { planHold, wantedDirection, type HoldLedger, type HoldStep, type OfferToAnswer } from './hold.js';
import { holdView, isSettled, toldLine } from './hold-view.js';
import type { Leg, LegMedia, LegRole } from './leg.js';

/** Brings the world one round nearer to the wish, and tells the outside when a round has ended. */
export function settle(call: Confirmed, answering?: OfferToAnswer): Step {
  let next = call;
  const effects: Effect[] = [];
  for (const planned of planHold(call.hold, call, answering)) {
    next = applyStep(next, planned, answering);
    effects.push(effectOf(planned));
  }
  return tell(next, effects);
}

function tell(call: Confirmed, effects: readonly Effect[]): Step {
  if (!isSettled(call)) return [call, effects];
  const told = toldLine(call);
  if (told === call.told) return [call, effects];
  const event: Effect = {
    kind: 'publish',
    event: { kind: 'hold.changed', callId: call.id, parties: call.parties, hold: holdView(call) },
  };
  return [{ ...call, told }, [...effects, event]];
}

/** What is true once the step's effect is on its way; a refusal comes back as an input and changes nothing here. */
function applyStep(call: Confirmed, planned: HoldStep, answering: OfferToAnswer | undefined): Confirmed {
  switch (planned.kind) {
    case 'gate':
      return { ...call, gated: true };
    case 'ungate':
      return { ...call, gated: false };
    case 'answer': {
      const leg = call[planned.leg];
      const remote = answering?.offered ?? leg.media.remote;
      const advertised = wantedDirection(call.hold, planned.leg);
      const media: LegMedia = { ...leg.media, advertised, remote, stale: false };
      return withLeg(call, { ...leg, media, offerAnswer: { kind: 'have-remote-offer' } });
    }
    case 'reinvite': {
      return withLeg(call, offering(call[planned.leg], 'have-local-offer', planned.direction));
    }
    case 'stop-music':
      return withSound(call, planned.leg, 'none');
    case 'start-music':
      return withSound(call, planned.leg, 'music');
    default:
      return assertNever(planned);
  }
}

function effectOf(planned: HoldStep): Effect {
  switch (planned.kind) {
    case 'gate':
    case 'ungate':
      return { kind: planned.kind };
    case 'answer':
      return { kind: 'answer-reinvite', leg: planned.leg, direction: planned.direction, ourOffer: false };
    case 'reinvite':
      return { kind: 'send-reinvite', leg: planned.leg, direction: planned.direction };
    case 'stop-music':
      return { kind: 'stop-sound', leg: planned.leg };
    case 'start-music':
      return { kind: 'play', leg: planned.leg, sound: 'music' };
    default:
      return assertNever(planned);
  }
}

/** A new wish forgives old refusals: what a phone declined for the last wish is worth asking again for this one. */
export function changeWish(call: Confirmed, hold: HoldLedger): Confirmed {
  const forgiven = (leg: Leg): Leg => ({
    ...leg,
    refused: undefined,
    glares: 0,
    media: leg.media.sound === 'failed' ? { ...leg.media, sound: 'none' } : leg.media,
  });
  return { ...call, hold, caller: forgiven(call.caller), callee: forgiven(call.callee) };
}

/** An offer of ours is on its way, with everything that has changed so far; what changes from now on needs another. */
export function offering(leg: Leg, kind: 'have-local-offer' | 'awaiting-answer-in-ack', offered: Direction): Leg {
  const refreshes = leg.media.stale;
  return { ...leg, refused: undefined, media: { ...leg.media, stale: false }, offerAnswer: { kind, offered, refreshes } };
}

/** Our offer was not taken: what it would have told the leg is still to be told. */
export function notTaken(leg: Leg, refreshes: boolean): Leg {
  return { ...leg, media: { ...leg.media, stale: leg.media.stale || refreshes } };
}

export const withLeg = (call: Confirmed, leg: Leg): Confirmed => ({ ...call, [leg.role]: leg });

export const withSound = (call: Confirmed, role: LegRole, sound: LegMedia['sound']): Confirmed =>
  withLeg(call, { ...call[role], media: { ...call[role].media, sound } });

export const stable = (leg: Leg): Leg => ({ ...leg, offerAnswer: { kind: 'stable' } });
