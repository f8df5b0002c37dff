/**
 * voipnow-events: phoneCallEvents, what an App wants to be told of an extension, and how each event is spelled.
 *
 *   POST, GET /uapi/extensions/{userId}/{extension}/phoneCallEvents     DELETE .../phoneCallEvents/{id}
 *
 * Types: 0 dial-in, 1 dial-out, 2 hang-up, 3 incoming answered, 4 outgoing answered. There is none for hold.
 * Who sends them is voipnow-notices.ts.
 */
import type { CallView } from '#calls/commands.js';
import type { NumberedEvent } from '#calls/event-bus.js';
import { Busy } from '#kit/errors.js';
import type { AskingRoute, DialectReply, DialectRequest } from './dialect.js';
import * as docs from './voipnow-docs.js';
import { json, UapiRefusal } from './voipnow-errors.js';
import { bodyFields, needed, text, whole } from './voipnow-fields.js';
import type { Extensions, Role, Scope } from './voipnow-scope.js';

export type EventWish = Readonly<{
  id: string;
  /** Who asked: an App sees its own wishes alone. */
  identity: string;
  numbers: ReadonlySet<string>;
  extension: string;
  type: number;
  /** 0 GET, 1 POST */
  method: number;
  url: string;
  note: string;
  /** 0: not now. */
  status: number;
}>;

const MOST_WISHES = 1000;
const BUSY_RETRY_SEC = 60;

export class EventWishes {
  readonly #wishes = new Map<string, EventWish>();
  #lastId = 0;

  /** @throws Busy */
  add(wish: Omit<EventWish, 'id'>): EventWish {
    if (this.#wishes.size >= MOST_WISHES)
      throw new Busy(`the limit of ${MOST_WISHES} phoneCallEvents is reached`, BUSY_RETRY_SEC);
    const added = { ...wish, id: String(++this.#lastId) };
    this.#wishes.set(added.id, added);
    return added;
  }

  of(identity: string): readonly EventWish[] {
    return [...this.#wishes.values()].filter((wish) => wish.identity === identity);
  }

  keepOnly(may: (wish: EventWish) => boolean): void {
    for (const wish of [...this.#wishes.values()]) if (!may(wish)) this.#wishes.delete(wish.id);
  }

  remove(id: string): void {
    this.#wishes.delete(id);
  }

  all(): IterableIterator<EventWish> {
    return this.#wishes.values();
  }
}

export type EventRoutesDeps = Readonly<{
  wishes: EventWishes;
  extensions: Extensions;
  /** What this house may call. */
  urlAllowed: (url: URL) => boolean;
}>;

export function eventRoutes(deps: EventRoutesDeps): readonly AskingRoute[] {
  const path = '/uapi/extensions/:user/:extension/phoneCallEvents';
  const one = `${path}/:eventId`;
  const { wishes, extensions } = deps;
  const seen = (request: DialectRequest, scope: Scope): readonly EventWish[] =>
    wishes.of(request.identity).filter(({ numbers }) => scope.number === undefined || numbers.has(scope.number));
  const found = (request: DialectRequest): EventWish => {
    const wish = seen(request, extensions.scopeOf(request)).find(({ id }) => id === request.params['eventId']);
    if (wish === undefined) throw new UapiRefusal('pc_parameter_invalid', 'there is no such phoneCallEvent');
    return wish;
  };
  const route = (
    method: AskingRoute['method'],
    at: string,
    doc: AskingRoute['doc'],
    answer: (request: DialectRequest) => unknown,
  ) => ({
    method,
    path: at,
    doc,
    answer: async (request: DialectRequest): Promise<DialectReply> => json(200, await Promise.resolve(answer(request))),
  });
  return [
    route('POST', path, docs.wish, (request) => [shown(wishes.add(readWish(request, deps)))]),
    route('GET', path, docs.wishes, (request) => ({ entry: seen(request, extensions.scopeOf(request)).map(shown) })),
    route('GET', one, docs.wishes, (request) => ({ ...shown(found(request)), entry: [shown(found(request))] })),
    route('DELETE', one, docs.unwish, (request) => {
      const wish = found(request);
      wishes.remove(wish.id);
      return [shown(wish)];
    }),
  ];
}

const shown = ({ id, extension, type, method, url, note, status }: EventWish): object => ({
  id,
  extension,
  type,
  method,
  url,
  note,
  status,
});

/** @throws UapiRefusal */
function readWish(request: DialectRequest, { extensions, urlAllowed }: EventRoutesDeps): Omit<EventWish, 'id'> {
  const scope = extensions.scopeOf(request);
  const fields = bodyFields(request);
  const url = needed(text(fields, 'url'), 'url');
  const parsed = URL.canParse(url) && url.length <= 2048 ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || !urlAllowed(parsed))
    throw new UapiRefusal('pc_parameter_invalid', 'url: expected http or https, without user, at an address this house may call');
  return {
    identity: request.identity,
    numbers: scope.number === undefined ? scope.numbers : new Set([scope.number]),
    extension: scope.extension,
    type: needed(whole(fields, 'type', 0, 4), 'type'),
    method: whole(fields, 'method', 0, 1) ?? 0,
    url,
    note: (text(fields, 'note') ?? '').slice(0, 255),
    status: whole(fields, 'status', 0, 1) ?? 1,
  };
}

export type Spelling = Readonly<{ extensions: Extensions; wireId: (callId: CallView['id']) => string }>;

/** The fields of one event for one wish, once for each of its numbers that takes part. */
export function spellings({ event }: NumberedEvent, wish: EventWish, deps: Spelling): readonly URLSearchParams[] {
  if (wish.status === 0) return [];
  // To the phone that it no longer rings at it is over.
  if (event.kind === 'call.forwarded')
    return wish.type === 2 && wish.numbers.has(event.from) ? [fieldsOf(leftBehind(event), 'callee', deps)] : [];
  if (event.kind !== 'call.ringing' && event.kind !== 'call.answered' && event.kind !== 'call.ended') return [];
  // A call that the API sets up rings at its caller first: that is not yet a call to anybody.
  if (event.kind === 'call.ringing' && event.leg === 'caller') return [];
  const roles = (['caller', 'callee'] as const).filter((role) => wish.numbers.has(event.parties[role]));
  return roles.filter((role) => typeOf(event.kind, role) === wish.type).map((role) => fieldsOf(event, role, deps));
}

type Told = Extract<NumberedEvent['event'], { kind: 'call.ringing' | 'call.answered' | 'call.ended' }>;

const leftBehind = ({ callId, parties, from }: Extract<NumberedEvent['event'], { kind: 'call.forwarded' }>): Told => ({
  kind: 'call.ended',
  callId,
  parties: { ...parties, callee: from },
  cause: 'refused',
  answered: false,
});

function typeOf(kind: Told['kind'], role: Role): number {
  if (kind === 'call.ended') return 2;
  if (kind === 'call.ringing') return role === 'callee' ? 0 : 1;
  return role === 'callee' ? 3 : 4;
}

function fieldsOf(event: Told, role: Role, { extensions, wireId }: Spelling): URLSearchParams {
  const { caller, callee } = event.parties;
  const called: Readonly<Record<string, string>> =
    role === 'callee'
      ? { CalledDID: callee, CalledExtension: extensions.written(callee) }
      : { CallerExtension: extensions.written(caller), CalledNumber: extensions.written(callee) };
  return new URLSearchParams({
    CallID: wireId(event.callId),
    CallerIDNum: extensions.written(caller),
    CallerIDName: extensions.nameOf(caller),
    ...called,
    CallStatus: statusOf(event),
    CallFlow: role === 'callee' ? 'IN' : 'OUT',
  });
}

function statusOf(event: Told): string {
  if (event.kind === 'call.ringing') return 'CALLING';
  return event.kind === 'call.answered' || event.answered ? 'ANSWER' : 'UNKNOWN';
}
