/**
 * ozeki: the HTTP API of Ozeki 10 (path /api) and Ozeki Phone System XE (path / with `command` in the query).
 *
 *   CallSetup  Hold  Unhold  Hangup  ListActiveCalls  ListCallHistory  ListExtensions  Play  Speak  SendDTMF  Record  BlindTransfer
 *   AttendedTransfer  ForwardCall  Route  Reject  Call  SendMessage  Beep      and ours: RunScript (CallId, Script)
 *
 * GET or POST (form), names and commands in any case, parameters of query and body together, the body winning. `Username` and
 * `Password` are parameters like the others. HTTP says 200 whatever happens; `Code` says what happened (ozeki-xml.ts).
 * What the parameters mean is ozml/actions.ts: a script has the same. CallIds are five or six letters and digits, shown by
 * ListActiveCalls; ids of our REST API are understood too.
 *
 * Hold holds both parties, with music; Unhold lifts that hold only, and a hold by a party's own phone stays. Both answer 200
 * when there is nothing to do. Hold waits for both phones. When one of them refuses (488), the answer is still 200 and nothing
 * is rolled back: the parties are cut apart and music plays, which is what the command promises; giving up the hold because
 * a phone would not agree to its wording would let people be heard who were told they are not.
 *
 * What belongs to their other products (mail, SMS, alarms, files, address book) answers 301, as any unknown command does.
 */
import type { CallView, Outcome } from '#calls/commands.js';
import { BadRequest, CallNotFound, NotBuilt, NotRegistered, NumberUnknown, WrongMoment, type AppError } from '#kit/errors.js';
import { ACTION_NAMES, callIdIn, needed, readAction, type ActionName, type After, type Parameters } from '#ozml/actions.js';
import { ScriptUnreadable, UnknownStep, type Step } from '#ozml/script.js';
import type { Offered } from '../api-accounts.js';
import { CredentialsMissing, CredentialsWrong, HttpRefusal } from '../refusals.js';
import type { Ask, AskingRoute, Dialect, DialectReply, DialectRequest } from './dialect.js';
import { ozekiDoc } from './ozeki-docs.js';
import { extensionsXml, historyXml, readHistory, type ExtensionRow } from './ozeki-lists.js';
import { activeCallsXml, responseXml, type ListForm, type OzekiCode } from './ozeki-xml.js';

export type { ExtensionRow } from './ozeki-lists.js';

type CallId = CallView['id'];

export type OzekiDeps = Readonly<{
  ids: Readonly<{ of: (callId: CallId) => string; find: (wireId: string) => CallId }>;
  nowMs: () => number;
  /** Has a phone, or a script, of this house this number? */
  isOurs: (number: string) => boolean;
  extensions: () => readonly ExtensionRow[];
  hasApiExtension: (number: string) => boolean;
  /** What a command leaves behind when it has been carried out: addresses to ask when it is over. */
  later: (outcome: Outcome, after: After) => void;
  /** @throws ScriptUnreadable, UnknownStep */
  readScript: (text: string) => readonly Step[];
  /** @throws Busy */
  runScript: (callId: CallId, steps: readonly Step[]) => void;
}>;

export function ozeki(deps: OzekiDeps): Dialect {
  return {
    name: 'ozeki',
    credentialsIn: 'parameters',
    body: 'form',
    credentials,
    refuse,
    event: () => undefined, // CallChanged and its like are POSTs to the application: ozeki/notices.ts
    routes: [
      ...bothMethods('/api', 'ozeki-10', deps),
      ...bothMethods('/', 'xe', deps).map((route) => ({ ...route, whenQueryHas: 'command' })),
      routeAt('POST', '/', 'xe', deps),
    ],
  };
}

function bothMethods(path: string, form: ListForm, deps: OzekiDeps): AskingRoute[] {
  return [routeAt('GET', path, form, deps), routeAt('POST', path, form, deps)];
}

function routeAt(method: 'GET' | 'POST', path: string, form: ListForm, deps: OzekiDeps): AskingRoute {
  return { method, path, doc: ozekiDoc, answer: (request, ask) => answer(parametersOf(request), form, ask, deps) };
}

/** Names without case; what comes later wins, and the body comes last. */
function parametersOf(request: DialectRequest): Parameters {
  const body = typeof request.body === 'string' ? new URLSearchParams(request.body) : [];
  return new Map([...request.query, ...body].map(([name, value]) => [name.toLowerCase(), value]));
}

function credentials(request: DialectRequest): Offered {
  const parameters = parametersOf(request);
  const user = parameters.get('username');
  const password = parameters.get('password');
  if (user === undefined && password === undefined) return { kind: 'none' };
  return { kind: 'password', user: user ?? '', password: password ?? '' };
}

const OTHER_NAMES = ['ListActiveCalls', 'ListCallHistory', 'GetCallHistory', 'ListExtensions', 'RunScript'] as const;
type CommandName = ActionName | (typeof OTHER_NAMES)[number];
const COMMAND_NAMES: readonly CommandName[] = [...ACTION_NAMES, ...OTHER_NAMES];

class NotImplementedCommand extends BadRequest {
  constructor(command: string) {
    super('command', `no command ${command}`);
  }
}

class ApiExtensionUnavailable extends BadRequest {}

function commandName(parameters: Parameters): CommandName | undefined {
  const given = parameters.get('command')?.trim().toLowerCase();
  if (given === 'forward') return 'ForwardCall'; // its name in Phone System XE
  return COMMAND_NAMES.find((name) => name.toLowerCase() === given);
}

async function answer(given: Parameters, form: ListForm, ask: Ask, deps: OzekiDeps): Promise<DialectReply> {
  const { ids, nowMs, isOurs } = deps;
  const name = commandName(given);
  switch (name) {
    case undefined:
      throw new NotImplementedCommand(given.get('command') ?? '');
    case 'ListActiveCalls': {
      const outcome = await ask({ kind: 'call.list' });
      const calls = outcome.kind === 'call.listed' ? outcome.calls : [];
      return reply(
        200,
        [],
        activeCallsXml(
          calls.map((call) => ({ wireId: ids.of(call.id), call })),
          form,
          nowMs(),
        ),
      );
    }
    case 'ListCallHistory':
    case 'GetCallHistory': {
      const outcome = await ask(readHistory(given, ids.find));
      if (outcome.kind !== 'history.found') return reply(200);
      return reply(200, [], historyXml(outcome, { wireId: ids.of, isOurs, given, old: name === 'GetCallHistory' }));
    }
    case 'ListExtensions':
      return reply(200, [], extensionsXml(deps.extensions()));
    case 'RunScript':
      return runScript(given, ask, deps);
    default:
      return act(name, given, ask, deps);
  }
}

async function act(name: ActionName, given: Parameters, ask: Ask, deps: OzekiDeps): Promise<DialectReply> {
  const { command, after } = readAction(name, given, { find: deps.ids.find });
  if (name === 'Call' && command.kind === 'call.setup') {
    if (!deps.hasApiExtension(command.caller)) throw new ApiExtensionUnavailable('ApiExtension', command.caller);
    // What cannot be read is told to whoever sent it, and not when the phone has answered.
    if (after.connected?.script !== undefined) deps.readScript(after.connected.script);
  }
  deps.later(await ask(command), after);
  return reply(200);
}

/** Answered when the script has begun. */
async function runScript(given: Parameters, ask: Ask, { ids, readScript, runScript: run }: OzekiDeps): Promise<DialectReply> {
  const callId = callIdIn(given, 'CallId', { find: ids.find });
  const steps = readScript(needed(given, 'Script'));
  const found = await ask({ kind: 'call.get', callId });
  if (found.kind !== 'call.found' || found.call.state === 'ended') throw new CallNotFound(callId);
  run(callId, steps);
  return reply(200);
}

/** Names of our own fields that a command of the calls complains about, in their spelling. */
const FIELDS: Readonly<Record<string, string>> = {
  caller: 'Caller',
  callee: 'Callee',
  to: 'Target',
  toCall: 'TargetCallId',
  keys: 'Keys',
};

function refuse(error: AppError, request: DialectRequest): DialectReply {
  const parameters = parametersOf(request);
  const given = parameters.get('command') ?? '';
  const name = commandName(parameters) ?? given;
  if (error instanceof CredentialsMissing) return reply(304);
  if (error instanceof CredentialsWrong) return reply(305);
  if (error instanceof NotImplementedCommand) return reply(301, [given]);
  if (error instanceof UnknownStep) return reply(301, [error.step]);
  if (error instanceof ScriptUnreadable) return reply(300, [error.message]);
  if (error instanceof ApiExtensionUnavailable) return reply(401, [error.message]);
  if (error instanceof BadRequest) return reply(302, [fieldOf(error, parameters), name]);
  if (error instanceof CallNotFound) return reply(601, [missingCall(error, name, parameters)]);
  if (error instanceof WrongMoment || error instanceof NotBuilt) return reply(303, [name]);
  if (error instanceof NumberUnknown) return reply(402, [error.number, 'NotFound']);
  if (error instanceof NotRegistered) return reply(402, [error.number, 'Error']);
  if (error instanceof HttpRefusal) return error.code === 'internal' ? reply(500) : reply(300, [error.message]);
  // The house is full, or the media server failed.
  const number = name === 'CallSetup' ? parameters.get('callee') : name === 'Call' ? parameters.get('dialed') : undefined;
  return number === undefined ? reply(303, [name]) : reply(402, [number, 'Error']);
}

/** A sound that is not there is a wrong AudioFile; what cannot be spoken, a wrong Text, Language or Voice. */
function fieldOf({ field }: BadRequest, parameters: Parameters): string {
  const last = field.split('.').at(-1) ?? field;
  if (parameters.has('audiofile') && ['what', 'file', 'sound'].includes(last)) return 'AudioFile';
  return FIELDS[last] ?? `${last.slice(0, 1).toUpperCase()}${last.slice(1)}`;
}

/** AttendedTransfer is about two calls. */
function missingCall(error: CallNotFound, name: string, parameters: Parameters): string {
  const target = parameters.get('targetcallid')?.trim() ?? '';
  const own = ['callid', 'transferredcallid', 'tranferredcallid'].map((one) => parameters.get(one) ?? '').find((id) => id !== '');
  return name === 'AttendedTransfer' && target !== '' && error.message.endsWith(target) ? target : (own ?? target);
}

const reply = (code: OzekiCode, words: readonly string[] = [], more = ''): DialectReply => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: responseXml(code, words, more),
});
