/**
 * desk-conference: calls of an agent that become one conference. Each of them ends, and the agent goes on in a member call of its own;
 * which of these is told first is not certain.
 */
import type { NumberedEvent } from '#calls/event-bus.js';
import { endOfCalls, inState, isBusy, put, talkingOf, type Desk, type DeskCall, type Heard } from './desk.js';

type Changed = Extract<NumberedEvent['event'], { kind: 'conference.changed' }>;

/** The call is over as a call of two. */
export function joinsConference(desk: Desk, call: DeskCall): Heard {
  const without = { ...desk, calls: desk.calls.filter(({ callId }) => callId !== call.callId) };
  if (desk.calls.some(({ conference }) => conference !== undefined)) return [without, []];
  return [put(desk, { ...call, state: 'leaving' }), []];
}

export function hearConference(desk: Desk, { conferenceId, state, members }: Changed, atMs: number): Heard {
  const old = desk.calls.find((one) => one.conference === conferenceId);
  const me = members.find(({ number, as, state: how }) => number === desk.phone && as === 'member' && how !== 'ringing');
  if (state === 'ended' || me === undefined) return old === undefined ? [desk, []] : leaves(desk, old);
  const partners = members.filter(({ number }) => number !== desk.phone).map(({ number, callId }) => ({ number, callId }));
  if (old !== undefined) {
    const changed = { ...old, callId: me.callId, partners };
    return [{ ...desk, calls: desk.calls.map((one) => (one === old ? changed : one)) }, []];
  }
  if (partners.length < 2) return [desk, []];
  const was = inState(desk, 'leaving').at(-1) ?? talkingOf(desk);
  const call: DeskCall = {
    callId: me.callId,
    party: 'callee',
    parties: { caller: partners[0]?.number ?? '', callee: desk.phone },
    feature: 'conference',
    state: 'conference',
    conference: conferenceId,
    heldBy: { program: false, phone: false },
    own: false,
    beganMs: was?.beganMs ?? atMs,
    partners,
  };
  const calls = desk.calls.filter((one) => one.state !== 'leaving' && one.callId !== me.callId && one !== was);
  const busy = isBusy(desk) ? [] : [{ kind: 'busy' } as const];
  return [{ ...desk, calls: [...calls, call] }, [...busy, { kind: 'conference', call, was: was?.callId }]];
}

function leaves(desk: Desk, call: DeskCall): Heard {
  const next = { ...desk, calls: desk.calls.filter((one) => one !== call) };
  return [next, [{ kind: 'released', call }, ...endOfCalls(desk, next)]];
}
