/** openapi: the document says what is really answered. */
import t from 'tap';
import { FormatRegistry, TypeRegistry, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { HoldfastEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { EVENT_KINDS } from '#http/event-kinds.js';
import { EVENT_SCHEMAS } from '#http/event-schemas.js';
import { NAMED_SCHEMAS } from '#http/schemas.js';
import { BOTH_HELD, callView, FakeCalls, NO_HOLD } from '../support/fake-calls.js';
import { appFixture, BASIC } from '../support/http-fixture.js';

type Document = {
  openapi: string;
  paths: Record<string, Record<string, { summary: string; responses: Record<string, unknown>; security?: unknown[] }>>;
  webhooks: unknown;
  components: { schemas: Record<string, unknown> };
};

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));

TypeRegistry.Set<{ enum?: readonly string[]; type: string | readonly string[] }>('Unsafe', ({ enum: words, type }, value) =>
  words === undefined ? [type].flat().includes(value === null ? 'null' : typeof value) : words.includes(String(value)),
);

function named(name: string): TSchema {
  const found = [...NAMED_SCHEMAS, ...EVENT_SCHEMAS].find((schema) => schema.$id === name);
  if (found === undefined) throw new Error(`no schema ${name}`);
  return found;
}

t.test('every path of the issue is described, with its answers and its problems', async (t) => {
  const { app } = await appFixture(t);
  const document: Document = (await app.inject({ url: '/openapi.json' })).json();
  t.match(document.openapi, /^3\.1\./);
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  for (const route of [
    'post /calls',
    'get /calls',
    'get /calls/{callId}',
    'delete /calls/{callId}',
    'put /calls/{callId}/hold',
    'delete /calls/{callId}/hold',
    'get /registrations',
    'get /events',
    'get /health',
    'get /metrics',
    'get /api',
    'post /api',
    'post /v1/phlo/{phloId}/multi_party_call/{nodeId}/members/{memberAddress}',
    'get /webhooks',
    'post /webhooks',
    'get /webhooks/{webhook}',
    'delete /webhooks/{webhook}',
    'get /webhooks/dead-letters',
    'post /webhooks/dead-letters/{deadLetter}/retry',
    'delete /webhooks/dead-letters/{deadLetter}',
  ])
    t.ok(described.includes(route), route);
  t.same(Object.keys(document.paths['/calls']?.['post']?.responses ?? {}).sort(), [
    '202',
    '400',
    '401',
    '403',
    '413',
    '415',
    '422',
    '429',
    '503',
  ]);
  t.same(document.paths['/health']?.['get']?.security, [], 'open to everybody');
});

t.test('every reference in the document leads somewhere', async (t) => {
  const { app } = await appFixture(t);
  const { body } = await app.inject({ url: '/openapi.json' });
  const document = JSON.parse(body) as Document;
  const references = [...body.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
  t.ok(references.length > 10);
  t.same(
    references.filter((name) => !(name in document.components.schemas)),
    [],
  );
});

t.test('what is answered fits the schema that describes it', async (t) => {
  const ended = callView({
    id: 'b' as CallId,
    state: 'ended',
    endedAt: '2026-11-21T10:09:00.000Z',
    end: { cause: 'refused', status: 486 },
  });
  const held = callView({ state: 'held', hold: BOTH_HELD });
  const { app, bus } = await appFixture(t, new FakeCalls(held, ended));
  bus.publish({ kind: 'call.answered', callId: 'a' as CallId, parties: { caller: '101', callee: '102' } });
  const fits = async (schema: string, ask: { method?: 'POST' | 'PUT' | 'DELETE'; url: string; payload?: object }) => {
    const value: unknown = (await app.inject({ headers: BASIC, ...ask })).json();
    t.same(
      [...Value.Errors(named(schema), value)].map(({ path, message }) => `${path}: ${message}`),
      [],
      `${schema} ${ask.url}`,
    );
  };
  await fits('Call', { method: 'POST', url: '/calls', payload: { caller: '101', callee: '102' } });
  await fits('CallList', { url: '/calls' });
  await fits('Call', { url: '/calls/b' });
  await fits('HoldProof', { method: 'PUT', url: '/calls/call1/hold' });
  await fits('HoldProof', { method: 'DELETE', url: '/calls/call1/hold' });
  await fits('HangupStarted', { method: 'DELETE', url: '/calls/call1' });
  await fits('RegistrationList', { url: '/registrations' });
  await fits('EventPage', { url: '/events?limit=5' });
  await fits('Health', { url: '/health' });
  await fits('Problem', { url: '/calls/nobody' });
});

const parties = { caller: '101', callee: '102' };
const ofCall = { callId: 'a' as CallId, parties };
const SOME_OF_EACH: readonly HoldfastEvent[] = [
  { kind: 'call.ringing', ...ofCall, leg: 'callee' },
  { kind: 'call.forwarded', ...ofCall, from: '102', to: '103' },
  { kind: 'call.answered', ...ofCall },
  { kind: 'call.restored', ...ofCall, holders: [], hold: NO_HOLD },
  { kind: 'hold.changed', ...ofCall, holders: ['controller'], hold: BOTH_HELD },
  { kind: 'hold.failed', ...ofCall, leg: 'callee', status: 488, reason: 'Not Acceptable Here', hold: BOTH_HELD },
  { kind: 'hold.reminder', ...ofCall, reason: 'caller-phone' },
  { kind: 'hold.expired', ...ofCall, reason: 'callee-api', action: 'transfer:103' },
  { kind: 'transfer.changed', ...ofCall, state: 'failed', by: '101', to: '103', status: 486, reason: 'Busy Here' },
  { kind: 'call.parked', ...ofCall, slot: '701', by: '101' },
  { kind: 'call.retrieved', ...ofCall, slot: '701', by: '103', newCallId: 'b' as CallId },
  { kind: 'call.key', ...ofCall, leg: 'caller', key: '#' },
  { kind: 'play.ended', ...ofCall, playId: 'p', why: 'done' },
  { kind: 'recording.completed', ...ofCall, recordingId: 'r', seconds: 4.5, format: 'mp3' },
  {
    kind: 'conference.changed',
    conferenceId: 'c',
    state: 'open',
    members: [{ number: '101', callId: 'a' as CallId, state: 'in', as: 'member', muted: false }],
  },
  { kind: 'call.ended', ...ofCall, cause: 'refused', status: 486, reason: 'Busy Here', answered: false },
  { kind: 'registration.changed', aor: '101', change: 'registered', contact: 'sip:101@127.0.0.1', expiresSec: 60 },
];

t.test('each kind of event is described as it is told, to listeners and to webhooks', async (t) => {
  const { app, bus } = await appFixture(t);
  t.same(SOME_OF_EACH.map(({ kind }) => kind).sort(), [...EVENT_KINDS].sort());
  for (const event of SOME_OF_EACH) bus.publish(event);
  const page = (await app.inject({ url: '/events?after=0&limit=100', headers: BASIC })).json<{ events: { kind: string }[] }>();
  t.same([...Value.Errors(named('EventPage'), page)], []);
  t.equal(page.events.length, SOME_OF_EACH.length);
  for (const event of page.events) {
    const name = `${event.kind.replace(/(?:^|\.)([a-z])/g, (_, letter: string) => letter.toUpperCase())}Event`;
    t.same([...Value.Errors(named(name), event)], [], name);
    const schema = named(name)['properties'] as Record<string, unknown>;
    t.same(
      Object.keys(event).filter((key) => !(key in schema)),
      [],
      `nothing of ${name} is left out`,
    );
    t.equal(Value.Check(named(name), { ...event, kind: 'call.nothing' }), false);
  }
  const document: Document = (await app.inject({ url: '/openapi.json' })).json();
  t.match(document.webhooks, { event: { post: { requestBody: { required: true }, security: [] } } });
});

t.test('the pages are whole without scripts and other hosts', async (t) => {
  const { app } = await appFixture(t);
  for (const url of ['/', '/docs']) {
    const { body, headers } = await app.inject({ url });
    t.match(headers['content-type'], /^text\/html/);
    t.match(headers['content-security-policy'], /default-src 'none'/);
    t.notMatch(body, /<script|https?:\/\//, url);
  }
  t.match((await app.inject({ url: '/docs' })).body, /PUT \/calls\/{callId}\/hold/);
});
