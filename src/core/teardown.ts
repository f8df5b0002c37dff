/**
 * teardown: CANCEL, BYE, refusals, timeouts. However a call ends, both legs end, media is deleted and the outside hears of it once.
 */
import type { Call, Confirmed, Step, Terminated } from './call.js';
import type { Effect } from './effects.js';
import type { EndCause, HoldReason } from './events.js';
import { onHoldExpired, onHoldReminder } from './expiry.js';
import type { Input, TimerName } from './inputs.js';
import { LEG_ROLES, otherLeg, type Leg, type LegRole } from './leg.js';
import { onGlareOver } from './modify.js';
import { lastPlays, onPlayTimer } from './play.js';
import { onSessionTimer } from './session.js';
import { mayLeave, onJoinAgain, onJoinMet, onLeft } from './transfer.js';
import { onTryAgain } from './unreached.js';
import { onUntold } from './settle.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;
type Live = Exclude<Call, Terminated>;

type EndFacts = Readonly<{
  status?: number | undefined;
  reason?: string | undefined;
  /** The leg that is gone already and needs no word from us. */
  gone?: LegRole | 'both' | undefined;
  /** Where its parties go on. */
  conferenceId?: string | undefined;
}>;

/** Ends the call: every leg that is not gone is refused, cancelled or hung up, according to how far it had come. */
export function end(call: Call, cause: EndCause, atMs: number, facts: EndFacts = {}): Step {
  if (call.kind === 'terminated') return [call, []];
  const { status, reason, gone, conferenceId } = facts;
  const terminated: Terminated = {
    kind: 'terminated',
    id: call.id,
    origin: call.origin,
    parties: call.parties,
    conference: call.conference,
    createdMs: call.createdMs,
    traits: call.traits,
    cause,
    status,
    reason,
    alertingMs: call.alertingMs,
    answeredMs: call.kind === 'confirmed' ? call.answeredMs : undefined,
    endedMs: atMs,
  };
  const legs = LEG_ROLES.flatMap((role) => [
    ...lastAck(call, role),
    ...(role === gone || gone === 'both' ? [] : endLeg(call, role, cause, facts)),
  ]);
  const untold: TimerName[] = call.kind === 'confirmed' && call.untold !== undefined ? ['untold'] : [];
  const legTimers = LEG_ROLES.flatMap((role) => timersOf(call, role));
  const timers: TimerName[] = ['ring', 'glare-caller', 'glare-callee', ...untold, ...legTimers];
  return [
    terminated,
    [
      ...legs,
      ...timers.map((timer): Effect => ({ kind: 'stop-timer', timer })),
      ...(call.kind === 'confirmed' ? lastPlays(call) : []),
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
          conferenceId: conferenceId ?? call.conference,
        },
      },
    ],
  ];
}

const legOf = (call: Live, role: LegRole): Leg | undefined =>
  role === 'caller' ? call.caller : call.kind === 'trying' ? undefined : call.callee;

const timersOf = (call: Live, role: LegRole): TimerName[] => {
  const { session, unreached } = legOf(call, role) ?? {};
  const sessions: TimerName[] = session === undefined ? [] : [`session-${role}`];
  return unreached === undefined ? sessions : [...sessions, `again-${role}`];
};

/** RFC 3261 §13.2.2.4: a 2xx is acknowledged also where the call ends instead; the callee of a late offer waits for it. */
function lastAck(call: Live, role: LegRole): Effect[] {
  const waits = role === 'callee' && call.kind === 'confirmed' && call.callee.halfOpen === true;
  return waits ? [{ kind: 'ack', leg: role, answer: false }] : [];
}

function endLeg(call: Live, role: LegRole, cause: EndCause, { status, reason }: EndFacts): Effect[] {
  const leg = legOf(call, role);
  if (leg === undefined || leg.dialog === 'terminated') return [];
  const text = reason ?? cause;
  if (leg.dialog === 'confirmed') return [{ kind: 'send-bye', leg: role, cause: status ?? 16, text }];
  const weAreUas = role === 'caller' && call.origin === 'phone';
  if (!weAreUas) return [{ kind: 'cancel', leg: role, cause: status ?? 487, text }];
  if (status === undefined) return [{ kind: 'refuse', leg: role, status: 480 }];
  const isOurOwn = cause === 'shutdown' || cause === 'media-lost';
  const passed = isOurOwn ? status : passedOn(status);
  return [{ kind: 'refuse', leg: role, status: passed, reason: passed === status ? reason : undefined }];
}

/**
 * What speaks of our own request alone: of its credentials, its extensions, its dialog, or of a header field that the answer
 * must carry (Allow, Unsupported, Require, Min-SE, Min-Expires, Allow-Events, Security-Server). RFC 3261 §16.7 step 6 says of
 * 503: "do not send me more", which is not true of us.
 */
const ITS_OWN_LEG_ONLY: ReadonlySet<number> = new Set([401, 405, 407, 420, 421, 422, 423, 481, 489, 491, 494, 503]);

/** What one leg's refusal becomes on the other: most pass as they are (404, 480, 486, 603 ...), some mean something only on their own leg. */
export function passedOn(status: number): number {
  if (status < 400) return 480; // a redirect we do not follow: the phone is not to be had there
  return ITS_OWN_LEG_ONLY.has(status) ? 500 : status;
}

/** We have called this leg, and it has not answered yet. */
export const awaitsAnswer = (call: Call, role: LegRole): boolean =>
  (call.kind === 'trying' && call.origin === 'api' && role === 'caller') || (call.kind === 'ringing' && role === 'callee');

export function onRefused(call: Call, input: InputOf<'leg.refused'>, atMs: number): Step {
  if (!awaitsAnswer(call, input.leg)) return [call, []];
  const again = input.status === 491 && input.leg === 'callee' && call.kind === 'ringing' ? onJoinMet(call) : undefined;
  if (again !== undefined) return again;
  // A dialog that came from another call is still there when it refuses to be connected, and hears that this is the end.
  const gone = input.leg === 'callee' && call.kind === 'ringing' && call.adopted !== undefined ? undefined : input.leg;
  return end(call, 'refused', atMs, { status: input.status, reason: input.reason, gone });
}

/** RFC 3261 §9.2: the engine has answered 200 to the CANCEL and 487 to the INVITE already. */
export function onCancel(call: Call, atMs: number): Step {
  if (call.kind === 'confirmed') return [call, []]; // it came too late: our 200 is on its way
  return end(call, 'caller-cancelled', atMs, { status: 487, reason: 'Request Terminated', gone: 'caller' });
}

/** A conference is a program: it is no phone that has ended this call. */
const byeOfCaller = ({ conference }: Live): EndCause => (conference === undefined ? 'caller-hung-up' : 'controller-hung-up');

export function onBye(call: Call, role: LegRole, atMs: number): Step {
  if (call.kind === 'terminated') return [call, []];
  const cause = role === 'caller' ? byeOfCaller(call) : 'callee-hung-up';
  if (call.kind === 'confirmed' && mayLeave(call, role) && call[otherLeg(role)].dialog === 'confirmed') return onLeft(call, role);
  if (legOf(call, role)?.dialog === 'confirmed') return end(call, cause, atMs, { gone: role });
  // RFC 3261 §15.1.2: the INVITE of an early dialog is still open after a BYE, and ends as one that was cancelled.
  return end(call, cause, atMs, { status: 487, reason: 'Request Terminated' });
}

/** The dialog is gone without a BYE from the phone. A BYE is sent all the same: where nobody is, it does no harm. */
export function onLost(call: Call, role: LegRole, why: string, atMs: number): Step {
  if (call.kind === 'confirmed' && call[role].dialog === 'terminated') return [call, []]; // that party has left already
  if (call.kind === 'confirmed' && mayLeave(call, role) && call[otherLeg(role)].dialog === 'confirmed') {
    const [next, effects] = onLeft(call, role);
    return [next, [{ kind: 'send-bye', leg: role, cause: 16, text: why }, ...effects]];
  }
  return end(call, role === 'caller' ? 'caller-lost' : 'callee-lost', atMs, { reason: why });
}

export const onHangup = (call: Call, atMs: number): Step => end(call, 'controller-hung-up', atMs);

/** Once it is answered it can be hung up, and no longer be rejected. */
export const onReject = (call: Call, { status, reason }: InputOf<'reject.requested'>, atMs: number): Step =>
  call.kind === 'confirmed' ? [call, []] : end(call, 'refused', atMs, { status, reason });

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
    case 'glare-callee':
      if (call.kind === 'ringing') return onJoinAgain(call);
      return call.kind === 'confirmed' ? onGlareOver(call, roleIn(timer)) : [call, []];
    case 'again-caller':
    case 'again-callee':
      return call.kind === 'confirmed' ? onTryAgain(call, roleIn(timer)) : [call, []];
    case 'session-caller':
    case 'session-callee':
      return call.kind === 'confirmed' ? onSessionTimer(call, roleIn(timer), atMs) : [call, []];
    case 'untold':
      return call.kind === 'confirmed' ? onUntold(call) : [call, []];
    case 'play-caller':
    case 'play-callee':
      return call.kind === 'confirmed' ? onPlayTimer(call, roleIn(timer), atMs) : [call, []];
    default:
      return call.kind === 'confirmed' ? onHoldTimer(call, timer, atMs) : [call, []];
  }
}

const roleIn = (timer: `${'glare' | 'again' | 'session' | 'play'}-${LegRole}`): LegRole =>
  timer.endsWith('caller') ? 'caller' : 'callee';

function onHoldTimer(call: Confirmed, timer: `hold-${'max' | 'remind'}-${HoldReason}`, atMs: number): Step {
  const isMax = timer.startsWith('hold-max-');
  const reason = timer.slice(isMax ? 'hold-max-'.length : 'hold-remind-'.length) as HoldReason;
  return isMax ? onHoldExpired(call, reason, atMs) : onHoldReminder(call, reason);
}
