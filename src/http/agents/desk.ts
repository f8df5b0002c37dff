/**
 * desk: the calls of one agent's phone as the agent sees them: which one talks, which are held, which ring. Pure. What events change
 * about it: desk-events.ts. Which words tell it is a dialect's business.
 */
import type { CallView } from '#calls/commands.js';

export type CallId = CallView['id'];
export type Party = 'caller' | 'callee';
export type Feature = 'inbound' | 'inner' | 'outbound' | 'conference';

/**
 * `ringing` at the agent's phone, `alerting` at the other; `passing`: the agent gives it to somebody else; `leaving`: it is about to go on
 * in a conference.
 */
export type DeskState = 'alerting' | 'ringing' | 'talking' | 'held' | 'passing' | 'conference' | 'leaving';

export type DeskCall = Readonly<{
  callId: CallId;
  /** Which party of the call the agent is. */
  party: Party;
  parties: CallView['parties'];
  /** Who called whom before it became a conference: there every phone is the callee, and nobody was called by the conference. */
  began?: CallView['parties'] | undefined;
  feature: Feature;
  state: DeskState;
  /** A program's hold in the agent's name, and one by the phone's own key; both may be. */
  heldBy: Readonly<{ program: boolean; phone: boolean }>;
  /** The agent asked for this call, so its phone rang first. */
  own: boolean;
  beganMs: number;
  /** It is a conference now: held or not, there are more than two. */
  conference?: string | undefined;
  /** The others of a conference, by the calls they are in. */
  partners: readonly Readonly<{ number: string; callId: CallId; isIn: boolean }>[];
}>;

/** In the order in which each came to be what it is, so the newest is the last. */
export type Desk = Readonly<{
  phone: string;
  calls: readonly DeskCall[];
  /** Another agent's phone, that has just asked for help: the conference that rings next is its. */
  asker?: string | undefined;
}>;

export type Notice =
  | Readonly<{ kind: 'ringing' | 'customer-alerting' | 'talking' | 'released' | 'failed' | 'conference'; call: DeskCall }>
  /** `number`: who it was, where there are several. */
  | Readonly<{ kind: 'customer-released'; call: DeskCall; number?: string }>
  | Readonly<{ kind: 'held'; call: DeskCall; byPhone: boolean }>
  /** A call goes on as another one of ours, and is the same to the agent. */
  | Readonly<{ kind: 'goes-on'; was: CallId | undefined; call: DeskCall }>
  | Readonly<{ kind: 'recorded'; recordingId: string; beganMs: number; endedMs: number }>
  /** `busy`: the agent has begun to talk; `free`: its last call is over. */
  | Readonly<{ kind: 'phone-alerting' | 'phone-offhook' | 'phone-released' | 'busy' | 'free' }>;

export type Heard = readonly [Desk, readonly Notice[]];

/** A belt: a phone has a handful of calls. The oldest is forgotten. */
const MOST_CALLS = 50;
export const NOBODY = { program: false, phone: false } as const;

export const newDesk = (phone: string): Desk => ({ phone, calls: [] });

export const otherOf = ({ party, parties }: DeskCall): string => (party === 'caller' ? parties.callee : parties.caller);
export const shownParties = ({ parties, began }: DeskCall): CallView['parties'] => began ?? parties;
export const otherParty = ({ party }: DeskCall): Party => (party === 'caller' ? 'callee' : 'caller');
export const inState = ({ calls }: Desk, ...states: readonly DeskState[]): readonly DeskCall[] =>
  calls.filter(({ state }) => states.includes(state));
export const newest = (desk: Desk, ...states: readonly DeskState[]): DeskCall | undefined => inState(desk, ...states).at(-1);
/** Whom the agent talks to now. */
export const talkingOf = (desk: Desk): DeskCall | undefined => newest(desk, 'talking', 'conference');
export const heldOf = (desk: Desk): readonly DeskCall[] => inState(desk, 'held');
export const callOf = ({ calls }: Desk, callId: CallId): DeskCall | undefined => calls.find((one) => one.callId === callId);

/** The desk of somebody who signs in while calls are up. */
export function deskOf(phone: string, views: readonly CallView[], isOurs: (number: string) => boolean): Desk {
  const calls = views.flatMap((view): DeskCall[] => {
    const party = partyOf(phone, view.parties);
    if (party === undefined || view.state === 'ended' || view.state === 'trying') return [];
    const heldBy = holdsOf(party, view.hold.reasons);
    const rings: DeskState = party === 'callee' ? 'ringing' : 'alerting';
    const state = view.state === 'ringing' ? rings : heldBy.program || heldBy.phone ? 'held' : 'talking';
    const call = newCall(view.id, party, view.parties, Date.parse(view.createdAt), isOurs);
    return [{ ...call, state, heldBy, own: false }];
  });
  return { phone, calls: calls.slice(-MOST_CALLS) };
}

/** The agent has asked for this call, and knows it before its phone rings. */
export function withOwn(desk: Desk, view: CallView, feature: Feature, atMs: number): Desk {
  const call = callOf(desk, view.id) ?? newCall(view.id, 'caller', view.parties, atMs, () => false);
  return put(desk, { ...call, feature, own: true });
}

/** After the last call the phone is on hook. */
export const endOfCalls = ({ calls }: Desk): readonly Notice[] => (calls.length === 0 ? [{ kind: 'phone-released' }] : []);

export const isBusy = (desk: Desk): boolean => inState(desk, 'talking', 'held', 'passing', 'conference', 'leaving').length > 0;

/** It becomes the newest. */
export function put(desk: Desk, call: DeskCall): Desk {
  const others = desk.calls.filter(({ callId }) => callId !== call.callId);
  return { ...desk, calls: [...others, call].slice(-MOST_CALLS) };
}

export function newCall(
  callId: CallId,
  party: Party,
  parties: CallView['parties'],
  beganMs: number,
  isOurs: (number: string) => boolean,
): DeskCall {
  const inner = isOurs(party === 'caller' ? parties.callee : parties.caller);
  const feature = inner ? 'inner' : party === 'caller' ? 'outbound' : 'inbound';
  return { callId, party, parties, feature, state: 'alerting', heldBy: NOBODY, own: false, beganMs, partners: [] };
}

export function partyOf(phone: string, parties: CallView['parties']): Party | undefined {
  if (parties.caller === phone) return 'caller';
  return parties.callee === phone ? 'callee' : undefined;
}

/** Only the agent's own holds: whoever else holds the call has a hold of his own, and the agent still talks. */
export const holdsOf = (party: Party, reasons: CallView['hold']['reasons']): DeskCall['heldBy'] => ({
  program: reasons.includes(`${party}-api`),
  phone: reasons.includes(`${party}-phone`),
});
