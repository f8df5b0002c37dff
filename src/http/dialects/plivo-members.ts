/**
 * plivo-members: who is meant by a member's address, which role a member has, and what it hears when it is held.
 * Members are the two parties of a call today. Pure: calls come in as they are listed.
 */
import type { CallView, MusicWish } from '#calls/commands.js';
import type { NodeConfig } from '#kit/config.js';

/** A party of a call, as commands name it. */
export type Place = 'caller' | 'callee';
export type Member = Readonly<{ call: CallView; place: Place }>;
export type Role = 'agent' | 'customer';

export const otherPlace = (place: Place): Place => (place === 'caller' ? 'callee' : 'caller');

/** The node's live calls, the newest first; who only rings is no member while another call of the same number talks. */
export function callsOf(node: NodeConfig, calls: readonly CallView[]): readonly CallView[] {
  const taken = node.numbers?.map((number) => spelled(number).user);
  const belongs = ({ parties }: CallView): boolean =>
    taken === undefined || [parties.caller, parties.callee].some((party) => taken.includes(spelled(party).user));
  const talks = ({ state }: CallView): number => Number(state === 'in-call' || state === 'held');
  return calls
    .filter((call) => call.state !== 'ended' && belongs(call))
    .reverse()
    .sort((one, other) => talks(other) - talks(one) || Date.parse(other.createdAt) - Date.parse(one.createdAt));
}

/** The whole address counts before the user part alone; of several calls the newest. */
export function findMember(calls: readonly CallView[], address: string): Member | undefined {
  const asked = spelled(address);
  const members = calls.flatMap((call) => (['caller', 'callee'] as const).map((place): Member => ({ call, place })));
  const addressOf = ({ call, place }: Member): Spelled => spelled(call.parties[place]);
  return (
    members.find((member) => addressOf(member).whole === asked.whole) ??
    members.find((member) => addressOf(member).user === asked.user && asked.user !== '')
  );
}

type Spelled = Readonly<{ whole: string; user: string }>;

/** RFC 3261 §19.1.1, without what may differ between two spellings of one address: scheme, password, port, parameters, leading +. */
function spelled(address: string): Spelled {
  const [bare = ''] = address
    .trim()
    .replace(/^(sips?|tel):/i, '')
    .split(/[;?]/);
  const at = bare.lastIndexOf('@');
  const [user = ''] = (at < 0 ? bare : bare.slice(0, at)).split(':');
  const host =
    at < 0
      ? ''
      : bare
          .slice(at + 1)
          .replace(/:\d+$/, '')
          .toLowerCase();
  const name = user.replace(/^\+/, '');
  return { user: name, whole: host === '' ? name : `${name}@${host}` };
}

/** A number that can be dialled; undefined: it cannot be read as one. */
export function dialled(address: string): string | undefined {
  const [bare = ''] = address
    .trim()
    .replace(/^(sips?|tel):/i, '')
    .split(/[;?@]/);
  return /^[0-9A-Za-z+*#._-]{1,64}$/.test(bare) ? bare : undefined;
}

export type IsOurs = (number: string) => boolean;

/** Who calls one of our phones is a customer, whoever it is; our phones are the agents. */
export function roleOf({ call, place }: Member, node: NodeConfig, isOurs: IsOurs): Role {
  const { caller, callee } = call.parties;
  if (node.agents !== undefined) {
    const { user } = spelled(call.parties[place]);
    return node.agents.some((agent) => spelled(agent).user === user) ? 'agent' : 'customer';
  }
  const callsUs = place === 'caller' && isOurs(callee);
  return isOurs(place === 'caller' ? caller : callee) && !callsUs ? 'agent' : 'customer';
}

/** By the role of who listens; without a class of the node, whatever is due in this call. */
export function musicFor(listener: Member, node: NodeConfig, isOurs: IsOurs): MusicWish {
  const music = roleOf(listener, node, isOurs) === 'agent' ? node.agentHoldMusic : node.customerHoldMusic;
  return music === undefined ? undefined : { music };
}
