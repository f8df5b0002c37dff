/**
 * ozeki: the HTTP API of Ozeki 10 (path /api) and Ozeki Phone System XE (path / with `command` in the query).
 *
 *   CallSetup Caller Callee     Hold CallId     Unhold CallId     Hangup CallId     ListActiveCalls
 *
 * GET or POST (form), names and commands in any case, parameters of query and body together, the body winning. `Username` and
 * `Password` are parameters like the others. HTTP says 200 whatever happens; `Code` says what happened (ozeki-xml.ts).
 * CallIds are five or six letters and digits, shown by ListActiveCalls; ids of our REST API are understood too.
 *
 * Hold holds both parties, with music; Unhold lifts that hold only, and a hold by a party's own phone stays. Both answer 200
 * when there is nothing to do. Hold waits for both phones. When one of them refuses (488), the answer is still 200 and nothing
 * is rolled back: the parties are cut apart and music plays, which is what the command promises; giving up the hold because
 * a phone would not agree to its wording would let people be heard who were told they are not.
 *
 * `ErrorUrl` of CallSetup is accepted and not called yet: there are no notifications. Other commands answer 301.
 */
import type { CallView, Command, Outcome } from '#calls/commands.js';
import { assertNever, BadRequest, CallNotFound, NotRegistered, NumberUnknown, WrongMoment, type AppError } from '#kit/errors.js';
import type { Offered } from '../api-accounts.js';
import type { RouteDoc } from '../openapi.js';
import { CredentialsMissing, CredentialsWrong, HttpRefusal } from '../refusals.js';
import type { Dialect, DialectReply, DialectRequest, DialectRoute } from './dialect.js';
import { activeCallsXml, responseXml, type ListForm, type OzekiCode } from './ozeki-xml.js';
import type { WireIds } from './wire-ids.js';

export type OzekiDeps = Readonly<{ ids: WireIds; nowMs: () => number }>;

export function ozeki(deps: OzekiDeps): Dialect {
  return {
    name: 'ozeki',
    credentialsIn: 'parameters',
    body: 'form',
    credentials,
    refuse,
    event: () => undefined, // CallChanged and its like are POSTs to the application; nobody sends them yet
    routes: [
      ...bothMethods('/api', 'ozeki-10', deps),
      ...bothMethods('/', 'xe', deps).map((route) => ({ ...route, whenQueryHas: 'command' })),
      { ...routeAt('POST', '/', 'xe', deps) },
    ],
  };
}

function bothMethods(path: string, form: ListForm, deps: OzekiDeps): DialectRoute[] {
  return [routeAt('GET', path, form, deps), routeAt('POST', path, form, deps)];
}

function routeAt(method: 'GET' | 'POST', path: string, form: ListForm, deps: OzekiDeps): DialectRoute {
  return {
    method,
    path,
    doc,
    read: (request) => readCommand(parametersOf(request), deps.ids),
    write: (outcome) => writeOutcome(outcome, form, deps),
  };
}

type Parameters = ReadonlyMap<string, string>;

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

type CommandName = 'CallSetup' | 'Hold' | 'Unhold' | 'Hangup' | 'ListActiveCalls';
const COMMAND_NAMES: readonly CommandName[] = ['CallSetup', 'Hold', 'Unhold', 'Hangup', 'ListActiveCalls'];

class NotImplementedCommand extends BadRequest {
  constructor(command: string) {
    super('command', `no command ${command}`);
  }
}

function commandName(parameters: Parameters): CommandName | undefined {
  const given = parameters.get('command')?.toLowerCase();
  return COMMAND_NAMES.find((name) => name.toLowerCase() === given);
}

function readCommand(parameters: Parameters, ids: WireIds): Command {
  const name = commandName(parameters);
  switch (name) {
    case 'CallSetup':
      return { kind: 'call.setup', caller: number(parameters, 'Caller'), callee: number(parameters, 'Callee') };
    case 'Hold':
      return { kind: 'call.hold', callId: callId(parameters, ids), holder: 'controller' };
    case 'Unhold':
      return { kind: 'call.resume', callId: callId(parameters, ids), holder: 'controller' };
    case 'Hangup':
      return { kind: 'call.hangup', callId: callId(parameters, ids) };
    case 'ListActiveCalls':
      return { kind: 'call.list' };
    case undefined:
      throw new NotImplementedCommand(parameters.get('command') ?? '');
    default:
      return assertNever(name);
  }
}

function needed(parameters: Parameters, name: string): string {
  const value = parameters.get(name.toLowerCase()) ?? '';
  if (value.trim() === '') throw new BadRequest(name, `${name} is missing`);
  return value;
}

function number(parameters: Parameters, name: string): string {
  // A + that was not escaped arrives as a space, and no number begins with one.
  const value = needed(parameters, name).replace(/^ /, '+').trim();
  if (!/^[0-9A-Za-z+*#._-]{1,64}$/.test(value)) throw new BadRequest(name, `${name} is not a number`);
  return value;
}

function callId(parameters: Parameters, ids: WireIds): CallView['id'] {
  const given = needed(parameters, 'CallId').trim();
  return ids.find(given) ?? (given as CallView['id']);
}

function writeOutcome(outcome: Outcome, form: ListForm, { ids, nowMs }: OzekiDeps): DialectReply {
  switch (outcome.kind) {
    case 'call.accepted':
    case 'call.hangup-started':
    case 'hold.done': // also soft-held or still unsettled: see above
    case 'call.done':
    case 'call.found':
    case 'transfer.started':
    case 'call.parked':
    case 'park.listed':
    case 'play.started':
    case 'record.started':
    case 'history.found':
    case 'message.sent':
    case 'conference.found':
    case 'conference.listed':
      return reply(200);
    case 'call.listed': {
      const calls = outcome.calls.map((call) => ({ wireId: ids.of(call.id), call }));
      return reply(200, [], activeCallsXml(calls, form, nowMs()));
    }
    default:
      return assertNever(outcome);
  }
}

function refuse(error: AppError, request: DialectRequest): DialectReply {
  const parameters = parametersOf(request);
  const given = parameters.get('command') ?? '';
  const name = commandName(parameters) ?? given;
  if (error instanceof CredentialsMissing) return reply(304);
  if (error instanceof CredentialsWrong) return reply(305);
  if (error instanceof NotImplementedCommand) return reply(301, [given]);
  if (error instanceof BadRequest) return reply(302, [error.field, name]);
  if (error instanceof CallNotFound) return reply(601, [parameters.get('callid') ?? '']);
  if (error instanceof WrongMoment) return reply(303, [name]);
  if (error instanceof NumberUnknown) return reply(402, [error.number, 'NotFound']);
  if (error instanceof NotRegistered) return reply(402, [error.number, 'Error']);
  if (error instanceof HttpRefusal) return error.code === 'internal' ? reply(500) : reply(300, [error.message]);
  // The house is full, or the media server failed.
  return name === 'CallSetup' ? reply(402, [parameters.get('callee') ?? '', 'Error']) : reply(303, [name]);
}

const reply = (code: OzekiCode, words: readonly string[] = [], more = ''): DialectReply => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: responseXml(code, words, more),
});

const doc: RouteDoc = {
  summary: 'The Ozeki HTTP API',
  description:
    'Commands CallSetup (Caller, Callee), Hold, Unhold, Hangup (CallId) and ListActiveCalls, for clients written for it. ' +
    'The HTTP status is always 200; `Code` in the XML says what happened: 200 done, 300 unreadable, 301 unknown command, ' +
    '302 parameter missing or wrong, 303 wrong moment, 304 and 305 credentials missing or wrong, 402 no such phone, 601 no such call.',
  open: true,
  query: {
    command: 'the command, in any case',
    Username: 'an HTTP user',
    Password: 'and its password',
    CallId: 'for Hold, Unhold and Hangup; ListActiveCalls shows them',
    Caller: 'for CallSetup',
    Callee: 'for CallSetup',
  },
  answers: { 200: { description: 'done, or not: see `Code`', contentType: 'application/xml' } },
};
