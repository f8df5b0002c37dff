/**
 * voipnow-actions: the body of PUT → a Command. Who holds, parks or records is settled here (dialects.md 2.6): the view must be
 * one of the call; the party is the extension in the path when it takes part in the call, whichever view was named, and
 * otherwise (@self, or another extension of the user) the party of the named view.
 */
import type { CallView, Command } from '#calls/commands.js';
import { assertNever, NotBuilt } from '#kit/errors.js';
import { UapiRefusal } from './voipnow-errors.js';
import { needed, phoneNumber, text, whole, type Fields } from './voipnow-fields.js';
import { VIEW_IDS } from './voipnow-phone-call.js';
import { roleInPath, type Extensions, type Role, type Scope } from './voipnow-scope.js';

/** OffHold is their word; UnHold is what people guess. */
const ACTIONS = [
  'OnHold',
  'OffHold',
  'UnHold',
  'Park',
  'UnPark',
  'PickUp',
  'BargeIn',
  'Monitor',
  'Whisper',
  'Transfer',
  'TransferToVoicemail',
  'StartRecording',
  'StopRecording',
] as const;
export type Action = (typeof ACTIONS)[number];

/** @throws UapiRefusal */
export function readAction(fields: Fields): Action {
  const given = text(fields, 'action', 'pc_action_invalid');
  const action = ACTIONS.find((one) => one === given);
  if (action === undefined) throw new UapiRefusal('pc_action_invalid', `action: expected one of ${ACTIONS.join(', ')}`);
  return action;
}

/** Without a call in the path only these make sense: every call of the extension is held, or let go. */
export function bulkCommand(action: Action, scope: Scope, call: CallView): Command {
  const role = roleInPath(scope, call) ?? (scope.numbers.has(call.parties.caller) ? 'caller' : 'callee');
  if (action === 'OnHold') return { kind: 'call.hold', callId: call.id, holder: role };
  if (action === 'OffHold' || action === 'UnHold') return { kind: 'call.resume', callId: call.id, holder: role };
  throw new UapiRefusal('pc_phonecall_invalid', `${action} needs the id of a phone call in the path`);
}

export type Subject = Readonly<{ scope: Scope; call: CallView; extensions: Extensions }>;

/** @throws UapiRefusal, NotBuilt */
export function actionCommand(action: Action, fields: Fields, subject: Subject): Command {
  const callId = subject.call.id;
  switch (action) {
    case 'OnHold':
      return { kind: 'call.hold', callId, holder: party(fields, subject) };
    case 'OffHold':
    case 'UnHold':
      return { kind: 'call.resume', callId, holder: party(fields, subject) };
    case 'Park':
      whole(fields, 'maxInParking', 10, 3600); // judged, and then our own rules of parking hold
      return { kind: 'call.park', callId, leaving: party(fields, subject) };
    case 'UnPark':
      view(fields);
      return { kind: 'call.retrieve', callId, to: { number: joiner(fields, subject) } };
    case 'PickUp':
      view(fields);
      return pickUp(joiner(fields, subject), subject.call);
    case 'BargeIn':
    case 'Monitor':
    case 'Whisper':
      return {
        kind: 'call.join',
        callId,
        as: joinsAs(action, fields),
        party: view(fields),
        to: { number: joiner(fields, subject) },
      };
    case 'Transfer':
      return transfer(fields, subject);
    case 'TransferToVoicemail':
      throw new NotBuilt('voicemail, to which somebody could be transferred,');
    case 'StartRecording':
    case 'StopRecording':
      return record(action, fields, subject);
    default:
      return assertNever(action);
  }
}

/** @throws UapiRefusal: missing, or not of this call. */
function view(fields: Fields): Role {
  const id = text(fields, 'phoneCallViewId', 'pc_phonecallview_invalid');
  if (id === VIEW_IDS.caller) return 'caller';
  if (id === VIEW_IDS.callee) return 'callee';
  throw new UapiRefusal(
    'pc_phonecallview_invalid',
    `phoneCallViewId: ${id === undefined ? 'missing' : 'not a view of this phone call'}; its views are 00 and 01`,
  );
}

function party(fields: Fields, { scope, call }: Subject): Role {
  const named = view(fields);
  return roleInPath(scope, call) ?? named;
}

/** Who comes to the call: sendCallTo, or else the extension in the path. */
function joiner(fields: Fields, { scope, extensions }: Subject): string {
  whole(fields, 'waitForPickup', 0, 3600);
  const written = phoneNumber(fields, 'sendCallTo');
  const number = written === undefined ? scope.number : extensions.read(written);
  return needed(number, 'sendCallTo', 'pc_number_invalid');
}

/** Where it rings already it is answered. */
const pickUp = (number: string, { id, parties }: CallView): Command =>
  number === parties.callee ? { kind: 'call.answer', callId: id } : { kind: 'call.pickup', callId: id, to: { number } };

function joinsAs(action: 'BargeIn' | 'Monitor' | 'Whisper', fields: Fields): 'listener' | 'whisperer' | 'member' {
  if (action === 'Monitor') return 'listener';
  if (action === 'BargeIn') return 'member';
  // A whisper that is not private is heard by both.
  return whole(fields, 'private', 0, 1) === 0 ? 'member' : 'whisperer';
}

/** No view here: who leaves is transferFromNumber, or not transferNumber, or the extension in the path. */
function transfer(fields: Fields, { scope, call, extensions }: Subject): Command {
  const roleOf = (name: string): Role | undefined => {
    const written = phoneNumber(fields, name);
    if (written === undefined) return undefined;
    const number = extensions.read(written);
    if (number === call.parties.caller) return 'caller';
    if (number === call.parties.callee) return 'callee';
    throw new UapiRefusal('pc_number_invalid', `${name}: not a party of this phone call`);
  };
  const to = extensions.read(needed(phoneNumber(fields, 'sendCallTo'), 'sendCallTo', 'pc_number_invalid'));
  const stays = roleOf('transferNumber');
  const leaving = roleOf('transferFromNumber') ?? (stays === undefined ? roleInPath(scope, call) : other(stays));
  return { kind: 'call.transfer', callId: call.id, leaving, to: { number: to } };
}

const other = (role: Role): Role => (role === 'caller' ? 'callee' : 'caller');

function record(action: 'StartRecording' | 'StopRecording', fields: Fields, { call }: Subject): Command {
  view(fields);
  const format = text(fields, 'format') ?? 'wav';
  if (format !== 'wav' && format !== 'wav49') throw new UapiRefusal('pc_parameter_invalid', 'format: expected wav or wav49');
  return { kind: action === 'StartRecording' ? 'record.start' : 'record.stop', callId: call.id };
}
