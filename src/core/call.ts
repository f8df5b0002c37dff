/**
 * call: the call as a value, and the one function that changes it.
 * step() names every input and delegates; the rules live in setup.ts, early.ts, modify.ts and teardown.ts.
 */
import { assertNever } from '#kit/errors.js';
import { onEarlyAcked, onEarlyAnswerFailed, onEarlyReinvite } from './early.js';
import type { Effect } from './effects.js';
import type { CallParties, EndCause } from './events.js';
import { onForwardRequested } from './forward.js';
import { NOBODY_HOLDS, type HoldLedger } from './hold.js';
import { policyTimers } from './hold-policy.js';
import type { Input } from './inputs.js';
import type { CallId, Leg, LegRole } from './leg.js';
import type { PartyTraits } from './party.js';
import {
  onAnswerFailed,
  onHoldRequested,
  onReinviteAcked,
  onReinviteAnswered,
  onReinviteReceived,
  onResumeRequested,
} from './modify.js';
import { onMuteRequested, onPlayFailed, onPlayRequested, onQuietRequested } from './play.js';
import { onMediaChanged, onMediaRefused, onSoundFailed } from './media-facts.js';
import { onReinviteRefused } from './refused.js';
import { onAbandoned, onMediaBack, onRestored } from './restore.js';
import { onRefreshAnswered, onRefreshRefused, onSessionAgreed } from './session.js';
import { onAcked, onAnswered, onInvite, onProgressed, onSetupRequested } from './setup.js';
import { onBye, onCancel, onHangup, onLost, onMediaLost, onRefused, onReject, onShutdown, onTimer } from './teardown.js';
import { onArrived, onBothMoved, onDismissed, onMoved, onTransferFailed, onTransferRequested } from './transfer.js';

type Common = Readonly<{
  id: CallId;
  /** `transfer`: its caller comes from another call. */
  origin: 'phone' | 'api' | 'transfer';
  parties: CallParties;
  /** Its caller is this conference, and no phone. */
  conference?: string | undefined;
  createdMs: number;
  traits: PartyTraits;
  /** The callee's dialog exists already: it waits in another call, and is asked by re-INVITE. */
  adopted?: Leg | undefined;
}>;

/** Nobody has been dialled on the callee's side: a phone's INVITE just came in, or the API's caller is being rung. */
export type Trying = Common & Readonly<{ kind: 'trying'; caller: Leg; alertingMs?: number | undefined }>;

/** The callee has been dialled. */
export type Ringing = Common &
  Readonly<{
    kind: 'ringing';
    caller: Leg;
    callee: Leg;
    lateOffer: boolean;
    /** What a caller that the API rang has pressed while the callee rings: it counts from the answer on. */
    hold: HoldLedger;
    alertingMs?: number | undefined;
    earlyMedia: boolean;
    /** How often it has been sent to another phone. */
    forwards?: number | undefined;
  }>;

export type Confirmed = Common &
  Readonly<{
    kind: 'confirmed';
    caller: Leg;
    callee: Leg;
    alertingMs?: number | undefined;
    answeredMs: number;
    /** The wish. */
    hold: HoldLedger;
    /** rtpengine has been told to keep the parties apart. */
    gated: boolean;
    /** Whom it has been told not to pass on: by what the phones said of their directions, and by programs. */
    muted: Readonly<Record<LegRole, boolean>>;
    /** What was last told to the outside, as one comparable line. */
    told: string;
    /** What holds it has changed, and is told when a phone has not answered by the end of a timer. */
    untold?: true | undefined;
    /** It is of a life before, and the outside has not been told yet that it goes on. */
    restored?: true | undefined;
  }>;

export type Terminated = Common &
  Readonly<{
    kind: 'terminated';
    cause: EndCause;
    status?: number | undefined;
    reason?: string | undefined;
    alertingMs?: number | undefined;
    answeredMs?: number | undefined;
    endedMs: number;
  }>;

/** A callee exists only once we have dialled one; a call is held only when it is confirmed. */
export type Call = Trying | Ringing | Confirmed | Terminated;

export type Step = readonly [Call, readonly Effect[]];

/** Nothing happens: the input came too late, or does not concern a call in this state. */
export const nothing = (call: Call): Step => [call, []];

/** The one function that changes a call. Pure: no I/O, no clock; `atMs` is when the input came. */
export function step(call: Call, input: Input, atMs: number): Step {
  if (call.kind === 'terminated') return nothing(call);
  const [next, effects] = stepOf(call, input, atMs);
  const timers = policyTimers(ledgerOf(call), ledgerOf(next));
  return timers.length === 0 ? [next, effects] : [next, [...effects, ...timers]];
}

/** A hold that was pressed before the answer counts from the answer on. */
const ledgerOf = (call: Call): HoldLedger => (call.kind === 'confirmed' ? call.hold : NOBODY_HOLDS);

function stepOf(call: Exclude<Call, Terminated>, input: Input, atMs: number): Step {
  switch (input.kind) {
    case 'invite.received':
      return onInvite(call, input, atMs);
    case 'setup.requested':
      return onSetupRequested(call);
    case 'leg.progressed':
      return onProgressed(call, input, atMs);
    case 'leg.answered':
      return onAnswered(call, input, atMs);
    case 'leg.acked':
      return onAcked(call, input, atMs);
    case 'leg.refused':
      return onRefused(call, input, atMs);
    case 'cancel.received':
      return onCancel(call, atMs);
    case 'bye.received':
      return onBye(call, input.leg, atMs);
    case 'leg.lost':
      return onLost(call, input.leg, input.why, atMs);
    case 'hangup.requested':
      return onHangup(call, atMs);
    case 'shutdown.requested':
      return onShutdown(call, atMs);
    case 'reject.requested':
      return onReject(call, input, atMs);
    case 'forward.requested':
      return onForwardRequested(call, input);
    case 'hold.requested':
      return call.kind === 'confirmed' ? onHoldRequested(call, input) : nothing(call);
    case 'resume.requested':
      return call.kind === 'confirmed' ? onResumeRequested(call, input) : nothing(call);
    case 'reinvite.received':
      return call.kind === 'confirmed' ? onReinviteReceived(call, input) : onEarlyReinvite(call, input);
    case 'reinvite.acked':
      if (call.kind === 'ringing') return onEarlyAcked(call, input);
      return call.kind === 'confirmed' ? onReinviteAcked(call, input) : nothing(call);
    case 'reinvite.answer-failed':
      if (call.kind === 'ringing') return onEarlyAnswerFailed(call, input.leg);
      return call.kind === 'confirmed' ? onAnswerFailed(call, input.leg) : nothing(call);
    case 'reinvite.answered':
      return call.kind === 'confirmed' ? onReinviteAnswered(call, input) : nothing(call);
    case 'reinvite.refused':
      return call.kind === 'confirmed' ? onReinviteRefused(call, input, atMs) : nothing(call);
    case 'timer.fired':
      return onTimer(call, input.timer, atMs);
    case 'media.changed':
      return call.kind === 'confirmed' ? onMediaChanged(call, input) : nothing(call);
    case 'media.refused':
      return onMediaRefused(call, input, atMs);
    case 'sound.failed':
      return onSoundFailed(call, input.leg);
    case 'media.lost':
      return onMediaLost(call, atMs);
    case 'call.restored':
      return onRestored(call, input, atMs);
    case 'media.back':
      return onMediaBack(call, input.media, atMs);
    case 'call.abandoned':
      return onAbandoned(call, input.why, atMs);
    case 'session.agreed':
      return onSessionAgreed(call, input);
    case 'refresh.answered':
      return call.kind === 'confirmed' ? onRefreshAnswered(call, input.leg) : nothing(call);
    case 'refresh.refused':
      return call.kind === 'confirmed' ? onRefreshRefused(call, input, atMs) : nothing(call);
    case 'transfer.requested':
      return call.kind === 'confirmed' ? onTransferRequested(call, input) : nothing(call);
    case 'transfer.failed':
      return call.kind === 'confirmed' ? onTransferFailed(call, input) : nothing(call);
    case 'mute.requested':
      return call.kind === 'confirmed' ? onMuteRequested(call, input) : nothing(call);
    case 'play.requested':
      return call.kind === 'confirmed' ? onPlayRequested(call, input) : nothing(call);
    case 'quiet.requested':
      return call.kind === 'confirmed' ? onQuietRequested(call, input) : nothing(call);
    case 'play.failed':
      return call.kind === 'confirmed' ? onPlayFailed(call, input) : nothing(call);
    case 'leg.moved':
      return onMoved(call, input, atMs);
    case 'legs.moved':
      return onBothMoved(call, input, atMs);
    case 'leg.arrived':
      return call.kind === 'confirmed' ? onArrived(call, input) : nothing(call);
    case 'leg.dismissed':
      return call.kind === 'confirmed' ? onDismissed(call, input) : nothing(call);
    default:
      return assertNever(input);
  }
}
