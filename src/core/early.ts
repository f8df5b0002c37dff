/**
 * early: offers that come before the callee has answered. A caller that the API rang has a dialog by then; a phone's early dialog may
 * be re-offered once its first offer was answered reliably (RFC 3262 §5, RFC 3311 §5.2; signaling passes no others on). They are
 * answered at once, and a hold that is pressed counts from the callee's answer on. What one means in a confirmed call is modify's.
 */
import type { Ringing, Step, Trying } from './call.js';
import { answerTo, mirror, receives } from './direction.js';
import type { Effect } from './effects.js';
import { freshOfferDirection, intentOf, phoneReason, wantedDirection, withoutReason, withReason } from './hold.js';
import type { Input } from './inputs.js';
import type { Leg, LegRole } from './leg.js';
import { phoneTerms } from './modify.js';
import { notTaken, offering, stable } from './settle.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

export function onEarlyReinvite(call: Trying | Ringing, input: InputOf<'reinvite.received'>): Step {
  if (call.kind === 'trying') return refuse(call, input.leg, call.origin === 'phone' ? 500 : 491);
  const { leg: role, direction: offered } = input;
  const leg = call[role];
  const refusal = openOffer(call, leg);
  if (refusal !== undefined) return refuse(call, role, refusal);
  if (offered === undefined) {
    const ours = freshOfferDirection(call.hold, role);
    const asked = offering(leg, 'awaiting-answer-in-ack', ours);
    return [{ ...call, [role]: asked }, [{ kind: 'answer-reinvite', leg: role, direction: ours, ourOffer: true }]];
  }
  const intent = intentOf(call.hold, leg, offered);
  const reason = phoneReason(role);
  const hold =
    intent === 'hold'
      ? withReason(call.hold, reason, phoneTerms(call, role))
      : intent === 'resume'
        ? withoutReason(call.hold, reason)
        : call.hold;
  const advertised = wantedDirection(hold, role);
  const before = { media: leg.media, phoneHeld: call.hold.has(reason) };
  const media: Leg['media'] = { ...leg.media, advertised, remote: offered };
  const direction = answerTo(offered, advertised);
  const answer: Effect = { kind: 'answer-reinvite', leg: role, direction, ourOffer: false };
  const answered: Leg = { ...leg, media, offerAnswer: { kind: 'have-remote-offer', before } };
  const [next, sound] = withRingback({ ...call, hold, [role]: answered });
  return [next, [answer, ...sound]];
}

const refuse = (call: Trying | Ringing, leg: LegRole, status: 491 | 500): Step => [
  call,
  [{ kind: 'refuse-reinvite', leg, status }],
];

/** RFC 3261 §14.2, RFC 3311 §5.2: 500 where the phone's own offer is still open, 491 where ours is. */
function openOffer(call: Ringing, leg: Leg): 491 | 500 | undefined {
  // A dialog that comes from another call has our re-INVITE open, and one that has not come yet is not ours to answer.
  if (leg.dialog === 'terminated' || (leg.role === 'callee' && call.adopted !== undefined)) return 491;
  // Without early media nothing has been agreed on yet: the INVITE's offer is still open, a phone's or ours.
  if (leg.dialog === 'early' && !call.earlyMedia) return leg.role === 'caller' && call.origin === 'phone' ? 500 : 491;
  if (leg.offerAnswer.kind === 'have-remote-offer') return 500;
  return leg.offerAnswer.kind === 'stable' ? undefined : 491;
}

export function onEarlyAcked(call: Ringing, input: InputOf<'reinvite.acked'>): Step {
  const { leg: role } = input;
  const leg = call[role];
  const open = leg.offerAnswer;
  if (open.kind === 'have-remote-offer') return [{ ...call, [role]: stable(leg) }, []];
  if (open.kind !== 'awaiting-answer-in-ack') return [call, []];
  const remote = input.direction ?? mirror(open.offered);
  // An answer may end the phone's own hold, and never begins one.
  const hold = receives(remote) ? withoutReason(call.hold, phoneReason(role)) : call.hold;
  const media: Leg['media'] = { ...leg.media, advertised: wantedDirection(hold, role), remote };
  const apply: Effect[] = input.direction === undefined ? [] : [{ kind: 'apply-reanswer', leg: role }];
  const [next, sound] = withRingback({ ...call, hold, [role]: { ...stable(leg), media } });
  return [next, [...apply, ...sound]];
}

/** RFC 3261 §14.2: a refused re-INVITE leaves everything as it was. */
export function onEarlyAnswerFailed(call: Ringing, role: LegRole): Step {
  const leg = call[role];
  const open = leg.offerAnswer;
  if (open.kind === 'awaiting-answer-in-ack') return [{ ...call, [role]: stable(notTaken(leg, open.refreshes)) }, []];
  if (open.kind !== 'have-remote-offer' || open.before === undefined) return [call, []];
  const media: Leg['media'] = { ...open.before.media, sound: leg.media.sound };
  const reason = phoneReason(role);
  const hold = open.before.phoneHeld ? withReason(call.hold, reason, phoneTerms(call, role)) : withoutReason(call.hold, reason);
  return withRingback({ ...call, hold, [role]: { ...stable(leg), media } });
}

/** The caller that the API rang hears ringback as long as it listens and the callee's side plays nothing itself (RFC 3960). */
export function withRingback(call: Ringing): Step {
  const { caller } = call;
  const wanted = call.origin === 'api' && !call.earlyMedia && receives(caller.media.remote);
  const { sound } = caller.media;
  if (wanted ? sound !== 'none' : sound !== 'ringback') return [call, []];
  const media: Leg['media'] = { ...caller.media, sound: wanted ? 'ringback' : 'none' };
  const effect: Effect = wanted ? { kind: 'play', leg: 'caller', sound: 'ringback' } : { kind: 'stop-sound', leg: 'caller' };
  return [{ ...call, caller: { ...caller, media } }, [effect]];
}
