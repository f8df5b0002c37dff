/**
 * call-view: a call as the outside may see it.
 */
import type { Call, Confirmed } from '#core/call.js';
import { holdView, noHoldView } from '#core/hold-view.js';
import { assertNever } from '#kit/errors.js';
import type { CallState, CallView } from './commands.js';

export function viewOf(call: Call): CallView {
  const answeredMs = call.kind === 'confirmed' || call.kind === 'terminated' ? call.answeredMs : undefined;
  return {
    id: call.id,
    origin: call.conference === undefined ? call.origin : 'conference',
    state: stateOf(call),
    parties: call.parties,
    createdAt: iso(call.createdMs),
    ...(call.alertingMs === undefined ? {} : { ringingAt: iso(call.alertingMs) }),
    ...(answeredMs === undefined ? {} : { answeredAt: iso(answeredMs) }),
    hold: call.kind === 'confirmed' ? holdView(call) : noHoldView(call.kind === 'ringing' ? call.caller : undefined),
    ...(call.kind === 'confirmed' ? mutedIn(call) : {}),
    ...(call.conference === undefined ? {} : { conference: call.conference }),
    ...(call.kind === 'terminated'
      ? { endedAt: iso(call.endedMs), end: { cause: call.cause, status: call.status, reason: call.reason } }
      : {}),
  };
}

function mutedIn({ caller, callee }: Confirmed): Pick<CallView, 'muted'> {
  const muted = { caller: caller.silenced === true, callee: callee.silenced === true };
  return muted.caller || muted.callee ? { muted } : {};
}

export function stateOf(call: Call): CallState {
  switch (call.kind) {
    case 'trying':
      return call.alertingMs === undefined ? 'trying' : 'ringing';
    case 'ringing':
      return call.alertingMs === undefined && call.origin === 'phone' ? 'trying' : 'ringing';
    case 'confirmed':
      return call.hold.size > 0 ? 'held' : 'in-call';
    case 'terminated':
      return 'ended';
    default:
      return assertNever(call);
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
