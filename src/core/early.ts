/**
 * early: re-INVITEs before the callee has answered. Only a caller that the API rang has a dialog by then: it is answered at once,
 * and a hold it presses counts from the callee's answer on. What a re-INVITE means in a confirmed call is modify's.
 */
import type { Ringing, Step, Trying } from './call.js';
import { answerTo, mirror, receives } from './direction.js';
import type { Effect } from './effects.js';
import {
  freshOfferDirection,
  intentOf,
  NOBODY_HOLDS,
  phoneReason,
  wantedDirection,
  withReason,
  type HoldLedger,
} from './hold.js';
import type { Input } from './inputs.js';
import type { Leg } from './leg.js';
import { phoneTerms } from './modify.js';
import { notTaken, offering, stable } from './settle.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

const callerHolds = (call: Ringing): HoldLedger => withReason(NOBODY_HOLDS, phoneReason('caller'), phoneTerms(call, 'caller'));

export function onEarlyReinvite(call: Trying | Ringing, input: InputOf<'reinvite.received'>): Step {
  const refusal = input.leg === 'callee' || call.kind === 'trying' ? noDialogYet(call, input) : openOffer(call.caller);
  if (refusal !== undefined || call.kind === 'trying')
    return [call, [{ kind: 'refuse-reinvite', leg: input.leg, status: refusal ?? 491 }]];
  const { caller } = call;
  if (input.direction === undefined) {
    const ours = freshOfferDirection(call.hold, 'caller');
    const offered = offering(caller, 'awaiting-answer-in-ack', ours);
    return [{ ...call, caller: offered }, [{ kind: 'answer-reinvite', leg: 'caller', direction: ours, ourOffer: true }]];
  }
  const intent = intentOf(call.hold, caller, input.direction);
  const hold = intent === 'hold' ? callerHolds(call) : intent === 'resume' ? NOBODY_HOLDS : call.hold;
  const advertised = wantedDirection(hold, 'caller');
  const before = { media: caller.media, phoneHeld: call.hold.size > 0 };
  const media: Leg['media'] = { ...caller.media, advertised, remote: input.direction };
  const answer: Effect = {
    kind: 'answer-reinvite',
    leg: 'caller',
    direction: answerTo(input.direction, advertised),
    ourOffer: false,
  };
  const [next, sound] = withRingback({
    ...call,
    hold,
    caller: { ...caller, media, offerAnswer: { kind: 'have-remote-offer', before } },
  });
  return [next, [answer, ...sound]];
}

/** RFC 3261 §14.2: 500 where the phone's own INVITE is still open, 491 where ours is. */
const noDialogYet = (call: Trying | Ringing, input: InputOf<'reinvite.received'>): 491 | 500 =>
  input.leg === 'caller' && call.origin === 'phone' ? 500 : 491;

function openOffer(caller: Leg): 491 | 500 | undefined {
  if (caller.dialog !== 'confirmed' || caller.offerAnswer.kind === 'have-remote-offer') return 500;
  return caller.offerAnswer.kind === 'stable' ? undefined : 491;
}

export function onEarlyAcked(call: Ringing, input: InputOf<'reinvite.acked'>): Step {
  const { caller } = call;
  const open = caller.offerAnswer;
  if (input.leg !== 'caller') return [call, []];
  if (open.kind === 'have-remote-offer') return [{ ...call, caller: stable(caller) }, []];
  if (open.kind !== 'awaiting-answer-in-ack') return [call, []];
  const remote = input.direction ?? mirror(open.offered);
  const hold = receives(remote) ? NOBODY_HOLDS : call.hold; // an answer may end the phone's own hold, and never begins one
  const media: Leg['media'] = { ...caller.media, advertised: wantedDirection(hold, 'caller'), remote };
  const apply: Effect[] = input.direction === undefined ? [] : [{ kind: 'apply-reanswer', leg: 'caller' }];
  const [next, sound] = withRingback({ ...call, hold, caller: { ...stable(caller), media } });
  return [next, [...apply, ...sound]];
}

/** RFC 3261 §14.2: a refused re-INVITE leaves everything as it was. */
export function onEarlyAnswerFailed(call: Ringing): Step {
  const { caller } = call;
  const open = caller.offerAnswer;
  if (open.kind === 'awaiting-answer-in-ack') return [{ ...call, caller: stable(notTaken(caller, open.refreshes)) }, []];
  if (open.kind !== 'have-remote-offer' || open.before === undefined) return [call, []];
  const media: Leg['media'] = { ...open.before.media, sound: caller.media.sound };
  return withRingback({
    ...call,
    hold: open.before.phoneHeld ? callerHolds(call) : NOBODY_HOLDS,
    caller: { ...stable(caller), media },
  });
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
