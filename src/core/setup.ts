/**
 * setup: trying → ringing → confirmed, for calls from phones and for calls the API asked for (RFC 3725 flow IV).
 */
import type { Call, Confirmed, Ringing, Step, Trying } from './call.js';
import { answerTo, type Direction } from './direction.js';
import { withRingback } from './early.js';
import type { Effect } from './effects.js';
import { NOBODY_HOLDS, wantedDirection } from './hold.js';
import { QUIET_LINE } from './hold-view.js';
import type { Input } from './inputs.js';
import type { CallId, Leg, LegRole } from './leg.js';
import { PLAIN_PARTIES, type PartyTraits } from './party.js';
import { settle, stable, withLeg } from './settle.js';
import { awaitsAnswer, end } from './teardown.js';
import { onJoinRequested } from './transfer.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

export type NewCall = Readonly<{
  id: CallId;
  origin: Call['origin'];
  caller: string;
  callee: string;
  conference?: string | undefined;
  createdMs: number;
  traits?: PartyTraits | undefined;
  /** A dialog of another call that is to be the callee's leg. */
  adopted?: Leg | undefined;
}>;

export function newCall(facts: NewCall): Trying {
  return {
    kind: 'trying',
    id: facts.id,
    origin: facts.origin,
    parties: { caller: facts.caller, callee: facts.callee },
    ...(facts.conference === undefined ? {} : { conference: facts.conference }),
    createdMs: facts.createdMs,
    traits: facts.traits ?? PLAIN_PARTIES,
    ...(facts.adopted === undefined ? {} : { adopted: adoptable(facts.adopted) }),
    // The phone that called us made the Call-ID; where we call, we made it (RFC 3261 §14.1 asks).
    caller: newLeg('caller', facts.origin === 'api'),
  };
}

/** It keeps its dialog, who made the Call-ID and whether it is muted; what was agreed there about holds and music is over. */
function adoptable(leg: Leg): Leg {
  const { music: _elsewhere, ...media } = leg.media;
  const { refused: _refused, halfOpen: _halfOpen, refreshing: _refreshing, playing: _playing, ...rest } = leg;
  return { ...rest, role: 'callee', media: { ...media, advertised: 'sendrecv', sound: 'none', stale: false }, glares: 0 };
}

export const newLeg = (role: LegRole, ownsCallId: boolean): Leg => ({
  role,
  dialog: 'early',
  offerAnswer: { kind: 'stable' },
  media: { advertised: 'sendrecv', remote: 'sendrecv', sound: 'none', stale: false },
  ownsCallId,
  glares: 0,
});

export function onInvite(call: Call, input: InputOf<'invite.received'>, atMs: number): Step {
  if (call.kind !== 'trying' || call.origin !== 'phone') return [call, []];
  if (input.callee === 'unknown') return end(call, 'refused', atMs, { status: 404, reason: 'Not Found' });
  if (input.callee === 'not-registered') return end(call, 'refused', atMs, { status: 480, reason: 'Temporarily Unavailable' });
  const lateOffer = input.offered === undefined;
  const caller: Leg = { ...call.caller, media: { ...call.caller.media, remote: input.offered ?? 'sendrecv' } };
  return [
    {
      ...call,
      kind: 'ringing',
      caller,
      callee: call.adopted ?? newLeg('callee', true),
      lateOffer,
      hold: NOBODY_HOLDS,
      earlyMedia: false,
    },
    [
      { kind: 'dial', leg: 'callee', offer: lateOffer ? 'none' : 'from-peer' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

export function onSetupRequested(call: Call): Step {
  if (call.kind !== 'trying' || call.origin === 'phone') return [call, []];
  if (call.origin === 'transfer') return onJoinRequested(call, newLeg('callee', true));
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
    if (call.origin !== 'api' || input.leg !== 'caller' || call.alertingMs !== undefined) return [call, []];
    return [{ ...call, alertingMs: atMs }, [ringing(call, 'caller')]];
  }
  if (call.kind !== 'ringing' || input.leg !== 'callee') return [call, []];
  const first: Effect[] = call.alertingMs === undefined ? [ringing(call, 'callee')] : [];
  const alertingMs = call.alertingMs ?? atMs;
  if (call.origin === 'api') {
    const [next, effects] = earlyMediaToAnsweredCaller({ ...call, alertingMs }, input.earlyMedia);
    return [next, [...first, ...effects]];
  }
  if (call.origin === 'transfer') return [{ ...call, alertingMs }, first]; // who waits hears music, and goes on hearing it
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
  const [next, effects] = withRingback({ ...call, earlyMedia: true });
  return [next, [...effects, { kind: 'bridge-early' }]];
}

const quiet = (leg: Leg): Leg => ({ ...leg, media: { ...leg.media, sound: 'none' } });

export function onAnswered(call: Call, input: InputOf<'leg.answered'>, atMs: number): Step {
  if (!awaitsAnswer(call, input.leg)) return [call, []];
  if (input.direction === undefined) return answeredWithoutSdp(call, input.leg, atMs);
  if (call.kind === 'trying') return callerAnswered(call, { ...input, direction: input.direction });
  if (call.kind === 'ringing') return calleeAnswered(call, { ...input, direction: input.direction }, atMs);
  return [call, []];
}

/** RFC 3261 §13.2.1: the first 2xx must carry the session; without it there is nothing to connect. */
function answeredWithoutSdp(call: Call, role: LegRole, atMs: number): Step {
  const [next, effects] = end(withDialog(call, role), 'refused', atMs, {
    status: 488,
    reason: 'answered without a session description',
  });
  return [next, [{ kind: 'ack', leg: role, answer: false }, ...effects]];
}

/** The 2xx made the dialog, whatever was missing in it. */
function withDialog(call: Call, role: LegRole): Call {
  if (role === 'caller') return call.kind === 'trying' ? { ...call, caller: { ...call.caller, dialog: 'confirmed' } } : call;
  return call.kind === 'ringing' ? { ...call, callee: { ...call.callee, dialog: 'confirmed' } } : call;
}

type Answered = InputOf<'leg.answered'> & Readonly<{ direction: NonNullable<InputOf<'leg.answered'>['direction']> }>;

/** RFC 3725 flow IV: the caller has answered our own offer; it hears ringback while the callee is dialled. */
function callerAnswered(call: Trying, input: Answered): Step {
  const caller: Leg = { ...call.caller, dialog: 'confirmed', media: { ...call.caller.media, remote: input.direction } };
  const [next, ringback] = withRingback({
    ...call,
    kind: 'ringing',
    caller,
    callee: newLeg('callee', true),
    lateOffer: false,
    hold: NOBODY_HOLDS,
    earlyMedia: false,
    alertingMs: undefined,
  });
  return [
    next,
    [
      { kind: 'ack', leg: 'caller', answer: false },
      { kind: 'apply-answer', leg: 'caller' },
      ...ringback,
      { kind: 'dial', leg: 'callee', offer: 'from-peer' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

function calleeAnswered(call: Ringing, input: Answered, atMs: number): Step {
  const confirmed = confirm(call, input, atMs);
  const answered: Effect = { kind: 'publish', event: { kind: 'call.answered', callId: call.id, parties: call.parties } };
  const effects = call.origin === 'phone' ? connectPhone(call) : connectOurs(call);
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

/** Nobody waits for our answer: the caller has been asked by us, or comes over from another call now. */
function connectOurs(call: Ringing): Effect[] {
  if (call.origin === 'transfer')
    return [
      { kind: 'ack', leg: 'callee', answer: false },
      { kind: 'apply-answer', leg: 'callee' },
      { kind: 'take-over', leg: 'caller' },
    ];
  const stop: Effect[] = call.caller.media.sound === 'ringback' ? [{ kind: 'stop-sound', leg: 'caller' }] : [];
  return [{ kind: 'ack', leg: 'callee', answer: false }, ...stop, { kind: 'apply-answer', leg: 'callee' }];
}

function confirm(call: Ringing, input: Answered, atMs: number): Confirmed {
  const halfOpen = call.lateOffer ? true : undefined;
  const callee: Leg = {
    ...call.callee,
    dialog: 'confirmed',
    media: { ...call.callee.media, remote: input.direction },
    offerAnswer: call.lateOffer ? { kind: 'have-remote-offer' } : { kind: 'stable' },
    halfOpen,
  };
  const caller: Leg =
    call.origin === 'transfer'
      ? call.caller // it arrives in a moment
      : { ...quiet(call.caller), dialog: 'confirmed', offerAnswer: callerOfferAnswer(call), halfOpen };
  const { kind: _kind, lateOffer: _late, earlyMedia: _early, adopted: _adopted, forwards: _forwards, ...common } = call;
  return {
    ...common,
    kind: 'confirmed',
    caller,
    callee,
    answeredMs: atMs,
    gated: false,
    muted: { caller: false, callee: false },
    told: QUIET_LINE,
  };
}

function callerOfferAnswer(call: Ringing): Leg['offerAnswer'] {
  if (call.origin !== 'phone') return call.caller.offerAnswer;
  return call.lateOffer
    ? { kind: 'awaiting-answer-in-ack', offered: 'sendrecv', refreshes: false }
    : { kind: 'have-remote-offer' };
}

/** The caller's ACK to our 200: from now on either side may offer again. */
export function onAcked(call: Call, input: InputOf<'leg.acked'>, atMs: number): Step {
  if (call.kind !== 'confirmed' || input.leg !== 'caller') return [call, []];
  const open = call.caller.offerAnswer;
  if (open.kind === 'have-remote-offer' && open.before === undefined) return settle(withLeg(call, stable(call.caller)));
  if (open.kind !== 'awaiting-answer-in-ack' || call.caller.halfOpen !== true) return [call, []];
  // RFC 3261 §13.2.1: where the offer was in the 2xx the ACK must carry the answer; without it nobody can be connected.
  if (input.direction === undefined) return end(call, 'refused', atMs, { status: 488, reason: 'the ACK carried no answer' });
  return answeredLate(call, open.offered, input.direction);
}

/** Late offer: the caller's answer becomes the callee's, who is told of a hold in it where there is one by now. */
function answeredLate(call: Confirmed, offered: Direction, remote: Direction): Step {
  const whole = (leg: Leg, media: Partial<Leg['media']>): Leg => ({
    ...stable(leg),
    halfOpen: undefined,
    media: { ...leg.media, ...media },
  });
  const caller = whole(call.caller, { advertised: offered, remote });
  const advertised = wantedDirection(call.hold, 'callee', call.traits.modes.callee);
  const callee = whole(call.callee, { advertised });
  const direction = answerTo(callee.media.remote, advertised);
  const [next, effects] = settle(withLeg(withLeg(call, caller), callee));
  return [next, [{ kind: 'ack', leg: 'callee', answer: true, direction }, ...effects]];
}
