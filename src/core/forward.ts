/**
 * forward: a call that rings at one phone rings at another one instead. The caller keeps its call and its dialog, and hears nothing
 * of it. Whether the other phone is to be had is decided in calls/.
 */
import type { Call, Ringing, Step } from './call.js';
import type { Effect } from './effects.js';
import { phoneReason, withoutReason } from './hold.js';
import { withRingback } from './early.js';
import type { Input } from './inputs.js';
import type { Leg } from './leg.js';
import { newLeg } from './setup.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

/** A dialog that comes from another call does not ring, and is not ours to leave. */
export const mayForward = (call: Call): call is Ringing => call.kind === 'ringing' && call.adopted === undefined;

export function onForwardRequested(call: Call, { to, traits, autoAnswer }: InputOf<'forward.requested'>): Step {
  if (!mayForward(call)) return [call, []];
  const forwards = (call.forwards ?? 0) + 1;
  const parties = { ...call.parties, callee: to };
  const [next, ringback] = withRingback({
    ...call,
    parties,
    traits,
    forwards,
    caller: unsure(call),
    callee: newLeg('callee', true),
    hold: withoutReason(call.hold, phoneReason('callee')),
    earlyMedia: false,
    alertingMs: undefined, // the other phone has not rung yet
  });
  const why = autoAnswer ? { cause: 200, text: 'Call completed elsewhere' } : { cause: 302, text: 'forwarded' };
  const cancel: Effect = { kind: 'cancel', leg: 'callee', ...why };
  return [
    next,
    [
      cancel,
      { kind: 'publish', event: { kind: 'call.forwarded', callId: call.id, parties, from: call.parties.callee, to } },
      ...ringback,
      { kind: 'dial', leg: 'callee', offer: call.lateOffer ? 'none' : 'from-peer', again: { forwards, autoAnswer } },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

/** RFC 3261 §13.2.1: a phone believes the first answer it gets. One that was made of the old callee's early media is mended by a re-INVITE. */
function unsure({ caller, origin, earlyMedia }: Ringing): Leg {
  return origin === 'phone' && earlyMedia ? { ...caller, media: { ...caller.media, stale: true } } : caller;
}

/** The call has been forwarded while this waited for its turn: another phone is dialled. */
export const isOvertaken = (call: Call, { leg, again }: Extract<Effect, { kind: 'dial' }>): boolean =>
  leg === 'callee' && call.kind === 'ringing' && (call.forwards ?? 0) !== (again?.forwards ?? 0);
