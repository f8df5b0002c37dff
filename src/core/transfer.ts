/**
 * transfer: calls that lose one party and go on with the other. The party that stays waits with music, as in any hold, until its
 * dialog moves to the call with whom it is connected next; that call begins here too. Who dials whom is decided in calls/.
 */
import type { Call, Confirmed, Ringing, Step } from './call.js';
import type { Effect } from './effects.js';
import type { HoldReason } from './events.js';
import { endPlay } from './play.js';
import { MOST_GLARES } from './glare.js';
import { holdView } from './hold-view.js';
import { holderOf, NOBODY_HOLDS, withoutReason, withReason, type HoldLedger } from './hold.js';
import type { Input } from './inputs.js';
import { otherLeg, type Leg, type LegRole } from './leg.js';
import { sessionTimer } from './session.js';
import { changeWish, settle, withLeg } from './settle.js';
import { end } from './teardown.js';
import { stopTrying } from './unreached.js';

type InputOf<K extends Input['kind']> = Extract<Input, { kind: K }>;

export const leavingReason = (leaving: LegRole, park: boolean): HoldReason => `${leaving}-${park ? 'park' : 'transfer'}`;

/** This party may hang up without ending the call: the other waits for somebody else. */
export const mayLeave = (call: Confirmed, role: LegRole): boolean =>
  call.hold.has(leavingReason(role, false)) || call.hold.has(leavingReason(role, true));

export function onTransferRequested(call: Confirmed, { leaving, park }: InputOf<'transfer.requested'>): Step {
  const reason = leavingReason(leaving, park);
  // A late offer that is not answered yet needs both of them to be completed.
  if (call.hold.has(reason) || call.callee.halfOpen === true) return [call, []];
  // No policy: whoever leaves has given the party away, and does not want it back by a timer; who is parked waits for whoever comes.
  const before = park ? withoutPolicies(call.hold, leaving) : call.hold;
  return settle(changeWish(call, withReason(before, reason, {})));
}

const withoutPolicies = (ledger: HoldLedger, holder: LegRole): HoldLedger =>
  new Map([...ledger].map(([reason, terms]) => [reason, holderOf(reason) === holder ? { ...terms, policy: undefined } : terms]));

/** Nobody was found: the transferor has the party again, if it is still there. */
export function onTransferFailed(call: Confirmed, { leaving }: InputOf<'transfer.failed'>): Step {
  const reason = leavingReason(leaving, false);
  if (!call.hold.has(reason) || call[leaving].dialog === 'terminated') return [call, []];
  return settle(changeWish(call, withoutReason(call.hold, reason)));
}

/** The party that leaves has hung up, or we have said goodbye to it: the other stays. */
export function onLeft(before: Confirmed, role: LegRole): Step {
  const [call, quiet] = endPlay(before, role, 'stopped');
  const { session: _over, refreshing: _out, unreached: _gone, ...rest } = call[role];
  const gone: Leg = { ...rest, dialog: 'terminated', offerAnswer: { kind: 'stable' }, media: { ...rest.media, sound: 'none' } };
  const { sound } = call[role].media;
  const last: Effect[] = [
    { kind: 'stop-timer', timer: `glare-${role}` },
    { kind: 'stop-timer', timer: `session-${role}` },
    ...stopTrying(call[role]),
    ...(sound === 'none' || sound === 'failed' ? [] : [{ kind: 'stop-sound', leg: role } as const]),
  ];
  const [next, effects] = settle(withLeg(call, gone));
  return [next, [...quiet, ...last, ...effects]];
}

export function onDismissed(call: Confirmed, { leg }: InputOf<'leg.dismissed'>): Step {
  if (call[leg].dialog === 'terminated' || !mayLeave(call, leg)) return [call, []];
  const [next, effects] = onLeft(call, leg);
  return [next, [{ kind: 'send-bye', leg, cause: 16, text: 'transferred' }, ...effects]];
}

/** What is left of this call is its other party, and that one is done. */
export const onMoved = (call: Call, { leg }: InputOf<'leg.moved'>, atMs: number): Step =>
  end(call, 'transferred', atMs, { gone: leg });

/** Nothing is left of this call: its parties go on as members of a conference, and whoever held it holds nobody any more. */
export function onBothMoved(call: Call, { conferenceId }: InputOf<'legs.moved'>, atMs: number): Step {
  const [ended, effects] = end(call, 'conference', atMs, { gone: 'both', conferenceId });
  if (call.kind !== 'confirmed' || call.hold.size === 0) return [ended, effects];
  const hold = holdView({ ...call, hold: NOBODY_HOLDS });
  return [
    ended,
    [{ kind: 'publish', event: { kind: 'hold.changed', callId: call.id, parties: call.parties, holders: [], hold } }, ...effects],
  ];
}

/** A call whose caller waits in another call: its callee is asked while it waits. */
export function onJoinRequested(call: Extract<Call, { kind: 'trying' }>, newCallee: Leg): Step {
  const next: Ringing = {
    ...call,
    kind: 'ringing',
    // It is not ours before somebody has answered: until then it can hang up, or resume, in the call where it waits.
    caller: { ...call.caller, dialog: 'terminated' },
    callee: call.adopted ?? newCallee,
    lateOffer: false,
    hold: new Map(),
    earlyMedia: false,
    alertingMs: undefined,
  };
  return [
    next,
    [
      { kind: 'dial', leg: 'callee', offer: 'from-peer' },
      { kind: 'start-timer', timer: 'ring' },
    ],
  ];
}

/** A dialog of another call is asked, and the phone has just asked something itself (RFC 3261 §14.1). @returns undefined: too often. */
export function onJoinMet(call: Ringing): Step | undefined {
  const { callee } = call;
  if (call.adopted === undefined || callee.glares >= MOST_GLARES) return undefined;
  const waiting: Ringing = { ...call, callee: { ...callee, glares: callee.glares + 1 } };
  return [waiting, [{ kind: 'start-glare-timer', leg: 'callee', ownsCallId: callee.ownsCallId }]];
}

export const onJoinAgain = (call: Ringing): Step => [
  call,
  [{ kind: 'dial', leg: 'callee', offer: call.lateOffer ? 'none' : 'from-peer' }],
];

/** It brings its dialog as it is, with an offer that may still be open on it; its media is new, so it must be offered that. */
export function onArrived(call: Confirmed, { leg: role, value }: InputOf<'leg.arrived'>): Step {
  if (call[role].dialog !== 'terminated') return [call, []];
  const { music: _elsewhere, ...media } = value.media;
  const { playing: _there, ...brought } = value;
  const waited = value.offerAnswer.kind === 'glare-wait';
  const arrived: Leg = {
    ...brought,
    role,
    offerAnswer: waited ? { kind: 'stable' } : value.offerAnswer,
    media: { ...media, sound: 'none', stale: true },
    refused: undefined,
    unreached: undefined,
  };
  const session: Effect[] = arrived.session === undefined ? [] : [sessionTimer(role, arrived.session)];
  const [next, effects] = settle(withLeg(call, arrived));
  return [next, [...session, ...effects]];
}

/** Whom the holder's party is connected with when its hold has lasted long enough. */
export const ringBack = (call: Confirmed, holder: LegRole, to?: string): Effect => ({
  kind: 'ask-transfer',
  leaving: holder,
  to: to ?? call.parties[holder],
});

/** Of a program's hold nobody is the holder: in a phone's call the caller stays, in one that a program made the callee does. */
export const leavingOf = (call: Confirmed): LegRole => otherLeg(call.origin === 'api' ? 'callee' : 'caller');
