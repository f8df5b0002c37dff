/**
 * plivo-members: who is meant by a member's address, which role a member has, and what it hears when it is held.
 * Members are the two parties of a call, or the phones of a conference, each in a call of its own. Pure: calls come in as they are listed.
 */
import type { CallView, MusicWish } from '#calls/commands.js';
import type { NodeConfig } from '#kit/config.js';
import { spelled, userOf, type Role, type Spelled } from './plivo-address.js';
import type { PlivoMemory } from './plivo-memory.js';

/** A party of a call, as commands name it. */
export type Place = 'caller' | 'callee';
export type Member = Readonly<{ call: CallView; place: Place }>;

export type IsOurs = (number: string) => boolean;

/** What says whose role is which. */
export type Cast = Readonly<{ node: NodeConfig; isOurs: IsOurs; memory: Pick<PlivoMemory, 'role'> }>;

export const otherPlace = (place: Place): Place => (place === 'caller' ? 'callee' : 'caller');

export const addressOf = ({ call, place }: Member): string => call.parties[place];

/** The caller of a member call is the conference, and nobody's phone. */
export const placesOf = (call: CallView): readonly Place[] => (call.conference === undefined ? ['caller', 'callee'] : ['callee']);

const membersOf = (calls: readonly CallView[]): readonly Member[] =>
  calls.flatMap((call) => placesOf(call).map((place): Member => ({ call, place })));

/** The node's live calls, the newest first; who only rings is no member while another call of the same number talks. */
export function callsOf(node: NodeConfig, calls: readonly CallView[]): readonly CallView[] {
  const live = calls.filter(({ state }) => state !== 'ended');
  const taken = node.numbers?.map(userOf);
  const named = live.filter(
    (call) => taken === undefined || membersOf([call]).some((member) => taken.includes(userOf(addressOf(member)))),
  );
  // Where one member of a conference belongs, all of them do.
  const conferences = new Set(named.map(({ conference }) => conference).filter((id) => id !== undefined));
  const talks = ({ state }: CallView): number => Number(state === 'in-call' || state === 'held');
  return live
    .filter((call) => named.includes(call) || (call.conference !== undefined && conferences.has(call.conference)))
    .reverse()
    .sort((one, other) => talks(other) - talks(one) || Date.parse(other.createdAt) - Date.parse(one.createdAt));
}

/** The whole address counts before the user part alone; of several calls the newest. */
export function findMember(calls: readonly CallView[], address: string): Member | undefined {
  const asked = spelled(address);
  const members = membersOf(calls);
  const spelledOf = (member: Member): Spelled => spelled(addressOf(member));
  return (
    members.find((member) => spelledOf(member).whole === asked.whole) ??
    members.find((member) => spelledOf(member).user === asked.user && asked.user !== '')
  );
}

/** Everybody who is in one conversation with this member, itself included, the callee of a call of two before its caller. */
export function companyOf({ call }: Member, calls: readonly CallView[]): readonly Member[] {
  if (call.conference === undefined) return [...membersOf([call])].reverse();
  return membersOf(calls.filter(({ conference }) => conference === call.conference));
}

/** As it was added; else who calls one of our phones is a customer, whoever it is, and our phones are the agents. */
export function roleOf(member: Member, { node, isOurs, memory }: Cast): Role {
  const address = addressOf(member);
  const remembered = memory.role(address);
  if (remembered !== undefined) return remembered;
  if (node.agents !== undefined) return node.agents.some((agent) => userOf(agent) === userOf(address)) ? 'agent' : 'customer';
  const callsUs = member.place === 'caller' && isOurs(member.call.parties.callee);
  return isOurs(address) && !callsUs ? 'agent' : 'customer';
}

const classFor = (role: Role, node: NodeConfig): string | undefined =>
  role === 'agent' ? node.agentHoldMusic : node.customerHoldMusic;

/** By the role of who listens; without a class of the node, whatever is due in this call. */
export function musicFor(listener: Member, cast: Cast): MusicWish {
  if (!placesOf(listener.call).includes(listener.place)) return undefined; // a conference gives each member its own
  const music = classFor(roleOf(listener, cast), cast.node);
  return music === undefined ? undefined : { music };
}

/** What each member of a conference hears while another one holds, by number. */
export function musicByNumber(
  company: readonly Member[],
  added: Readonly<{ number: string; role: Role }>,
  cast: Cast,
): Readonly<Record<string, string>> | undefined {
  const roles = [...company.map((one) => [addressOf(one), roleOf(one, cast)] as const), [added.number, added.role] as const];
  const classes = roles.flatMap(([number, role]) => {
    const music = classFor(role, cast.node);
    return music === undefined ? [] : [[number, music] as const];
  });
  return classes.length === 0 ? undefined : Object.fromEntries(classes);
}
