/**
 * teardown: CANCEL, BYE, refusals, timeouts. However a call ends, both legs end, media is deleted and the outside hears of it once.
 */
import type { Call, Step, Terminated } from './call.js';
import type { Effect } from './effects.js';
import type { EndCause } from './events.js';
import type { Input, TimerName } from './inputs.js';
import { LEG_ROLES, type Leg, type LegRole } from './leg.js';
import { onGlareOver } from './modify.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;
type Live = Exclude<Call, Terminated>;

type EndFacts = Readonly<{
  status?: number | undefined;
  reason?: string | undefined;
  /** The leg that is gone already and needs no word from us. */
  gone?: LegRole | undefined;
}>;

/** Ends the call: every leg that is not gone is refused, cancelled or hung up, according to how far it had come. */
export function end(call: Call, cause: EndCause, atMs: number, facts: EndFacts = {}): Step {
  if (call.kind === 'terminated') return [call, []];
  const { status, reason, gone } = facts;
  const terminated: Terminated = {
    kind: 'terminated',
    id: call.id,
    origin: call.origin,
    parties: call.parties,
    createdMs: call.createdMs,
    cause,
    status,
    reason,
    alertingMs: call.alertingMs,
    answeredMs: call.kind === 'confirmed' ? call.answeredMs : undefined,
    endedMs: atMs,
  };
  const legs = LEG_ROLES.filter((role) => role !== gone).flatMap((role) => endLeg(call, role, status, reason ?? cause));
  const timers: TimerName[] = ['ring', 'glare-caller', 'glare-callee'];
  return [
    terminated,
    [
      ...legs,
      ...timers.map((timer): Effect => ({ kind: 'stop-timer', timer })),
      { kind: 'delete-media' },
      {
        kind: 'publish',
        event: {
          kind: 'call.ended',
          callId: call.id,
          parties: call.parties,
          cause,
          status,
          reason,
          answered: call.kind === 'confirmed',
        },
      },
    ],
  ];
}

function endLeg(call: Live, role: LegRole, status: number | undefined, text: string): Effect[] {
  const leg: Leg | undefined = role === 'caller' ? call.caller : call.kind === 'trying' ? undefined : call.callee;
  if (leg === undefined || leg.dialog === 'terminated') return [];
  if (leg.dialog === 'confirmed') return [{ kind: 'send-bye', leg: role, cause: status ?? 16, text }];
  const weAreUas = role === 'caller' && call.origin === 'phone';
  if (weAreUas) return [{ kind: 'refuse', leg: role, status: passedOn(status ?? 480), reason: text }];
  return [{ kind: 'cancel', leg: role, cause: status ?? 487, text }];
}

/** What one leg's refusal becomes on the other: most pass as they are (404, 480, 486, 603 ...), some mean something only on their own leg. */
export function passedOn(status: number): number {
  if (status < 400) return 480; // a redirect we do not follow: the phone is not to be had there
  if (status === 401 || status === 407 || status === 481 || status === 491) return 500;
  if (status === 503) return 500; // RFC 3261 §16.7 step 6: a 503 says "do not send me more", which is not true of us
  return status;
}

export function onRefused(call: Call, input: InputOf<'leg.refused'>, atMs: number): Step {
  const inTurn = (call.kind === 'trying' && input.leg === 'caller') || (call.kind === 'ringing' && input.leg === 'callee');
  if (!inTurn) return [call, []];
  return end(call, 'refused', atMs, { status: input.status, reason: input.reason, gone: input.leg });
}

/** RFC 3261 §9.2: the engine has answered 200 to the CANCEL and 487 to the INVITE already. */
export function onCancel(call: Call, atMs: number): Step {
  if (call.kind === 'confirmed') return [call, []]; // it came too late: our 200 is on its way
  return end(call, 'caller-cancelled', atMs, { status: 487, reason: 'Request Terminated', gone: 'caller' });
}

export function onBye(call: Call, role: LegRole, atMs: number): Step {
  return end(call, role === 'caller' ? 'caller-hung-up' : 'callee-hung-up', atMs, { gone: role });
}

/** The dialog is gone without a BYE from the phone. A BYE is sent all the same: where nobody is, it does no harm. */
export function onLost(call: Call, role: LegRole, why: string, atMs: number): Step {
  return end(call, role === 'caller' ? 'caller-lost' : 'callee-lost', atMs, { reason: why });
}

export const onHangup = (call: Call, atMs: number): Step => end(call, 'controller-hung-up', atMs);

export const onShutdown = (call: Call, atMs: number): Step =>
  end(call, 'shutdown', atMs, { status: 503, reason: 'Service Unavailable' });

export const onMediaLost = (call: Call, atMs: number): Step =>
  end(call, 'media-lost', atMs, { status: 500, reason: 'the media server was lost' });

export function onTimer(call: Call, timer: TimerName, atMs: number): Step {
  switch (timer) {
    case 'ring':
      if (call.kind === 'confirmed') return [call, []];
      return end(call, 'no-answer', atMs, { status: 408, reason: 'Request Timeout' });
    case 'glare-caller':
      return call.kind === 'confirmed' ? onGlareOver(call, 'caller') : [call, []];
    case 'glare-callee':
      return call.kind === 'confirmed' ? onGlareOver(call, 'callee') : [call, []];
  }
}
