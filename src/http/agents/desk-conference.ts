/**
 * desk-conference: calls of an agent that become one conference. Each of them ends, and the agent goes on in a member call of its own;
 * which of these is told first is not certain. Pure.
 */
import type { NumberedEvent } from '#calls/event-bus.js';
import {
  callOf,
  endOfCalls,
  inState,
  otherOf,
  put,
  shownParties,
  talkingOf,
  type Desk,
  type DeskCall,
  type Heard,
  type Notice,
} from './desk.js';

type Changed = Extract<NumberedEvent['event'], { kind: 'conference.changed' }>;
type Member = Changed['members'][number];

/** Another call of the agent has become, or becomes, the conference that this one is a part of too. */
export const comesToConference = (desk: Desk, call: DeskCall): boolean =>
  desk.calls.some(
    ({ callId, state, partners }) =>
      callId !== call.callId && (state === 'leaving' || partners.some(({ number }) => number === otherOf(call))),
  );

/** The call is over as a call of two. */
export function joinsConference(desk: Desk, call: DeskCall): Heard {
  const without = { ...desk, calls: desk.calls.filter(({ callId }) => callId !== call.callId) };
  if (desk.calls.some(({ conference }) => conference !== undefined)) return [without, [{ kind: 'released', call }]];
  return [put(desk, { ...call, state: 'leaving' }), []];
}

export function hearConference(desk: Desk, { conferenceId, state, members }: Changed, atMs: number): Heard {
  const old = desk.calls.find((one) => one.conference === conferenceId);
  const me = members.find(({ number, as, state: how }) => number === desk.phone && as === 'member' && how !== 'ringing');
  if (state === 'ended' || me === undefined) return old === undefined ? [desk, []] : leaves(desk, old);
  const others = members.filter(({ number, as }) => number !== desk.phone && as === 'member');
  return old === undefined ? enters(desk, conferenceId, me, others, atMs) : changes(desk, old, me, others);
}

function enters(desk: Desk, conference: string, me: Member, others: readonly Member[], atMs: number): Heard {
  const leaving = inState(desk, 'leaving');
  // Of two it is the one that talked: the other was held.
  const talked = leaving.findLast(({ heldBy }) => !heldBy.program && !heldBy.phone);
  const was = callOf(desk, me.callId) ?? talked ?? leaving.at(-1) ?? talkingOf(desk);
  const call: DeskCall = {
    callId: me.callId,
    party: 'callee',
    parties: { caller: others[0]?.number ?? '', callee: desk.phone },
    began: was === undefined ? undefined : shownParties(was),
    feature: 'conference',
    state: 'conference',
    conference,
    heldBy: { program: false, phone: false },
    own: false,
    beganMs: was?.beganMs ?? atMs,
    partners: partnersOf(others),
  };
  const calls = desk.calls.filter((one) => one.state !== 'leaving' && one !== was);
  // The one that was held is in it too, and is over under its own name.
  const merged = leaving.filter((one) => one !== was).map((one): Notice => ({ kind: 'released', call: one }));
  const moved: Notice = { kind: 'goes-on', was: was?.callId, call };
  return [{ ...desk, calls: [...calls, call] }, [...merged, moved, ...complete(call, [], others)]];
}

function changes(desk: Desk, old: DeskCall, me: Member, others: readonly Member[]): Heard {
  const [first = { number: '' }] = others;
  const isThere = others.some(({ number }) => number === otherOf(old));
  const parties = isThere ? old.parties : { caller: first.number, callee: desk.phone };
  // Who it was begun with has left: from now on it is a call of those who stay.
  const began =
    old.began === undefined || others.some(({ number }) => Object.values(old.began ?? {}).includes(number))
      ? old.began
      : undefined;
  const call = { ...old, callId: me.callId, partners: partnersOf(others), parties, began };
  const left = old.partners.filter(({ callId }) => !others.some((one) => one.callId === callId));
  const told = left.map(({ number }): Notice => ({ kind: 'customer-released', call, number }));
  const next = { ...desk, calls: desk.calls.map((one) => (one === old ? call : one)) };
  return [next, [...told, ...complete(call, old.partners, others)]];
}

/** It is worth a word as soon as the agent talks to two, and whenever somebody comes. */
function complete(call: DeskCall, before: DeskCall['partners'], others: readonly Member[]): readonly Notice[] {
  const talk = others.filter(({ state }) => state === 'in').length;
  const talked = before.filter(({ isIn }) => isIn).length;
  return talk >= 2 && talk > talked ? [{ kind: 'conference', call }] : [];
}

const partnersOf = (others: readonly Member[]): DeskCall['partners'] =>
  others.map(({ number, callId, state }) => ({ number, callId, isIn: state === 'in' }));

function leaves(desk: Desk, call: DeskCall): Heard {
  const next = { ...desk, calls: desk.calls.filter((one) => one !== call) };
  return [next, [{ kind: 'released', call }, ...endOfCalls(next)]];
}
