/**
 * plivo-actions: what the actions of a node and of a member ask of the calls. Pure: the members are found already.
 */
import type { Command } from '#calls/commands.js';
import type { NodeConfig, PhlosConfig } from '#kit/config.js';
import { assertNever, NotBuilt } from '#kit/errors.js';
import { musicFor, otherPlace, type IsOurs, type Member } from './plivo-members.js';

export const MEMBER_ACTIONS = [
  'hold',
  'unhold',
  'mute',
  'unmute',
  'hangup',
  'resume_call',
  'voicemail_drop',
  'abort_transfer',
] as const;
export type MemberAction = (typeof MEMBER_ACTIONS)[number];

export const NODE_ACTIONS = ['call', 'warm_transfer', 'cold_transfer', 'abort_transfer'] as const;

export type House = Readonly<{ node: NodeConfig; holdSense: PhlosConfig['holdSense']; isOurs: IsOurs }>;

export function memberCommand(action: MemberAction, member: Member, house: House): Command {
  const callId = member.call.id;
  const party = member.place;
  switch (action) {
    case 'hold':
      return holdCommand(member, house);
    case 'unhold':
      return { kind: 'call.resume', callId, holder: holderOf(member, house), atOnce: true };
    case 'mute':
      return { kind: 'call.mute', callId, party, muted: true };
    case 'unmute':
      return { kind: 'call.mute', callId, party, muted: false };
    case 'hangup':
      return { kind: 'call.hangup', callId };
    case 'resume_call':
    case 'abort_transfer':
      return { kind: 'consult.cancel', callId, holder: party };
    case 'voicemail_drop':
      if (house.node.voicemail === undefined) throw new NotBuilt('voicemail_drop of a node that has no voicemail in phlos.yaml');
      return { kind: 'call.play', callId, to: party, what: { prompt: house.node.voicemail }, hangUpAfter: true };
    default:
      return assertNever(action);
  }
}

/** Their clients give up after five seconds, and a phone may take as long: so it is answered when it is begun. */
function holdCommand(member: Member, house: House): Command {
  const holder = holderOf(member, house);
  const listener: Member = { call: member.call, place: otherPlace(holder) };
  const music = musicFor(listener, house.node, house.isOurs);
  return { kind: 'call.hold', callId: member.call.id, holder, atOnce: true, ...(music === undefined ? {} : { music }) };
}

/** The member holds the other, or is held in the other's name: the vendor's text says both. */
const holderOf = ({ place }: Member, { holdSense }: House): Member['place'] =>
  holdSense === 'holder' ? place : otherPlace(place);
