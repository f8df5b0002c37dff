/** bad-input: what is wrong is refused by name, and nothing is guessed. */
import t from 'tap';
import type { InjectOptions } from 'fastify';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { appFixture, BASIC } from '../support/http-fixture.js';

type Row = readonly [why: string, ask: InjectOptions, status: number, problem: Readonly<Record<string, unknown>>];

const post = (payload: unknown): InjectOptions => ({ method: 'POST', url: '/calls', payload: payload as object });
const put = (payload: unknown): InjectOptions => ({ method: 'PUT', url: '/calls/call1/hold', payload: payload as object });
const text = (body: string, type = 'application/json'): InjectOptions => ({
  method: 'POST',
  url: '/calls',
  payload: body,
  headers: { 'content-type': type },
});
const both = { caller: '101', callee: '102' };

const ROWS: readonly Row[] = [
  [
    'an unknown key',
    post({ ...both, calle: '103' }),
    400,
    { field: 'calle', detail: /unknown key calle .* caller, callee, autoAnswer/ },
  ],
  ['__proto__ as a key', text('{"caller":"101","callee":"102","__proto__":{"autoAnswer":true}}'), 400, { field: '__proto__' }],
  ['a missing callee', post({ caller: '101' }), 400, { field: 'callee', detail: /callee is missing/ }],
  ['no body at all', { method: 'POST', url: '/calls' }, 400, { field: 'caller' }],
  ['a number as a number', post({ ...both, caller: 101 }), 400, { field: 'caller', detail: /found 101, expected a text/ }],
  [
    'a boolean as text',
    post({ ...both, autoAnswer: 'true' }),
    400,
    { field: 'autoAnswer', detail: /found "true", expected true or false/ },
  ],
  ['an empty number', post({ ...both, callee: '' }), 400, { field: 'callee', detail: /expected a number/ }],
  ['a number with a line break', post({ ...both, callee: '102\r\nX: y' }), 400, { field: 'callee' }],
  ['a number of 65 digits', post({ ...both, callee: '1'.repeat(65) }), 400, { field: 'callee' }],
  ['a list as number', post({ ...both, callee: ['102'] }), 400, { field: 'callee' }],
  ['null as number', post({ ...both, callee: null }), 400, { field: 'callee' }],
  ['a list as body', post([both]), 400, { field: 'body', detail: /expected keys and values/ }],
  ['null as body', text('null'), 400, { field: 'body', detail: /found null, expected keys and values/ }],
  ['a word as body', text('"101"'), 400, { field: 'body' }],
  ['broken JSON', text('{"caller":'), 400, { code: 'malformed_json' }],
  ['a form', text('caller=101&callee=102', 'application/x-www-form-urlencoded'), 415, { code: 'unsupported_media_type' }],
  ['plain text', text('{}', 'text/plain'), 415, { code: 'unsupported_media_type', detail: /text\/plain/ }],
  ['1 MB', text(JSON.stringify({ ...both, caller: '1'.repeat(1024 * 1024) })), 413, { code: 'body_too_large', detail: /65536/ }],
  ['a deep nest', text('['.repeat(30_000)), 400, { code: 'malformed_json' }],
  [
    'an unknown holder',
    put({ holder: 'alice' }),
    400,
    { field: 'holder', detail: /found "alice", expected one of controller, caller, callee/ },
  ],
  ['a holder in another case', put({ holder: 'Caller' }), 400, { field: 'holder' }],
  ['music that is no name', put({ music: 'off key' }), 400, { field: 'music' }],
  ['music as number', put({ music: 0 }), 400, { field: 'music' }],
  ['an unknown key in a hold', put({ musik: false }), 400, { field: 'musik' }],
  [
    'null as hold',
    { ...put(undefined), payload: 'null', headers: { 'content-type': 'application/json' } },
    400,
    { field: 'body' },
  ],
  ['an unknown key in a hang-up', { method: 'DELETE', url: '/calls/call1', payload: { reason: 'x' } }, 400, { field: 'reason' }],
  ['an unknown query', { url: '/calls?state=held' }, 400, { field: 'state', detail: /in the query; known: none/ }],
  ['an unknown query in a hold', { ...put({}), url: '/calls/call1/hold?holder=caller' }, 400, { field: 'holder' }],
  ['a wrong holder in a resume', { method: 'DELETE', url: '/calls/call1/hold?holder=bob' }, 400, { field: 'holder' }],
  [
    'two holders in a resume',
    { method: 'DELETE', url: '/calls/call1/hold?holder=caller&holder=callee' },
    400,
    { field: 'holder' },
  ],
  ['events after a word', { url: '/events?after=now' }, 400, { field: 'after', detail: /expected a sequence number/ }],
  ['events after a negative', { url: '/events?after=-1' }, 400, { field: 'after' }],
  ['a Last-Event-ID that is a word', { url: '/events', headers: { 'last-event-id': 'x' } }, 400, { field: 'Last-Event-ID' }],
  ['an unknown id', { url: '/calls/nobody' }, 404, { code: 'call_not_found' }],
  ['an id with a slash in it', { url: '/calls/a%2Fb' }, 404, { code: 'call_not_found' }],
  ['an id of 2000 letters', { url: `/calls/${'x'.repeat(2000)}` }, 404, { code: 'call_not_found' }],
  ['a broken %-sequence', { url: '/calls/%zz' }, 400, { code: 'malformed_http' }],
  ['an unknown path', { url: '/call' }, 404, { code: 'not_found', detail: /\/call/ }],
  ['a method that is not there', { method: 'PATCH', url: '/calls' }, 405, { code: 'method_not_allowed' }],
];

t.test('wrong input is refused with the name of what is wrong, and calls hear nothing of it', async (t) => {
  const { app, calls, logged } = await appFixture(t, new FakeCalls(callView()));
  for (const [why, ask, status, problem] of ROWS) {
    const { headers, ...rest } = ask;
    const answer = await app.inject({ ...rest, headers: { ...BASIC, ...headers } });
    t.equal(answer.statusCode, status, why);
    t.match(answer.headers['content-type'], /^application\/problem\+json/, why);
    t.match(answer.json(), { status, ...(status === 400 ? { code: /bad_request|malformed/ } : {}), ...problem }, why);
  }
  t.same(
    calls.asked.filter((command) => command.kind !== 'call.get'),
    [],
    'only lookups of ids got through',
  );
  t.notMatch(logged(), /"level":50/, 'none of it is a fault of ours');
});

t.test('a page of another site does nothing with the credentials of its visitor', async (t) => {
  const calls = new FakeCalls();
  const { app } = await appFixture(t, calls);
  const from = (site: string): Record<string, string> => ({ ...BASIC, 'sec-fetch-site': site });
  for (const ask of [post(both), { method: 'POST', url: '/reload' }] as const) {
    const { statusCode, body } = await app.inject({ ...ask, headers: from('cross-site') });
    t.equal(statusCode, 403);
    t.match(JSON.parse(body), { code: 'cross_site' });
  }
  t.equal(calls.last, undefined);
  t.equal((await app.inject({ ...post(both), headers: from('same-origin') })).statusCode, 202);
  t.equal((await app.inject({ url: '/calls', headers: from('cross-site') })).statusCode, 200, 'looking is safe');
});

t.test('405 lists the methods that the path has', async (t) => {
  const { app } = await appFixture(t);
  const allowOf = async (method: 'PATCH' | 'PUT', url: string) =>
    (await app.inject({ method, url, headers: BASIC })).headers.allow;
  t.equal(await allowOf('PATCH', '/calls'), 'GET, HEAD, POST');
  t.equal(await allowOf('PUT', '/calls/x'), 'DELETE, GET, HEAD');
  t.equal(await allowOf('PATCH', '/calls/x/hold'), 'DELETE, PUT');
  t.equal(await allowOf('PUT', '/events'), 'GET');
  t.equal(await allowOf('PUT', '/openapi.json'), 'GET, HEAD');
  t.equal(await allowOf('PUT', '/openapiXjson'), undefined, 'a dot is a dot');
});

t.test('HEAD is answered where looking is safe, and never runs a command of a dialect', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  t.equal((await app.inject({ method: 'HEAD', url: '/calls/call1', headers: BASIC })).statusCode, 200);
  t.equal((await app.inject({ method: 'HEAD', url: '/health' })).statusCode, 200);
  const before = calls.asked.length;
  const query = 'command=Hangup&CallId=call1&Username=HTTP_User_1&Password=qwe123';
  await app.inject({ method: 'HEAD', url: `/api?${query}` });
  await app.inject({ method: 'HEAD', url: `/?${query}` });
  t.equal(calls.asked.length, before);
});

t.test('whatever is answered is not kept by caches and not guessed at by browsers', async (t) => {
  const { app } = await appFixture(t);
  for (const url of ['/', '/calls', '/nowhere']) {
    const { headers } = await app.inject({ url, headers: BASIC });
    t.equal(headers['cache-control'], 'no-store', url);
    t.equal(headers['x-content-type-options'], 'nosniff', url);
  }
});
