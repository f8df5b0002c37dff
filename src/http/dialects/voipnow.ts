/**
 * voipnow: the phoneCalls of the 4PSA VoipNow UnifiedAPI (seed 001), for Apps written for it.
 *
 *   GET, PUT, DELETE /uapi/phoneCalls/{userId}/{extension}[/{phoneCallId}]     POST /uapi/phoneCalls/{userId}/{kind}
 *
 * PUT answers 202 (or 200, voipnow.actionStatus) with id, extension and link; GET answers one call bare and under `entry`, so
 * that readers of both forms find it; create and delete answer a list. A hold that a phone refuses (488) is answered like one
 * it accepts: the parties are cut apart and music plays, and 500 would say that they still hear each other.
 * Without an id PUT and DELETE mean every call of the extension. /uapi/phoneCall (singular) is a misprint that clients copied.
 * There are no events of hold in this dialect: clients ask again. Tokens come from voipnow-token.ts.
 */
import type { CallView, Command, Outcome, ParkedView } from '#calls/commands.js';
import { CallNotFound, WrongMoment } from '#kit/errors.js';
import { headerCredentials } from '../api-accounts.js';
import type { Ask, AskingRoute, Dialect, DialectReply, DialectRequest, Method } from './dialect.js';
import { actionCommand, bulkCommand, readAction } from './voipnow-actions.js';
import { create } from './voipnow-create.js';
import * as docs from './voipnow-docs.js';
import { json, refuse, UapiRefusal } from './voipnow-errors.js';
import { bodyFields, phoneNumber } from './voipnow-fields.js';
import { chosenFields, pageOf } from './voipnow-list.js';
import { linkBase, phoneCall, shortPhoneCall, type Asked, type PhoneCallDeps } from './voipnow-phone-call.js';
import { theRest } from './the-rest.js';
import { concerns, visible, type Scope } from './voipnow-scope.js';

export type VoipnowDeps = PhoneCallDeps & Readonly<{ findWireId: (wireId: string) => CallView['id'] | undefined }>;

type Answer = (request: DialectRequest, ask: Ask, deps: VoipnowDeps) => Promise<DialectReply>;

export function voipnow(deps: VoipnowDeps, more: readonly AskingRoute[] = []): Dialect {
  const route = (method: Method, path: string, doc: AskingRoute['doc'], answer: Answer): AskingRoute[] =>
    ['/uapi/phoneCalls', '/uapi/phoneCall'].map((base) => ({
      method,
      path: `${base}${path}`,
      doc,
      answer: (request, ask) => answer(request, ask, deps),
    }));
  const routes = [
    ...route('GET', '/:user/:extension', docs.list, list),
    ...route('GET', '/:user/:extension/:phoneCallId', docs.get, get),
    ...route('PUT', '/:user/:extension/:phoneCallId', docs.act, act),
    ...route('PUT', '/:user/:extension', docs.actOnAll, actOnAll),
    ...route('DELETE', '/:user/:extension/:phoneCallId', docs.hangup, hangup),
    ...route('DELETE', '/:user/:extension', docs.hangupAll, hangupAll),
    ...route('POST', '/:user/:extension', docs.create, (request, ask) =>
      create(request, ask, deps, (extension) => askedBy(request, deps, extension)),
    ),
    ...more,
  ];
  return {
    name: 'voipnow',
    credentialsIn: 'header',
    body: 'json',
    credentials: (request) => headerCredentials(request.header('authorization')),
    refuse,
    event: () => undefined, // phoneCallEvents go to each App's own URL: voipnow-events.ts
    routes: [...routes, ...theRest('/uapi', routes)],
  };
}

async function list(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const parked = await parkedCalls(ask);
  const calls = await callsOf(asked.scope, ask);
  const { calls: shown, next, prev } = pageOf(calls, request.query, linkBase(asked, deps), ({ id }) => deps.wireId(id));
  const entry = shown.map((call) => chosenFields(phoneCall(call, asked, deps, parked.get(call.id)), request.query));
  const link = { ...(next === undefined ? {} : { next }), ...(prev === undefined ? {} : { prev }) };
  return json(200, Object.keys(link).length === 0 ? { entry } : { entry, link });
}

async function get(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const call = await callOf(request, asked.scope, ask, deps);
  const shown = chosenFields(phoneCall(call, asked, deps, (await parkedCalls(ask)).get(call.id)), request.query);
  return json(200, { ...shown, entry: [shown] });
}

async function act(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const call = await callOf(request, asked.scope, ask, deps);
  const fields = bodyFields(request);
  await ask(actionCommand(readAction(fields), fields, { scope: asked.scope, call, extensions: deps.extensions }));
  return json(deps.config.actionStatus, shortPhoneCall(call, asked, deps));
}

async function actOnAll(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const action = readAction(bodyFields(request));
  const calls = (await callsOf(asked.scope, ask)).filter(({ state }) => state === 'in-call' || state === 'held');
  // An action that needs an id is refused although there are no calls.
  if (!['OnHold', 'OffHold', 'UnHold'].includes(action))
    throw new UapiRefusal('pc_phonecall_invalid', `${action} needs the id of a phone call in the path`);
  const done = await forEach(calls, ask, (call) => bulkCommand(action, asked.scope, call));
  if (done.length === 0) return { status: 204, headers: {}, body: '' };
  return json(200, { entry: done.map((call) => shortPhoneCall(call, asked, deps)) });
}

async function hangup(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const call = await callOf(request, asked.scope, ask, deps);
  const asItWas = phoneCall(call, asked, deps); // afterwards nobody knows its id any more
  await ask({ kind: 'call.hangup', callId: call.id });
  return json(200, [asItWas]);
}

async function hangupAll(request: DialectRequest, ask: Ask, deps: VoipnowDeps): Promise<DialectReply> {
  const asked = askedBy(request, deps);
  const written = phoneNumber(Object.fromEntries(request.query), 'phoneNumber');
  const number = written === undefined ? undefined : deps.extensions.read(written);
  const calls = (await callsOf(asked.scope, ask)).filter(
    ({ parties }) => number === undefined || Object.values(parties).includes(number),
  );
  const asTheyWere = new Map(calls.map((call) => [call.id, phoneCall(call, asked, deps)]));
  const done = await forEach(calls, ask, (call) => ({ kind: 'call.hangup', callId: call.id }));
  return json(
    200,
    done.map(({ id }) => asTheyWere.get(id)),
  );
}

function askedBy(request: DialectRequest, { extensions }: VoipnowDeps, extension?: string): Asked {
  const host = request.header('host') ?? '';
  return {
    scope: extensions.scopeOf(request, extension),
    // RFC 9110 §7.2: what it says comes from outside and goes into a link.
    host: /^[0-9A-Za-z.:[\]-]{1,255}$/.test(host) ? host : 'localhost',
  };
}

/** @throws UapiRefusal for an id that is malformed, unknown, or of somebody else's call: they look the same. */
async function callOf(request: DialectRequest, scope: Scope, ask: Ask, deps: VoipnowDeps): Promise<CallView> {
  const given = request.params['phoneCallId'] ?? '';
  const unknown = new UapiRefusal('pc_phonecall_invalid', 'phoneCallId: there is no such phone call');
  if (!/^[0-9A-Za-z]{1,64}$/.test(given)) throw unknown;
  const callId = deps.findWireId(given) ?? (given as CallView['id']);
  const outcome = await ask({ kind: 'call.get', callId });
  if (outcome.kind !== 'call.found' || !visible(scope, outcome.call)) throw unknown;
  return outcome.call;
}

async function callsOf(scope: Scope, ask: Ask): Promise<readonly CallView[]> {
  const outcome = await ask({ kind: 'call.list' });
  return outcome.kind === 'call.listed' ? outcome.calls.filter((call) => concerns(scope, call)) : [];
}

async function parkedCalls(ask: Ask): Promise<ReadonlyMap<string, ParkedView>> {
  const outcome = await ask({ kind: 'park.list' });
  return new Map(outcome.kind === 'park.listed' ? outcome.parked.map((one) => [one.callId, one]) : []);
}

/** All at once; a call that ended or changed meanwhile is left out, and any other refusal is everybody's. */
async function forEach(calls: readonly CallView[], ask: Ask, command: (call: CallView) => Command): Promise<readonly CallView[]> {
  const results = await Promise.all(
    calls.map((call) =>
      ask(command(call)).catch((error: unknown): Outcome | undefined => {
        if (error instanceof CallNotFound || error instanceof WrongMoment) return undefined;
        throw error;
      }),
    ),
  );
  return calls.filter((_call, index) => results[index] !== undefined);
}
