/**
 * actions: what each command of the HTTP API, and each element of OzML that does something to calls, asks of the calls. The two have the
 * same parameters, so they are read in one place. Case of names and where they stood is forgotten already.
 */
import type { CallView, Command, TransferTarget } from '#calls/commands.js';
import { assertNever, BadRequest } from '#kit/errors.js';

/** By name in lower case. */
export type Parameters = ReadonlyMap<string, string>;

type CallId = CallView['id'];
export type Role = 'caller' | 'callee';
export type Listener = Role | 'all';

export const ACTION_NAMES = [
  'CallSetup',
  'Hold',
  'Unhold',
  'Hangup',
  'Play',
  'Speak',
  'Beep',
  'SendDTMF',
  'Record',
  'BlindTransfer',
  'AttendedTransfer',
  'ForwardCall',
  'Route',
  'Reject',
  'Call',
  'SendMessage',
] as const;
export type ActionName = (typeof ACTION_NAMES)[number];

/** Whom a command is about when it does not say so. */
export type Subject = Readonly<{
  /** In the answer to a notification, and in scripts. */
  callId?: CallId | undefined;
  /** The phone that talks to an API extension: nobody else hears anything. */
  phone?: Role | undefined;
  /** An id as clients know it. */
  find: (wireId: string) => CallId;
  /** Who speaks for commands that name nobody: the API extension whose script it is. */
  extension?: string | undefined;
}>;

/** What a command leaves to be done when it has been carried out. */
export type After = Readonly<{
  /** Requested when anything goes wrong later. */
  errorUrl?: string | undefined;
  /** Requested when it is over: the recording, the transferred call, the call of an API extension. */
  finishedUrl?: string | undefined;
  /** Call: who says what is done when it is answered; the first of them that is there. */
  connected?: Readonly<{ script?: string | undefined; url?: string | undefined }> | undefined;
}>;

export type Action = Readonly<{ command: Command; after: After }>;

/** @throws BadRequest, which names the parameter as the client spells it */
export function readAction(name: ActionName, given: Parameters, subject: Subject): Action {
  const plain = (command: Command): Action => ({ command, after: {} });
  const callId = (): CallId => callIdIn(given, 'CallId', subject);
  switch (name) {
    case 'CallSetup':
      return {
        command: { kind: 'call.setup', caller: number(given, 'Caller'), callee: number(given, 'Callee') },
        after: { errorUrl: url(given, 'ErrorUrl') },
      };
    case 'Hold':
      return plain({ kind: 'call.hold', callId: callId(), holder: 'controller' });
    case 'Unhold':
      return plain({ kind: 'call.resume', callId: callId(), holder: 'controller' });
    case 'Hangup':
      return plain({ kind: 'call.hangup', callId: callId() });
    case 'Play':
      return plain(play(given, callId(), subject));
    case 'Speak':
      return plain(speak(given, callId(), subject));
    case 'Beep':
      return plain({ kind: 'call.play', callId: callId(), to: listener(given, subject, 'all'), what: { beep: true } });
    case 'SendDTMF':
      return plain({ kind: 'call.keys', callId: callId(), to: listener(given, subject), keys: keys(given) });
    case 'Record':
      return { command: record(given, callId()), after: { finishedUrl: url(given, 'FinishedUrl') } };
    case 'BlindTransfer': {
      const to = { number: number(given, 'Target') };
      return { command: transfer(given, callId(), to, subject), after: { finishedUrl: url(given, 'FinishedUrl') } };
    }
    case 'AttendedTransfer': {
      const to = { callId: callIdIn(given, 'TargetCallId', subject, true) };
      const from = spelled(given, 'TransferredCallId', 'TranferredCallId');
      return plain(transfer(given, from === '' ? callId() : subject.find(from), to, subject));
    }
    case 'ForwardCall':
      return plain({ kind: 'call.forward', callId: callId(), to: { number: number(given, 'Destination') } });
    case 'Route': // an empty destination is a refusal
      return (given.get('destination') ?? '').trim() === ''
        ? plain({ kind: 'call.reject', callId: callId() })
        : plain({ kind: 'call.forward', callId: callId(), to: { number: number(given, 'Destination') } });
    case 'Reject':
      return plain({ kind: 'call.reject', callId: callId() });
    case 'Call':
      return call(given, subject);
    case 'SendMessage':
      return plain({
        kind: 'message.send',
        from: spelled(given, 'Sender', 'From', 'CallerId') || (subject.extension ?? ''),
        to: numberOf(spelled(given, 'Recipient', 'Recepient', 'To', 'Destination'), 'Recipient'),
        text: neededOf(spelled(given, 'Message', 'Text'), 'Message'),
      });
    default:
      return assertNever(name);
  }
}

/** Once, or again and again until its time is up or the call ends. */
function play(given: Parameters, callId: CallId, subject: Subject): Command {
  const file = needed(given, 'AudioFile').trim();
  if (/[/\\\0]|^\.\.?$/.test(file)) throw new BadRequest('AudioFile', 'AudioFile is the name of a file, without a path');
  const maxSec = wholeSeconds(given, 'Timeout');
  const repeat = flag(given, 'Repeat') ? { times: MOST_TIMES } : {};
  return {
    kind: 'call.play',
    callId,
    to: listener(given, subject),
    what: { file },
    ...repeat,
    ...(maxSec === undefined ? {} : { maxSec }),
  };
}

function speak(given: Parameters, callId: CallId, subject: Subject): Command {
  const text = needed(given, 'Text').trim();
  if (text.length > MOST_WORDS) throw new BadRequest('Text', `Text is longer than ${MOST_WORDS} characters`);
  const language = given.get('language')?.trim() ?? '';
  const voice = given.get('voice')?.trim() ?? '';
  const what = { text, ...(language === '' ? {} : { language }), ...(voice === '' ? {} : { voice }) };
  return { kind: 'call.play', callId, to: listener(given, subject, 'all'), what };
}

function record(given: Parameters, callId: CallId): Command {
  const format = (given.get('format') ?? '').trim().toLowerCase() || 'mp3';
  if (format !== 'mp3' && format !== 'wav') throw new BadRequest('Format', 'Format is mp3 or wav');
  const maxSec = wholeSeconds(given, 'Duration');
  const silenceSec = wholeSeconds(given, 'Inactivity');
  return {
    kind: 'record.start',
    callId,
    format,
    ...(maxSec === undefined ? {} : { maxSec }),
    ...(silenceSec === undefined ? {} : { silenceSec }),
  };
}

function transfer(given: Parameters, callId: CallId, to: TransferTarget, { phone }: Subject): Command {
  const named = spelled(given, 'TransferorParty', 'TranferorParty').toLowerCase();
  const own = phone === undefined ? undefined : phone === 'caller' ? 'callee' : 'caller';
  const leaving = named === '' ? own : named;
  if (leaving !== undefined && leaving !== 'caller' && leaving !== 'callee')
    throw new BadRequest('TransferorParty', 'TransferorParty is caller or callee');
  return { kind: 'call.transfer', callId, to, ...(leaving === undefined ? {} : { leaving }) };
}

/** From an API extension, whose script begins when the phone has answered. */
function call(given: Parameters, { extension }: Subject): Action {
  const caller = given.get('apiextension')?.trim() || (extension ?? '');
  const script = given.get('responseozml')?.trim() ?? '';
  const asks = url(given, 'Url');
  return {
    command: { kind: 'call.setup', caller: numberOf(caller, 'ApiExtension'), callee: number(given, 'Dialed') },
    after: {
      errorUrl: url(given, 'ErrorUrl'),
      finishedUrl: url(given, 'FinishedUrl'),
      connected: { ...(script === '' ? {} : { script }), ...(asks === undefined ? {} : { url: asks }) },
    },
  };
}

/** Longer than anybody listens. */
const MOST_TIMES = 1000;
const MOST_WORDS = 4000;
const MOST_SECONDS = 86_400;

export function needed(given: Parameters, name: string): string {
  return neededOf(given.get(name.toLowerCase()) ?? '', name);
}

function neededOf(value: string, name: string): string {
  if (value.trim() === '') throw new BadRequest(name, `${name} is missing`);
  return value;
}

const number = (given: Parameters, name: string): string => numberOf(given.get(name.toLowerCase()) ?? '', name);

export function numberOf(given: string, name: string): string {
  // A + that was not escaped arrives as a space, and no number begins with one.
  const value = neededOf(given, name).replace(/^ /, '+').trim();
  if (!/^[0-9A-Za-z+*#._-]{1,64}$/.test(value)) throw new BadRequest(name, `${name} is not a number`);
  return value;
}

/** The first of several spellings: their own pages do not agree with each other. */
function spelled(given: Parameters, ...names: readonly string[]): string {
  return names.map((name) => given.get(name.toLowerCase())?.trim() ?? '').find((value) => value !== '') ?? '';
}

export function callIdIn(given: Parameters, name: string, { callId, find }: Subject, itsOwn = false): CallId {
  const written = given.get(name.toLowerCase())?.trim() ?? '';
  if (written !== '') return find(written);
  if (callId === undefined || itsOwn) throw new BadRequest(name, `${name} is missing`);
  return callId;
}

function listener(given: Parameters, { phone }: Subject, otherwise?: Listener): Listener {
  if (phone !== undefined) return phone;
  const party = (given.get('party') ?? '').trim().toLowerCase();
  if (party === 'caller' || party === 'callee' || party === 'all') return party;
  if (party === '' && otherwise !== undefined) return otherwise;
  throw new BadRequest('Party', 'Party is caller, callee or all');
}

function keys(given: Parameters): string {
  const value = needed(given, 'Keys').trim();
  if (!/^[0-9*#A-Da-d,w]{1,64}$/.test(value)) throw new BadRequest('Keys', 'Keys are 0-9, *, #, A-D, and a comma for a pause');
  return value.replace(/[a-d]/g, (key) => key.toUpperCase());
}

export function seconds(given: Parameters, name: string): number | undefined {
  const value = (given.get(name.toLowerCase()) ?? '').trim();
  if (value === '') return undefined;
  if (!/^[0-9]{1,6}(\.[0-9]{1,3})?$/.test(value) || Number(value) <= 0 || Number(value) > MOST_SECONDS)
    throw new BadRequest(name, `${name} is a number of seconds`);
  return Number(value);
}

function wholeSeconds(given: Parameters, name: string): number | undefined {
  const value = seconds(given, name);
  return value === undefined ? undefined : Math.ceil(value);
}

function flag(given: Parameters, name: string): boolean {
  const value = (given.get(name.toLowerCase()) ?? '').trim().toLowerCase();
  if (['', 'false', '0', 'no'].includes(value)) return false;
  if (['true', '1', 'yes'].includes(value)) return true;
  throw new BadRequest(name, `${name} is true or false`);
}

/** Where Holdfast is to ask: http or https, and nothing else. */
export function url(given: Parameters, name: string): string | undefined {
  const value = (given.get(name.toLowerCase()) ?? '').trim();
  if (value === '') return undefined;
  const protocol = URL.canParse(value) && value.length <= 2048 ? new URL(value).protocol : '';
  if (protocol !== 'http:' && protocol !== 'https:') throw new BadRequest(name, `${name} is an http or https address`);
  return value;
}
