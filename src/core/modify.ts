/**
 * modify: hold, resume and re-INVITEs in a confirmed call: what each of them does to the wish and to the facts.
 * What is sent then, and when, is settle()'s business.
 */
import { assertNever } from '#kit/errors.js';
import type { Call, Confirmed, Step } from './call.js';
import { mirror, receives, type Direction } from './direction.js';
import type { Effect } from './effects.js';
import { apiReason, freshOfferDirection, intentOf, phoneReason, wantedDirection, withReason, withoutReason } from './hold.js';
import type { HoldTerms } from './hold.js';
import { withoutProgram, withProgram } from './hold-programs.js';
import { sameMusic } from './hold-music.js';
import { mergePolicies } from './hold-policy.js';
import type { Input } from './inputs.js';
import type { BeforeOffer, Leg, LegMedia, LegRole } from './leg.js';
import type { HoldMode } from './party.js';
import { refreshed } from './session.js';
import { changeWish, notTaken, offering, settle, stable, withLeg } from './settle.js';
import { stopTrying } from './unreached.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

export function onHoldRequested(call: Confirmed, input: InputOf<'hold.requested'>): Step {
  const reason = apiReason(input.holder);
  const { traits } = call;
  const own = input.holder === 'controller' ? traits.policy : traits.policies[input.holder];
  const policy = input.policy === undefined ? own : mergePolicies(own, input.policy);
  const terms: HoldTerms = {
    music: input.music,
    ...(policy === undefined ? {} : { policy }),
    ...(input.deaf === undefined ? {} : { deaf: input.deaf }),
    ...(input.by === undefined ? {} : { by: input.by }),
  };
  const before = call.hold.get(reason);
  const same =
    before !== undefined &&
    before.by === input.by &&
    before.deaf === input.deaf &&
    sameMusic(before.music, terms.music) &&
    input.policy === undefined;
  return same ? askAgain(call) : settle(changeWish(call, withProgram(call.hold, reason, terms)));
}

/** The same wish once more: a phone that refused it is asked again, and one that did not hears nothing. */
function askAgain(call: Confirmed): Step {
  const refused = call.caller.refused !== undefined || call.callee.refused !== undefined;
  return refused ? settle(changeWish(call, call.hold)) : [call, []];
}

export function onResumeRequested(call: Confirmed, input: InputOf<'resume.requested'>): Step {
  const reason = apiReason(input.holder);
  const hold = withoutProgram(call.hold, reason, input.by);
  return hold === undefined ? askAgain(call) : settle(changeWish(call, hold));
}

export function onReinviteReceived(call: Confirmed, input: InputOf<'reinvite.received'>): Step {
  const leg = call[input.leg];
  // RFC 3261 §15.1.2: it crossed our BYE, or its own.
  if (leg.dialog === 'terminated') return [call, [{ kind: 'refuse-reinvite', leg: input.leg, status: 481 }]];
  switch (leg.offerAnswer.kind) {
    case 'have-local-offer': // RFC 3261 §14.2: their offer meets ours,
    case 'awaiting-answer-in-ack': // and ours may have gone out in a 200 (as RFC 3311 §5.2 says of UPDATE).
      return [call, [{ kind: 'refuse-reinvite', leg: input.leg, status: 491 }]];
    case 'have-remote-offer': // RFC 3261 §14.2: their second INVITE meets their first.
      return [call, [{ kind: 'refuse-reinvite', leg: input.leg, status: 500 }]];
    case 'glare-wait': {
      // The phone speaks first; our own turn comes with its ACK.
      const [next, effects] = answerPhone(call, leg, input.direction);
      return [next, [{ kind: 'stop-timer', timer: `glare-${input.leg}` }, ...effects]];
    }
    case 'stable':
      return answerPhone(call, leg, input.direction);
    default:
      return assertNever(leg.offerAnswer);
  }
}

function answerPhone(call: Confirmed, leg: Leg, offered: Direction | undefined): Step {
  const spoken: Leg = { ...leg, refused: undefined, glares: 0, offerAnswer: { kind: 'stable' } };
  if (offered === undefined) {
    // RFC 3261 §14.2, RFC 6337 §5.1: asked to offer, we offer what we want now.
    const ours = freshOfferDirection(call.hold, leg.role, modeOf(call, leg.role));
    return [
      withLeg(call, offering(spoken, 'awaiting-answer-in-ack', ours)),
      [{ kind: 'answer-reinvite', leg: leg.role, direction: ours, ourOffer: true }],
    ];
  }
  const reason = phoneReason(leg.role);
  const intent = intentOf(call.hold, leg, offered);
  const unanswered = withLeg(call, spoken);
  const wish =
    intent === 'hold'
      ? changeWish(unanswered, withReason(call.hold, reason, phoneTerms(call, leg.role)))
      : intent === 'resume'
        ? changeWish(unanswered, withoutReason(call.hold, reason))
        : unanswered;
  const [next, effects] = settle(wish, { leg: leg.role, offered });
  return [rememberBefore(next, leg.role, { media: leg.media, phoneHeld: call.hold.has(reason) }), effects];
}

/** A phone's own hold gives the music that is due, as long as the policy of its account allows. */
export function phoneTerms(call: Pick<Confirmed, 'traits'>, role: LegRole): HoldTerms {
  const policy = call.traits.policies[role];
  return policy === undefined ? {} : { policy };
}

const modeOf = (call: Confirmed, role: LegRole): HoldMode => call.traits.modes[role];

function rememberBefore(call: Call, role: LegRole, before: BeforeOffer): Call {
  if (call.kind !== 'confirmed' || call[role].offerAnswer.kind !== 'have-remote-offer') return call;
  return withLeg(call, { ...call[role], offerAnswer: { kind: 'have-remote-offer', before } });
}

export function onReinviteAcked(call: Confirmed, input: InputOf<'reinvite.acked'>): Step {
  const leg = call[input.leg];
  if (leg.offerAnswer.kind === 'have-remote-offer') {
    // Of an UPDATE from before the answer: the INVITE itself still waits for its ACK.
    return leg.offerAnswer.before === undefined ? [call, []] : settle(withLeg(call, stable(leg)));
  }
  if (leg.offerAnswer.kind !== 'awaiting-answer-in-ack') return [call, []];
  return answerInAck(call, leg, leg.offerAnswer.offered, input.direction);
}

/** The ACK carries the answer to the offer we made. It may end the phone's own hold; it never begins one. */
function answerInAck(call: Confirmed, leg: Leg, offered: Direction, answered: Direction | undefined): Step {
  const remote = answered ?? mirror(offered);
  const reason = phoneReason(leg.role);
  const lifted = call.hold.has(reason) && receives(remote);
  const hold = lifted ? withoutReason(call.hold, reason) : call.hold;
  // Where the wish is still the one our offer was made for, what the phone's own hold leaves out of it is the phone's doing.
  // Where it has changed since, the phone was told something else than it should be, and settle() brings the news.
  const mode = modeOf(call, leg.role);
  const upToDate = offered === freshOfferDirection(call.hold, leg.role, mode);
  const advertised = upToDate ? wantedDirection(hold, leg.role, mode) : offered;
  const answeredLeg: Leg = { ...stable(leg), media: { ...leg.media, advertised, remote } };
  const apply: Effect[] = answered === undefined ? [] : [{ kind: 'apply-reanswer', leg: leg.role }];
  const before = withLeg(call, answeredLeg);
  const [next, effects] = settle(lifted ? changeWish(before, hold) : before);
  return [next, [...apply, ...effects]];
}

/** RFC 3261 §14.2: a refused re-INVITE leaves the session as it was, and with it the hold the phone tried to begin or to end. */
export function onAnswerFailed(call: Confirmed, role: LegRole): Step {
  const leg = call[role];
  const open = leg.offerAnswer;
  if (open.kind === 'awaiting-answer-in-ack') return settle(withLeg(call, stable(notTaken(leg, open.refreshes))));
  if (open.kind !== 'have-remote-offer' || open.before === undefined) return [call, []];
  const { media, phoneHeld } = open.before;
  const undone = stable(
    notTaken({ ...leg, media: { ...media, sound: leg.media.sound, music: leg.media.music } }, leg.media.stale),
  );
  const reason = phoneReason(role);
  if (call.hold.has(reason) === phoneHeld) return settle(withLeg(call, undone));
  const hold = phoneHeld ? withReason(call.hold, reason, phoneTerms(call, role)) : withoutReason(call.hold, reason);
  return settle(changeWish(withLeg(call, undone), hold));
}

export function onReinviteAnswered(call: Confirmed, input: InputOf<'reinvite.answered'>): Step {
  const leg = call[input.leg];
  if (leg.offerAnswer.kind !== 'have-local-offer') return [call, []];
  const offered = leg.offerAnswer.offered;
  // An answer without SDP breaks RFC 3264 §4; the phone took the offer, so it is taken at its word.
  const remote = input.direction ?? mirror(offered);
  const media: LegMedia = { ...leg.media, advertised: offered, remote };
  const apply: Effect[] = input.direction === undefined ? [] : [{ kind: 'apply-reanswer', leg: leg.role }];
  // What only said again what stands is no answer to what was refused.
  const refused = leg.offerAnswer.session === true ? leg.refused : undefined;
  const told = { media, unsure: undefined, refused, unreached: undefined, retried: undefined, glares: 0 };
  const answered: Leg = { ...refreshed(stable(leg)), ...told };
  const [next, effects] = settle(withLeg(call, answered));
  return [next, [...stopTrying(leg), ...apply, ...effects]];
}

export function onGlareOver(call: Confirmed, role: LegRole): Step {
  const leg = call[role];
  return leg.offerAnswer.kind === 'glare-wait' ? settle(withLeg(call, stable(leg))) : [call, []];
}
