/**
 * desk-events: what an event changes about an agent's desk, and what there is to tell of it. Pure.
 */
import type { CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import { comesToConference, hearConference, joinsConference } from './desk-conference.js';
import {
  callOf,
  endOfCalls,
  holdsOf,
  isBusy,
  newCall,
  NOBODY,
  otherParty,
  partyOf,
  put,
  type Desk,
  type DeskCall,
  type Heard,
  type Notice,
  type Party,
} from './desk.js';

type HouseEvent = NumberedEvent['event'];

/** The caller of every member call. */
const CONFERENCE = 'conference';

export function hear(desk: Desk, numbered: NumberedEvent, isOurs: (number: string) => boolean): Heard {
  const [next, notices] = reduce(desk, numbered, isOurs);
  if (isBusy(desk) && !isBusy(next)) return [next, [...notices, { kind: 'free' }]];
  if (isBusy(desk) || !isBusy(next)) return [next, notices];
  // It picks up, is busy, and talks: in this order.
  const rest = notices.filter(({ kind }) => kind !== 'phone-offhook');
  return [next, [...notices.filter(({ kind }) => kind === 'phone-offhook'), { kind: 'busy' }, ...rest]];
}

type OfCall = Exclude<NumberedEvent['event'], { kind: 'conference.changed' | 'registration.changed' }>;

function reduce(asked: Desk, { event, at }: NumberedEvent, isOurs: (number: string) => boolean): Heard {
  if (event.kind === 'conference.changed') return hearConference(asked, event, Date.parse(at));
  if (event.kind === 'registration.changed') return [asked, []];
  const party = partyOf(asked.phone, event.parties);
  if (party === undefined) return [asked, []];
  const known = callOf(asked, event.callId);
  // An agent that comes over to a conference with its call was not called: conference.changed tells of it.
  if (known === undefined && event.kind === 'call.answered' && event.parties.caller === CONFERENCE)
    return [{ ...asked, asker: undefined }, []];
  const call = known ?? newCall(event.callId, party, event.parties, Date.parse(at), isOurs);
  if (known === undefined && event.parties.caller === CONFERENCE && asked.asker !== undefined)
    return told({ ...asked, asker: undefined }, event, asksForHelp(call, asked.asker, asked.phone), at);
  return told(asked, event, call, at);
}

/** It is called by who asks, and not by the conference that carries them. */
const asksForHelp = (call: DeskCall, caller: string, callee: string): DeskCall => ({
  ...call,
  began: { caller, callee },
  feature: 'inner',
});

function told(desk: Desk, event: OfCall, call: DeskCall, at: string): Heard {
  const known = callOf(desk, event.callId);
  switch (event.kind) {
    case 'call.ringing':
      return rings(desk, call, event.leg);
    case 'call.answered':
      return answered(desk, call);
    case 'hold.changed':
    case 'hold.failed':
      return known === undefined ? [desk, []] : holdChanged(desk, known, event.hold.reasons);
    case 'call.parked':
      // Its phone has left: whoever waits in the slot is nobody's yet.
      return known !== undefined && event.by === desk.phone ? gone(desk, known, [{ kind: 'released', call: known }]) : [desk, []];
    case 'recording.completed':
      return [desk, [recorded(event.recordingId, event.seconds, Date.parse(at))]];
    case 'call.ended':
      return known === undefined ? [desk, []] : ended(desk, known, event);
    default:
      return [desk, []];
  }
}

function rings(desk: Desk, call: DeskCall, leg: Party): Heard {
  if (call.state !== 'alerting' && call.state !== 'ringing') return [desk, []];
  // A program's call rings at its caller first, who may say no: its callee has not been called yet.
  if (leg !== call.party && call.party === 'callee') return [desk, []];
  if (leg !== call.party) {
    // Its phone was rung first, so it has picked up when the other is.
    const offhook: readonly Notice[] = call.own ? [{ kind: 'phone-offhook' }] : [];
    return [put(desk, call), [...offhook, { kind: 'customer-alerting', call }]];
  }
  if (call.party === 'caller') return [put(desk, call), [{ kind: 'phone-alerting' }]];
  const ringing: DeskCall = { ...call, state: 'ringing' };
  return [put(desk, ringing), [{ kind: 'phone-alerting' }, { kind: 'ringing', call: ringing }]];
}

function answered(desk: Desk, call: DeskCall): Heard {
  if (call.state === 'leaving' || call.state === 'conference') return [desk, []];
  const talking: DeskCall = { ...call, state: 'talking', heldBy: NOBODY };
  const offhook: readonly Notice[] = call.state === 'ringing' ? [{ kind: 'phone-offhook' }] : [];
  return [put(desk, talking), [...offhook, { kind: 'talking', call: talking }]];
}

function holdChanged(desk: Desk, call: DeskCall, reasons: CallView['hold']['reasons']): Heard {
  const heldBy = holdsOf(call.party, reasons);
  const holds = heldBy.program || heldBy.phone;
  const changed = { ...call, heldBy };
  if (reasons.includes(`${call.party}-transfer`)) return [put(desk, { ...changed, state: 'passing' }), []];
  if (call.state === 'passing') return holdChanged(desk, { ...call, state: holds ? 'talking' : 'held' }, reasons); // nobody took it
  if ((call.state === 'talking' || call.state === 'conference') && holds) {
    const held: DeskCall = { ...changed, state: 'held' };
    return [put(desk, held), [{ kind: 'held', call: held, byPhone: !heldBy.program }]];
  }
  // What was held ends as a call of two with its next word.
  if (call.state === 'held' && !holds && comesToConference(desk, call)) return [desk, []];
  if (call.state === 'held' && !holds) {
    const back: DeskCall = { ...changed, state: call.conference === undefined ? 'talking' : 'conference' };
    return [put(desk, back), [{ kind: 'talking', call: back }]];
  }
  return [{ ...desk, calls: desk.calls.map((one) => (one.callId === call.callId ? changed : one)) }, []];
}

function ended(desk: Desk, call: DeskCall, { cause, answered: up }: Extract<HouseEvent, { kind: 'call.ended' }>): Heard {
  if (cause === 'conference') return joinsConference(desk, call);
  return gone(desk, call, lastWords(call, cause, up));
}

function lastWords(call: DeskCall, cause: string, up: boolean): readonly Notice[] {
  const released: Notice = { kind: 'released', call };
  const left: Notice = { kind: 'customer-released', call };
  if (call.conference !== undefined) return [released];
  if (!up) return call.state === 'ringing' ? [released] : [{ kind: 'failed', call }];
  // Of two calls that were joined the held one disappears; of one that was passed on nobody has left.
  if (cause === 'transferred') return call.heldBy.program || call.heldBy.phone ? [left, released] : [released];
  const other = otherParty(call);
  return cause === `${other}-hung-up` || cause === `${other}-lost` ? [left, released] : [released, left];
}

function gone(desk: Desk, call: DeskCall, words: readonly Notice[]): Heard {
  const next = { ...desk, calls: desk.calls.filter((one) => one.callId !== call.callId) };
  return [next, [...words, ...endOfCalls(next)]];
}

const recorded = (recordingId: string, seconds: number, endedMs: number): Notice => ({
  kind: 'recorded',
  recordingId,
  beganMs: endedMs - Math.round(seconds * 1000),
  endedMs,
});
