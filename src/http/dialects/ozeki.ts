/**
 * ozeki: the Ozeki HTTP API (Ozeki 10 on /api, Phone System XE on /). Manual:
 *
 *   GET|POST /api?command=CallSetup&Caller=101&Callee=102&Username=U&Password=P      rings 101, then 102
 *   GET|POST /api?command=Hold&CallId=Nt3uh&Username=U&Password=P                    both legs on hold, with music
 *   ... Unhold, Hangup (CallId), ListActiveCalls
 *
 * The HTTP status is always 200; the outcome is <Code>. Names of commands and parameters are compared without case.
 * A hold that a phone refused (soft-held) answers 200: media is cut and music plays, so the command was executed; taking the
 * hold back because one phone refused would let the parties hear each other.
 */
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { AppError, BadRequest, Busy, CallNotFound, NotRegistered, NumberUnknown, WrongMoment } from '#kit/errors.js';
import type { Credentials, Dialect, DialectReply, DialectRequest } from './dialect.js';
import { OzekiIds } from './ozeki-ids.js';
import { element, response, type XmlNode } from './ozeki-xml.js';

/** A failure in Ozeki's own numbers (dialects.md 1.2). */
class OzekiFault extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

const SUCCESS = 'Command successfully executed';

type Reader = (parameters: Parameters) => Command;

/** Parameters by lower-case name; the vendor's own examples mix cases. */
class Parameters {
  readonly #values = new Map<string, string>();
  readonly command: string;

  constructor(request: DialectRequest) {
    for (const [name, value] of request.parameters) this.#values.set(name.toLowerCase(), value);
    this.command = this.find('command') ?? '';
  }

  find(name: string): string | undefined {
    const value = this.#values.get(name.toLowerCase())?.trim();
    return value === '' ? undefined : value;
  }

  need(name: string): string {
    const value = this.find(name);
    if (value === undefined) throw missing(name, this.command);
    return value;
  }
}

const missing = (name: string, command: string): OzekiFault =>
  new OzekiFault(302, `Missing or invalid parameter '${name}' for command '${command}'`);

export class OzekiDialect implements Dialect {
  readonly name = 'ozeki';
  readonly paths = ['/api', '/api/', '/'];
  readonly #ids = new OzekiIds();
  readonly #readers: Readonly<Record<string, Reader>> = {
    callsetup: (p) => ({ kind: 'call.setup', caller: number(p, 'Caller'), callee: number(p, 'Callee') }),
    hold: (p) => ({ kind: 'call.hold', callId: this.#callId(p), holder: 'controller', music: true }),
    unhold: (p) => ({ kind: 'call.resume', callId: this.#callId(p), holder: 'controller' }),
    hangup: (p) => ({ kind: 'call.hangup', callId: this.#callId(p) }),
    listactivecalls: () => ({ kind: 'call.list' }),
  };

  read(request: DialectRequest, credentials: Credentials): Command {
    const parameters = new Parameters(request);
    const [user, password] = [parameters.find('Username'), parameters.find('Password')];
    if (user === undefined || password === undefined) throw new OzekiFault(304, 'Authentication required');
    if (!credentials(user, password)) throw new OzekiFault(305, 'Authentication failed, bad username or password');
    const reader = this.#readers[parameters.command.toLowerCase()];
    if (parameters.command === '') throw missing('command', '');
    if (reader === undefined) throw new OzekiFault(301, `Not implemented command: '${parameters.command}'`);
    return reader(parameters);
  }

  write(request: DialectRequest, outcome: Outcome): DialectReply {
    if (outcome.kind !== 'call.listed') return reply(200, SUCCESS);
    const xe = request.path === '/';
    const calls = outcome.calls.map((call) => element(xe ? 'CallInfo' : 'Call', xe ? this.#xeEntry(call) : this.#entry(call)));
    return reply(200, SUCCESS, [element('ActiveCalls', calls)]);
  }

  fail(request: DialectRequest, error: unknown): DialectReply {
    const parameters = new Parameters(request);
    const { command } = parameters;
    if (error instanceof OzekiFault) return reply(error.code, error.message);
    if (error instanceof CallNotFound) return reply(601, `Call not found with ID '${parameters.find('CallId') ?? ''}'`);
    if (error instanceof WrongMoment) return reply(303, `Command '${command}' cannot be used here`);
    if (error instanceof NumberUnknown || error instanceof NotRegistered || error instanceof Busy)
      return reply(402, error.message);
    if (error instanceof BadRequest) return reply(302, `Missing or invalid parameter '${error.field}' for command '${command}'`);
    if (error instanceof AppError) return reply(402, error.message);
    return reply(300, 'The request could not be executed');
  }

  /** An id nobody was given is one nobody can name: it becomes CallNotFound like a call that has ended. */
  #callId(parameters: Parameters): CallId {
    const wireId = parameters.need('CallId');
    return this.#ids.callIdOf(wireId) ?? ('' as CallId);
  }

  /** dialects.md 1.3: Ozeki 10, in this order. */
  #entry(call: CallView): XmlNode[] {
    return [
      element('CallId', this.#ids.wireIdOf(call.id)),
      element('Source', call.parties.caller),
      element('CallerId', call.parties.caller),
      element('Destination', call.parties.callee),
      element('CallerDialed', call.parties.callee),
      element('CalleeDialed', call.parties.callee),
      element('StartTime', call.createdAt.slice(0, 19).replace('T', ' ')),
      element('RingDuration', ringSeconds(call).toFixed(3)),
      element('TalkDuration', talkSeconds(call).toFixed(3)),
      element('CallState', stateWord(call)),
    ];
  }

  #xeEntry(call: CallView): XmlNode[] {
    return [
      element('CallState', stateWord(call)),
      element('CallId', this.#ids.wireIdOf(call.id)),
      element('Source', call.parties.caller),
      element('CallerId', call.parties.caller),
      element('Destination', call.parties.callee),
      element('StartTime', call.createdAt),
      element('RingDuration', String(Math.floor(ringSeconds(call)))),
      element('TalkDuration', String(Math.floor(talkSeconds(call)))),
    ];
  }
}

function number(parameters: Parameters, name: string): string {
  const value = parameters.need(name);
  if (!/^[0-9A-Za-z+*#._-]{1,64}$/.test(value)) throw missing(name, parameters.command);
  return value;
}

const reply = (code: number, message: string, more: readonly XmlNode[] = []): DialectReply => ({
  status: 200,
  contentType: 'application/xml; charset=utf-8',
  body: response([element('Code', String(code)), element('Message', message), ...more]),
});

const seconds = (from: string, to: string | undefined): number =>
  ((to === undefined ? Date.now() : Date.parse(to)) - Date.parse(from)) / 1000;
const ringSeconds = (call: CallView): number => seconds(call.createdAt, call.answeredAt);
const talkSeconds = (call: CallView): number => (call.answeredAt === undefined ? 0 : seconds(call.answeredAt, call.endedAt));

function stateWord(call: CallView): string {
  if (call.state === 'held') return 'Hold';
  return call.state === 'in-call' ? 'InCall' : call.state === 'ended' ? 'Completed' : 'Ringing';
}
