/** openapi: the document says what is really answered. */
import t from 'tap';
import { FormatRegistry, TypeRegistry, type TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { CallId } from '#core/leg.js';
import { NAMED_SCHEMAS } from '#http/schemas.js';
import { BOTH_HELD, callView, FakeCalls } from '../support/fake-calls.js';
import { appFixture, BASIC } from '../support/http-fixture.js';

type Document = {
  openapi: string;
  paths: Record<string, Record<string, { summary: string; responses: Record<string, unknown>; security?: unknown[] }>>;
  components: { schemas: Record<string, unknown> };
};

FormatRegistry.Set('date-time', (text) => !Number.isNaN(Date.parse(text)));

TypeRegistry.Set<{ enum?: readonly string[]; type: string | readonly string[] }>('Unsafe', ({ enum: words, type }, value) =>
  words === undefined ? [type].flat().includes(value === null ? 'null' : typeof value) : words.includes(String(value)),
);

function named(name: string): TSchema {
  const found = NAMED_SCHEMAS.find((schema) => schema.$id === name);
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
