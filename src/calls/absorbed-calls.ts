/**
 * absorbed-calls: calls that have become conferences. Programs go on using their ids as long as the conference lasts: what is asked of a
 * party is asked of its member call, and what the call looks like is put together from them.
 */
import type { HoldReason, HoldView, LegHold } from '#core/events.js';
import type { CallId, LegRole } from '#core/leg.js';
import { CallNotFound } from '#kit/errors.js';
import type { CallView } from './commands.js';
import type { ConferenceMember } from './conference-member.js';
import type { Conference } from './conference.js';

/** A member is undefined when its party was not taken in. */
export type Absorbed = Readonly<{
  conference: Conference;
  parties: CallView['parties'];
  caller: ConferenceMember | undefined;
  callee: ConferenceMember | undefined;
}>;

export class AbsorbedCalls {
  /** Two members and more for each, so no more than there are members. */
  readonly #calls = new Map<CallId, Absorbed>();

  add(callId: CallId, absorbed: Absorbed): void {
    this.#calls.set(callId, absorbed);
  }

  of(callId: CallId): Absorbed | undefined {
    return this.#calls.get(callId);
  }

  /** Some call has become this conference. */
  isOf(conference: Conference): boolean {
    return [...this.#calls.values()].some((absorbed) => absorbed.conference === conference);
  }

  forget(conference: Conference): void {
    for (const [callId, absorbed] of this.#calls) if (absorbed.conference === conference) this.#calls.delete(callId);
  }

  /** The member call of this party. @throws CallNotFound: it has left. */
  memberCall(callId: CallId, role: LegRole): CallId {
    const member = this.member(callId, role);
    if (member === undefined) throw new CallNotFound(callId);
    return member.callId;
  }

  /** Undefined: it has left, or has given its place to somebody else. */
  member(callId: CallId, role: LegRole): ConferenceMember | undefined {
    const absorbed = this.#calls.get(callId);
    const member = absorbed?.[role];
    if (absorbed === undefined || member === undefined || !absorbed.conference.members.includes(member)) return undefined;
    return member.number === absorbed.parties[role] ? member : undefined;
  }
}

/**
 * @param before the call as it was when it ended. @param member the view of a party's member call; undefined: it has left.
 * @throws CallNotFound: both have.
 */
export function viewOfAbsorbed(before: CallView, member: (role: LegRole) => CallView | undefined, conference: string): CallView {
  const caller = member('caller');
  const callee = member('callee');
  const shown = caller ?? callee;
  if (shown === undefined) throw new CallNotFound(before.id);
  const hold = holdOf(caller?.hold, callee?.hold, shown.hold);
  const { end: _absorbed, endedAt: _then, ...rest } = before;
  const muted = { caller: caller?.muted?.callee === true, callee: callee?.muted?.callee === true };
  const state = hold.reasons.length > 0 ? 'held' : 'in-call';
  return { ...rest, conference, state, hold, ...(muted.caller || muted.callee ? { muted } : {}) };
}

/** In a member call the phone is the callee and the conference the caller. */
function holdOf(caller: HoldView | undefined, callee: HoldView | undefined, any: HoldView): HoldView {
  const nobody: LegHold = { held: false, state: 'agreed', direction: any.caller.direction, sound: 'none' };
  const reasons = new Set<HoldReason>();
  for (const reason of caller?.reasons ?? []) reasons.add(asSeenFrom('caller', reason));
  for (const reason of callee?.reasons ?? []) reasons.add(asSeenFrom('callee', reason));
  return { reasons: [...reasons], caller: caller?.callee ?? nobody, callee: callee?.callee ?? nobody };
}

/** What the phone of this party does is its party's; what the conference does to it is done in the name of the other. */
function asSeenFrom(role: LegRole, reason: HoldReason): HoldReason {
  if (reason === 'controller') return reason;
  const [who, ...how] = reason.split('-');
  const other = role === 'caller' ? 'callee' : 'caller';
  return `${who === 'callee' ? role : other}-${how.join('-')}` as HoldReason;
}
