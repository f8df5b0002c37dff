/**
 * settle: drives the hold plan through real dialogs, one offer at a time on each of them (RFC 3264 §4, RFC 3261 §14),
 * and tells the outside when a round has ended. What may change the wish or the facts is decided elsewhere.
 */
import { assertNever } from '#kit/errors.js';
import type { Confirmed, Step } from './call.js';
import type { Direction } from './direction.js';
import type { Effect } from './effects.js';
import type { HoldMusic } from './hold-music.js';
import { planHold, wantedDirection, type HoldLedger, type HoldStep, type OfferToAnswer } from './hold.js';
import { holdersOf, hasReasons, holdView, isSettled, lineOf } from './hold-view.js';
import type { Leg, LegMedia, LegRole } from './leg.js';
import type { HoldMode } from './party.js';

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
  if (!isSettled(call)) return tellLater(call, effects);
  const [next, news] = tellNow(call);
  if (call.untold === undefined) return [next, [...effects, ...news]];
  return [{ ...next, untold: undefined }, [...effects, { kind: 'stop-timer', timer: 'untold' }, ...news]];
}

function tellNow(call: Confirmed): readonly [Confirmed, readonly Effect[]] {
  const hold = holdView(call);
  const told = lineOf(hold);
  const kinds = newsOf(call, told);
  if (kinds.length === 0) return [call, []];
  const about = { callId: call.id, parties: call.parties, holders: holdersOf(call), hold };
  const news = kinds.map((kind): Effect => ({ kind: 'publish', event: { kind, ...about } }));
  return [{ ...call, told, restored: undefined }, news];
}

/** Well above what phones take to answer, and far below the 32 s (RFC 3261 §17.1.1.2) after which one that does not has none. */
const UNTOLD_MS = 2000;

/**
 * The parties are apart, whatever the phones say: who asked for that is not left without a word for long. That nobody holds any more is told
 * when they are together again, and no sooner.
 */
function tellLater(call: Confirmed, effects: readonly Effect[]): Step {
  const waits = call.hold.size > 0 && !hasReasons(call.told, [...call.hold.keys()].sort());
  if (waits === (call.untold === true)) return [call, effects];
  if (!waits) return [{ ...call, untold: undefined }, [...effects, { kind: 'stop-timer', timer: 'untold' }]];
  return [{ ...call, untold: true }, [...effects, { kind: 'start-timer', timer: 'untold', ms: UNTOLD_MS }]];
}

/** The legs that have not answered are told of as `pending`; what becomes of them follows. */
export function onUntold(call: Confirmed): Step {
  if (call.untold === undefined) return [call, []];
  return tellNow({ ...call, untold: undefined });
}

/** After a restart also what has not changed is said: what was told last may never have been written down. */
const newsOf = (call: Confirmed, told: string): readonly ('call.restored' | 'hold.changed')[] => [
  ...(call.restored === undefined ? [] : (['call.restored'] as const)),
  ...(told === call.told ? [] : (['hold.changed'] as const)),
];

/** What is true once the step's effect is on its way; a refusal comes back as an input and changes nothing here. */
function applyStep(call: Confirmed, planned: HoldStep, answering: OfferToAnswer | undefined): Confirmed {
  switch (planned.kind) {
    case 'gate':
      return { ...call, gated: true };
    case 'ungate':
      return { ...call, gated: false };
    case 'mute':
    case 'unmute':
      return { ...call, muted: { ...call.muted, [planned.leg]: planned.kind === 'mute' } };
    case 'answer': {
      const leg = call[planned.leg];
      const remote = answering?.offered ?? leg.media.remote;
      const advertised = wantedDirection(call.hold, planned.leg, call.traits.modes[planned.leg]);
      const media: LegMedia = { ...leg.media, advertised, remote, stale: false };
      return withLeg(call, { ...leg, media, unsure: undefined, offerAnswer: { kind: 'have-remote-offer' } });
    }
    case 'reinvite': {
      return withLeg(call, offering(call[planned.leg], 'have-local-offer', planned.direction));
    }
    case 'refresh': {
      const leg = call[planned.leg];
      if (planned.byUpdate) return withLeg(call, { ...leg, refreshing: true });
      const open = { kind: 'have-local-offer', offered: planned.direction, refreshes: false, session: true } as const;
      return withLeg(call, { ...leg, offerAnswer: open });
    }
    case 'stop-music':
      return withSound(call, planned.leg, 'none');
    case 'start-music':
      return withSound(call, planned.leg, 'music', planned.music);
    default:
      return assertNever(planned);
  }
}

function effectOf(planned: HoldStep): Effect {
  switch (planned.kind) {
    case 'gate':
    case 'ungate':
      return { kind: planned.kind };
    case 'mute':
    case 'unmute':
      return { kind: planned.kind, leg: planned.leg };
    case 'answer':
      return { kind: 'answer-reinvite', leg: planned.leg, direction: planned.direction, ourOffer: false };
    case 'reinvite':
      return { kind: 'send-reinvite', leg: planned.leg, direction: planned.direction };
    case 'refresh':
      return planned.byUpdate
        ? { kind: 'send-refresh', leg: planned.leg }
        : { kind: 'send-reinvite', leg: planned.leg, direction: planned.direction };
    case 'stop-music':
      return { kind: 'stop-sound', leg: planned.leg };
    case 'start-music':
      return { kind: 'play', leg: planned.leg, sound: 'music', music: planned.music };
    default:
      return assertNever(planned);
  }
}

/** A new wish forgives old refusals: what a phone declined for the last wish is worth asking again for this one. */
export function changeWish(call: Confirmed, hold: HoldLedger): Confirmed {
  const { modes, learns } = call.traits;
  // What it would not have last time is not offered again; what else there is may please it.
  const learnt = (leg: Leg): HoldMode => (learns[leg.role] && refusesSendonly(leg.refused) ? 'inactive' : modes[leg.role]);
  const forgiven = (leg: Leg): Leg => ({
    ...leg,
    refused: undefined,
    unreached: leg.unreached === undefined ? undefined : { tries: leg.unreached.tries },
    glares: 0,
    retried: undefined,
    media: leg.media.sound === 'failed' ? { ...leg.media, sound: 'none' } : leg.media,
  });
  const { caller, callee } = call;
  const wiser = { caller: learnt(caller), callee: learnt(callee) };
  const same = wiser.caller === modes.caller && wiser.callee === modes.callee;
  const traits = same ? call.traits : { ...call.traits, modes: wiser };
  return { ...call, traits, hold, caller: forgiven(caller), callee: forgiven(callee) };
}

/** RFC 3261 §21.4.26, §21.6.4: it was the session description that was not acceptable, and a hold with music is what it said. */
export const refusesSendonly = (refused: Leg['refused']): boolean =>
  refused?.direction === 'sendonly' && (refused.status === 488 || refused.status === 606);

/** An offer of ours is on its way, with everything that has changed so far; what changes from now on needs another. */
export function offering(leg: Leg, kind: 'have-local-offer' | 'awaiting-answer-in-ack', offered: Direction): Leg {
  const refreshes = leg.media.stale;
  const media = { ...leg.media, stale: false };
  return { ...leg, refused: undefined, unsure: undefined, media, offerAnswer: { kind, offered, refreshes } };
}

/** Our offer was not taken: what it would have told the leg is still to be told. */
export function notTaken(leg: Leg, refreshes: boolean): Leg {
  return { ...leg, media: { ...leg.media, stale: leg.media.stale || refreshes } };
}

export const withLeg = (call: Confirmed, leg: Leg): Confirmed => ({ ...call, [leg.role]: leg });

export function withSound(call: Confirmed, role: LegRole, sound: LegMedia['sound'], music?: HoldMusic): Confirmed {
  const { music: _before, ...media } = call[role].media;
  return withLeg(call, { ...call[role], media: { ...media, sound, ...(music === undefined ? {} : { music }) } });
}

export const stable = (leg: Leg): Leg => ({ ...leg, offerAnswer: { kind: 'stable' } });
