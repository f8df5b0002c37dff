/**
 * expiry: what becomes of a hold whose time is up, and of a holder who is to be reminded that somebody waits.
 */
import type { Confirmed, Step } from './call.js';
import type { CallEvent, HoldReason } from './events.js';
import { holderOf, withoutReason } from './hold.js';
import { expiryTimer, reminderTimer, type OnExpiry } from './hold-policy.js';
import type { Effect } from './effects.js';
import { LEG_ROLES } from './leg.js';
import { changeWish, settle } from './settle.js';
import { end } from './teardown.js';
import { leavingOf, ringBack } from './transfer.js';
import { assertNever } from '#kit/errors.js';

export function onHoldExpired(call: Confirmed, reason: HoldReason, atMs: number): Step {
  const policy = call.hold.get(reason)?.policy;
  if (policy === undefined) return [call, []];
  // Who waits for the one it is connected with next is not hung up, nor given back: the hold has its time once more when that has failed.
  if (isBeingTransferred(call)) return [call, again(reason, call)];
  const holder = holderOf(reason);
  // A program has no phone that could ring.
  const onExpiry: OnExpiry =
    policy.onExpiry.kind === 'ring-holder' && holder === undefined ? { kind: 'resume' } : policy.onExpiry;
  const told = publish({ kind: 'hold.expired', callId: call.id, parties: call.parties, reason, action: actionOf(onExpiry) });
  switch (onExpiry.kind) {
    case 'hangup': {
      const [next, effects] = end(call, 'hold-expired', atMs);
      return [next, [told, ...effects]];
    }
    case 'resume':
      return resume(call, reason, told);
    case 'ring-holder':
      return [call, [told, ringBack(call, holder ?? leavingOf(call)), ...again(reason, call)]];
    case 'transfer':
      return [call, [told, ringBack(call, holder ?? leavingOf(call), onExpiry.to), ...again(reason, call)]];
    default:
      return assertNever(onExpiry);
  }
}

const isBeingTransferred = ({ hold }: Confirmed): boolean => LEG_ROLES.some((role) => hold.has(`${role}-transfer`));

function resume(call: Confirmed, reason: HoldReason, told: Effect): Step {
  const [next, effects] = settle(changeWish(call, withoutReason(call.hold, reason)));
  return [next, [told, ...effects]];
}

/** Where nobody answers, the hold goes on and has its time once more, and its reminders with it. */
function again(reason: HoldReason, call: Confirmed): Effect[] {
  const policy = call.hold.get(reason)?.policy;
  const timers = [expiryTimer(reason, policy), reminderTimer(reason, policy)];
  return timers.flatMap((timer): Effect[] => (timer === undefined ? [] : [{ kind: 'start-timer', ...timer }]));
}

export function onHoldReminder(call: Confirmed, reason: HoldReason): Step {
  const timer = reminderTimer(reason, call.hold.get(reason)?.policy);
  if (timer === undefined) return [call, []];
  const holder = holderOf(reason);
  const there = holder !== undefined && call[holder].dialog === 'confirmed';
  return [
    call,
    [
      publish({ kind: 'hold.reminder', callId: call.id, parties: call.parties, reason }),
      ...(there ? [{ kind: 'remind', leg: holder } as const] : []),
      { kind: 'start-timer', ...timer },
    ],
  ];
}

const publish = (event: CallEvent): Effect => ({ kind: 'publish', event });

const actionOf = (onExpiry: OnExpiry): string => (onExpiry.kind === 'transfer' ? `transfer:${onExpiry.to}` : onExpiry.kind);
