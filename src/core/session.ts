/**
 * session: RFC 4028 session timers as rules: whose turn it is to refresh, and when a dialog counts as dead. The refresh itself goes
 * through the same lane as every re-INVITE (settle.ts), so it never meets one and never says anything but what was agreed last.
 */
import type { Call, Confirmed, Step, Terminated } from './call.js';
import type { Effect } from './effects.js';
import type { Input } from './inputs.js';
import type { Leg, LegRole, Session } from './leg.js';
import { settle, withLeg } from './settle.js';
import { onLost } from './teardown.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

/** A refresh that was refused for a passing reason is tried again after so long, as long as the session lasts. */
const AGAIN_MS = 5000;

/** RFC 4028 §7.2, §10: the refresher speaks at half of the interval. */
const turnMs = ({ intervalSec }: Session): number => (intervalSec * 1000) / 2;

/** RFC 4028 §10: who waits hangs up a little before the end: a third of the interval, but no more than 32 s before. */
const endMs = ({ intervalSec }: Session): number => (intervalSec - Math.min(32, intervalSec / 3)) * 1000;

/** A 2xx has agreed on a session, or on none; every one starts the time anew. */
export function onSessionAgreed(call: Exclude<Call, Terminated>, input: InputOf<'session.agreed'>): Step {
  const { intervalSec, weRefresh, byUpdate } = input;
  const leg = input.leg === 'caller' ? call.caller : call.kind === 'trying' ? undefined : call.callee;
  if (leg === undefined || leg.dialog === 'terminated') return [call, []];
  if (intervalSec === undefined) {
    const { session: before, ...without } = leg;
    return [put(call, without), before === undefined ? [] : [{ kind: 'stop-timer', timer: `session-${leg.role}` }]];
  }
  const session: Session = { intervalSec, weRefresh, byUpdate, turn: 'not-yet' };
  return [put(call, { ...leg, session }), [sessionTimer(leg.role, session)]];
}

const put = (call: Exclude<Call, Terminated>, leg: Leg): Call => ({ ...call, [leg.role]: leg });

/** How long until this session asks for something again. */
export function sessionTimer(role: LegRole, session: Session): Effect {
  return { kind: 'start-timer', timer: `session-${role}`, ms: session.weRefresh ? turnMs(session) : endMs(session) };
}

export function onSessionTimer(call: Confirmed, role: LegRole, atMs: number): Step {
  const leg = call[role];
  const { session } = leg;
  if (session === undefined || leg.dialog === 'terminated') return [call, []];
  // RFC 4028 §10: nobody has refreshed it. A phone that is gone says nothing, and its call must not last for ever.
  if (!session.weRefresh || session.turn === 'due') return onLost(call, role, 'the session was not refreshed', atMs);
  const left = endMs(session) - turnMs(session);
  const [next, effects] = settle(withLeg(call, { ...leg, session: { ...session, turn: 'due' } }));
  return [next, [{ kind: 'start-timer', timer: `session-${role}`, ms: left }, ...effects]];
}

export function onRefreshAnswered(call: Confirmed, role: LegRole): Step {
  return settle(withLeg(call, refreshed(call[role])));
}

/** The 2xx of a refresh; what it agreed on has come before it. */
export function refreshed(leg: Leg): Leg {
  const { refreshing: _over, ...rest } = leg;
  return rest.session?.turn === 'due' ? { ...rest, session: { ...rest.session, turn: 'not-yet' } } : rest;
}

export function onRefreshRefused(call: Confirmed, input: InputOf<'refresh.refused'>, atMs: number): Step {
  const { refreshing: out, ...leg } = call[input.leg];
  if (out === undefined) return [call, []];
  // RFC 4028 §10, RFC 5057 §5.1: nobody there, or no such dialog.
  if (input.status === 408 || input.status === 481) return onLost(call, input.leg, `${input.status} ${input.reason}`, atMs);
  // What will not have an UPDATE has to have a re-INVITE (RFC 4028 §7.4).
  const session = leg.session === undefined ? {} : { session: { ...leg.session, byUpdate: false } };
  return settle(withLeg(call, { ...leg, ...session }));
}

/**
 * Our re-INVITE that only refreshed was refused: the hold of the call has nothing to do with it. It is asked again in a little while,
 * until the session's time is up.
 */
export function onRefreshReinviteRefused(call: Confirmed, leg: Leg, retryAfterSec: number | undefined): Step {
  const waiting: Leg = { ...leg, offerAnswer: { kind: 'glare-wait' } };
  const ms = retryAfterSec === undefined ? AGAIN_MS : Math.min(retryAfterSec, 30) * 1000;
  return [withLeg(call, waiting), [{ kind: 'start-timer', timer: `glare-${leg.role}`, ms }]];
}
