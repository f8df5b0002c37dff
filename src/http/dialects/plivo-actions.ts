/**
 * plivo-actions: what the actions of a node and of a member ask of the calls. The members are found already.
 */
import type { CallView, Command } from '#calls/commands.js';
import type { PhlosConfig } from '#kit/config.js';
import { assertNever, NotBuilt } from '#kit/errors.js';
import type { Role } from './plivo-address.js';
import { companyOf, musicByNumber, musicFor, otherPlace, type Cast, type Member } from './plivo-members.js';

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

export type House = Cast & Readonly<{ holdSense: PhlosConfig['holdSense'] }>;

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
    case 'hangup': // of two the other has nobody left to talk to; a conference goes on
      return { kind: 'call.hangup', callId };
    case 'resume_call':
    case 'abort_transfer':
      return abortCommand(member);
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
  const music = musicFor({ call: member.call, place: otherPlace(holder) }, house);
  // Who holds hears nothing, also while another member holds it; who is held in the other's name does not hold.
  const deaf = house.holdSense === 'holder' ? ({ deaf: true } as const) : {};
  const chosen = music === undefined ? {} : { music };
  return { kind: 'call.hold', callId: member.call.id, holder, atOnce: true, ...chosen, ...deaf };
}

/** The member holds the other, or is held in the other's name: the vendor's text says both. */
const holderOf = ({ place }: Member, { holdSense }: House): Member['place'] =>
  holdSense === 'holder' ? place : otherPlace(place);

/** Whom it consults is hung up, and whom it let wait is taken back. */
export function abortCommand({ call, place }: Member): Command {
  return { kind: 'consult.cancel', callId: call.id, holder: place };
}

type Target = Readonly<{ number: string; role: Role }>;

/** One more in the conversation of this member: a call of two becomes a conference. */
export function joinCommand(member: Member, to: Target, calls: readonly CallView[], house: House): Command {
  const { call, place } = member;
  const sound = soundOf(member, to, calls, house);
  return { kind: 'call.join', callId: call.id, as: 'member', party: place, to: { number: to.number }, ...sound };
}

/** While one holds the others hear music instead of each other: that is how the vendor's page has it. */
function soundOf(
  member: Member,
  to: Target,
  calls: readonly CallView[],
  house: House,
): Readonly<{ othersHear: 'music'; music?: Readonly<Record<string, string>> }> {
  const music = musicByNumber(companyOf(member, calls), to, house);
  return { othersHear: 'music', ...(music === undefined ? {} : { music }) };
}

export function warmTransfer(member: Member, to: Target, calls: readonly CallView[], house: House): Command {
  const { call, place } = member;
  const sound = soundOf(member, to, calls, house);
  return { kind: 'call.consult', callId: call.id, holder: place, to: { number: to.number }, ...sound };
}

/** The other party goes straight to the target; in a conference the target comes and who transfers it leaves. */
export function coldTransfer(member: Member, to: Target, calls: readonly CallView[], house: House): readonly Command[] {
  const { call, place } = member;
  if (call.conference === undefined)
    return [{ kind: 'call.transfer', callId: call.id, leaving: place, to: { number: to.number } }];
  return [joinCommand(member, to, calls, house), { kind: 'call.hangup', callId: call.id }];
}
