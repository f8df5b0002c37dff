/**
 * setup: trying → ringing → confirmed, for calls from phones and for calls the API asked for (RFC 3725 flow IV).
 */
import type { Call, Confirmed, Ringing, Step, Trying } from './call.js';
import { answerTo, mirror, receives } from './direction.js';
import type { Effect } from './effects.js';
import { NOBODY_HOLDS, phoneReason, withReason } from './hold.js';
import { toldLine } from './hold-view.js';
import type { Input } from './inputs.js';
import type { CallId, Leg, LegRole } from './leg.js';
import { settle, stable, withLeg } from './settle.js';
import { end } from './teardown.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

export type NewCall = Readonly<{ id: CallId; origin: 'phone' | 'api'; caller: string; callee: string; createdMs: number }>;

export function newCall(facts: NewCall): Trying {
  return {
    kind: 'trying',
    id: facts.id,
    origin: facts.origin,
    parties: { caller: facts.caller, callee: facts.callee },
    createdMs: facts.createdMs,
    // The phone that called us made the Call-ID; where we call, we made it (RFC 3261 §14.1 asks).
    caller: newLeg('caller', facts.origin === 'api'),
  };
}

const newLeg = (role: LegRole, ownsCallId: boolean): Leg => ({
  role,
  dialog: 'early',
  offerAnswer: { kind: 'stable' },
  media: { advertised: 'sendrecv', remote: 'sendrecv', sound: 'none', stale: false },
  ownsCallId,
  glares: 0,
});

export function onInvite(call: Call, input: InputOf<'invite.received'>, atMs: number): Step {
  if (call.kind !== 'trying') return [call, []];
  if (input.callee === 'unknown') return end(call, 'refused', atMs, { status: 404, reason: 'Not Found' });
  if (input.callee === 'not-registered') return end(call, 'refused', atMs, { status: 480, reason: 'Temporarily Unavailable' });
  const lateOffer = input.offered === undefined;
  const caller: Leg = { ...call.caller, media: { ...call.caller.media, remote: input.offered ?? 'sendrecv' } };
  return [
    { ...call, kind: 'ringing', caller, callee: newLeg('callee', true), lateOffer, earlyMedia: false },
    [
      { kind: 'dial', leg: 'callee', offer: lateOffer ? 'none' : 'from-peer' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

export function onSetupRequested(call: Call): Step {
  if (call.kind !== 'trying' || call.origin !== 'api') return [call, []];
  return [
    call,
    [
      { kind: 'dial', leg: 'caller', offer: 'our-own' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

export function onProgressed(call: Call, input: InputOf<'leg.progressed'>, atMs: number): Step {
  if (call.kind === 'trying') {
    if (input.leg !== 'caller' || call.alertingMs !== undefined) return [call, []];
    return [{ ...call, alertingMs: atMs }, [ringing(call, 'caller')]];
  }
  if (call.kind !== 'ringing' || input.leg !== 'callee') return [call, []];
  const first: Effect[] = call.alertingMs === undefined ? [ringing(call, 'callee')] : [];
  const alertingMs = call.alertingMs ?? atMs;
  if (call.origin === 'api') {
    const [next, effects] = earlyMediaToAnsweredCaller({ ...call, alertingMs }, input.earlyMedia);
    return [next, [...first, ...effects]];
  }
  const earlyMedia = input.earlyMedia && !call.lateOffer; // an offer in a 1xx would need 100rel (RFC 3262), which we do not ask for
  return [
    { ...call, alertingMs, earlyMedia: call.earlyMedia || earlyMedia },
    [...first, { kind: 'progress', leg: 'caller', status: input.status, earlyMedia }],
  ];
}

const ringing = (call: Call, leg: LegRole): Effect => ({
  kind: 'publish',
  event: { kind: 'call.ringing', callId: call.id, parties: call.parties, leg },
});

/** RFC 3960: what the callee's side plays takes the place of our own ringback. */
function earlyMediaToAnsweredCaller(call: Ringing, earlyMedia: boolean): Step {
  if (!earlyMedia || call.earlyMedia) return [call, []];
  return [
    { ...call, earlyMedia: true, caller: quiet(call.caller) },
    [{ kind: 'stop-sound', leg: 'caller' }, { kind: 'bridge-early' }],
  ];
}

const quiet = (leg: Leg): Leg => ({ ...leg, media: { ...leg.media, sound: 'none' } });

export function onAnswered(call: Call, input: InputOf<'leg.answered'>, atMs: number): Step {
  const inTurn = (call.kind === 'trying' && input.leg === 'caller') || (call.kind === 'ringing' && input.leg === 'callee');
  if (!inTurn) return [call, []];
  if (input.direction === undefined) return answeredWithoutSdp(call, input.leg, atMs);
  if (call.kind === 'trying') return callerAnswered(call, { ...input, direction: input.direction });
  if (call.kind === 'ringing') return calleeAnswered(call, { ...input, direction: input.direction }, atMs);
  return [call, []];
}

/** RFC 3261 §13.2.1: the first 2xx must carry the session; without it there is nothing to connect. */
function answeredWithoutSdp(call: Call, role: LegRole, atMs: number): Step {
  const answered = answeredLeg(
    role === 'caller' || call.kind !== 'ringing' ? call : { ...call, callee: { ...call.callee, dialog: 'confirmed' } },
  );
  const [next, effects] = end(answered, 'refused', atMs, { status: 488, reason: 'answered without a session description' });
  return [next, [{ kind: 'ack', leg: role, answer: false }, ...effects]];
}

const answeredLeg = (call: Call): Call =>
  call.kind === 'trying' ? { ...call, caller: { ...call.caller, dialog: 'confirmed' } } : call;

type Answered = InputOf<'leg.answered'> & Readonly<{ direction: NonNullable<InputOf<'leg.answered'>['direction']> }>;

/** RFC 3725 flow IV: the caller has answered our own offer; it hears ringback while the callee is dialled. */
function callerAnswered(call: Trying, input: Answered): Step {
  const media: Leg['media'] = { ...call.caller.media, remote: input.direction, sound: 'ringback' };
  const caller: Leg = { ...call.caller, dialog: 'confirmed', media };
  return [
    {
      ...call,
      kind: 'ringing',
      caller,
      callee: newLeg('callee', true),
      lateOffer: false,
      earlyMedia: false,
      alertingMs: undefined,
    },
    [
      { kind: 'ack', leg: 'caller', answer: false },
      { kind: 'apply-answer', leg: 'caller' },
      { kind: 'play', leg: 'caller', sound: 'ringback' },
      { kind: 'dial', leg: 'callee', offer: 'from-peer' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

function calleeAnswered(call: Ringing, input: Answered, atMs: number): Step {
  const confirmed = confirm(call, input, atMs);
  const answered: Effect = { kind: 'publish', event: { kind: 'call.answered', callId: call.id, parties: call.parties } };
  const effects = call.origin === 'api' ? connectApi(call) : connectPhone(call);
  const [next, more] = settle(confirmed);
  return [next, [{ kind: 'stop-timer', timer: 'ring' }, ...effects, answered, ...more]];
}

function connectPhone(call: Ringing): Effect[] {
  if (call.lateOffer) return [{ kind: 'accept', direction: 'sendrecv' }]; // the callee's ACK waits for the caller's answer
  return [
    { kind: 'ack', leg: 'callee', answer: false },
    { kind: 'accept', direction: answerTo(call.caller.media.remote, 'sendrecv') },
  ];
}

function connectApi(call: Ringing): Effect[] {
  const stop: Effect[] = call.caller.media.sound === 'ringback' ? [{ kind: 'stop-sound', leg: 'caller' }] : [];
  return [{ kind: 'ack', leg: 'callee', answer: false }, ...stop, { kind: 'apply-answer', leg: 'callee' }];
}

function confirm(call: Ringing, input: Answered, atMs: number): Confirmed {
  const calleeMedia: Leg['media'] = { ...call.callee.media, remote: input.direction };
  const callee: Leg = {
    ...call.callee,
    dialog: 'confirmed',
    media: calleeMedia,
    offerAnswer: call.lateOffer ? { kind: 'have-remote-offer' } : { kind: 'stable' },
  };
  const caller: Leg = { ...quiet(call.caller), dialog: 'confirmed', offerAnswer: callerOfferAnswer(call) };
  // A caller the API rang may have pressed hold while the callee was still ringing.
  const pressedHold = call.origin === 'api' && !receives(caller.media.remote);
  const { kind: _kind, lateOffer: _late, earlyMedia: _early, ...common } = call;
  const confirmed: Confirmed = {
    ...common,
    kind: 'confirmed',
    caller,
    callee,
    answeredMs: atMs,
    hold: NOBODY_HOLDS,
    gated: false,
    told: '',
  };
  const quietLine = toldLine({ ...confirmed, caller: stable(caller), callee: stable(callee) });
  const hold = pressedHold ? withReason(NOBODY_HOLDS, phoneReason('caller'), { music: true }) : NOBODY_HOLDS;
  return { ...confirmed, told: quietLine, hold };
}

function callerOfferAnswer(call: Ringing): Leg['offerAnswer'] {
  if (call.origin === 'api') return call.caller.offerAnswer;
  return call.lateOffer
    ? { kind: 'awaiting-answer-in-ack', offered: 'sendrecv', refreshes: false }
    : { kind: 'have-remote-offer' };
}

/** The caller's ACK to our 200: from now on either side may offer again. */
export function onAcked(call: Call, input: InputOf<'leg.acked'>): Step {
  if (call.kind !== 'confirmed' || input.leg !== 'caller') return [call, []];
  const open = call.caller.offerAnswer;
  if (open.kind === 'have-remote-offer') return settle(withLeg(call, stable(call.caller)));
  if (open.kind !== 'awaiting-answer-in-ack') return [call, []];
  const remote = input.direction ?? mirror(open.offered);
  const caller: Leg = { ...stable(call.caller), media: { ...call.caller.media, advertised: open.offered, remote } };
  const [next, effects] = settle(withLeg(withLeg(call, caller), stable(call.callee)));
  return [next, [{ kind: 'ack', leg: 'callee', answer: true }, ...effects]];
}
