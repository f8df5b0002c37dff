/** rest: what the REST API reads, writes and refuses. */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { Busy, MediaFailed } from '#kit/errors.js';
import { callView, FakeCalls, holdProof } from '../support/fake-calls.js';
import { appFixture, BASIC, BEARER, REGISTRATION } from '../support/http-fixture.js';

const problem = (response: { json: () => unknown }) => response.json() as Record<string, unknown>;

t.test('a call is set up with 202, its place and its view', async (t) => {
  const { app, calls } = await appFixture(t);
  const answer = await app.inject({ method: 'POST', url: '/calls', headers: BEARER, payload: { caller: '101', callee: '102' } });
  t.equal(answer.statusCode, 202);
  t.equal(answer.headers.location, '/calls/new1');
  t.match(answer.json(), { id: 'new1', state: 'trying', parties: { caller: '101', callee: '102' } });
  t.match(calls.last, { kind: 'call.setup', caller: '101', callee: '102', owner: 'token:demo' });
  t.equal(answer.headers['idempotent-replayed'], undefined);
});

t.test('autoAnswer and the idempotency key are passed on, and a repeat says so', async (t) => {
  const { app, calls } = await appFixture(t);
  const ask = () =>
    app.inject({
      method: 'POST',
      url: '/calls',
      headers: { ...BASIC, 'idempotency-key': 'k-1' },
      payload: { caller: '101', callee: '102', autoAnswer: true },
    });
  const first = await ask();
  const second = await ask();
  t.match(calls.last, { autoAnswer: true, idempotencyKey: 'k-1', owner: 'user:HTTP_User_1' });
  t.equal(second.statusCode, first.statusCode);
  t.equal(second.body, first.body);
  t.equal(second.headers.location, first.headers.location);
  t.equal(second.headers['idempotent-replayed'], 'true');
  t.equal(calls.calls.size, 1, 'one call');
});

t.test('an idempotency key of another user is another key', async (t) => {
  const { app, calls } = await appFixture(t);
  const ask = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/calls',
      headers: { ...headers, 'idempotency-key': 'k-1' },
      payload: { caller: '101', callee: '102' },
    });
  await ask(BASIC);
  await ask(BEARER);
  t.equal(calls.calls.size, 2);
});

t.test('an idempotency key that is empty, too long or not ASCII is refused by name', async (t) => {
  const { app, calls } = await appFixture(t);
  for (const key of ['', 'x'.repeat(256), 'with space', 'ä']) {
    const answer = await app.inject({
      method: 'POST',
      url: '/calls',
      headers: { ...BASIC, 'idempotency-key': key },
      payload: { caller: '101', callee: '102' },
    });
    t.equal(answer.statusCode, 400, JSON.stringify(key));
    t.equal(problem(answer)['field'], 'Idempotency-Key');
  }
  t.same(calls.asked, [], 'nothing was asked');
});

t.test('calls are listed, found and hung up', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  t.match((await app.inject({ url: '/calls', headers: BASIC })).json(), { calls: [{ id: 'call1', state: 'in-call' }] });
  t.match((await app.inject({ url: '/calls/call1', headers: BASIC })).json(), { id: 'call1' });
  const gone = await app.inject({ method: 'DELETE', url: '/calls/call1', headers: BASIC });
  t.equal(gone.statusCode, 202);
  t.same(gone.json(), { callId: 'call1', hangup: 'started' });
  t.same(calls.last, { kind: 'call.hangup', callId: 'call1' });
});

t.test('a hold answers 200 with the proof; without a body it holds both parties with music', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  const bare = await app.inject({ method: 'PUT', url: '/calls/call1/hold', headers: BASIC });
  t.equal(bare.statusCode, 200);
  t.same(bare.json(), JSON.parse(JSON.stringify(holdProof())));
  t.same(calls.last, { kind: 'call.hold', callId: 'call1', holder: 'controller', music: undefined });
  const emptyJson = { ...BASIC, 'content-type': 'application/json' };
  t.equal(
    (await app.inject({ method: 'PUT', url: '/calls/call1/hold', headers: emptyJson })).statusCode,
    200,
    'an empty JSON body',
  );
});

t.test('holder and music of a hold are read; false and null mean silence', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  const rows = [
    [{ holder: 'caller' }, { holder: 'caller', music: undefined }],
    [
      { holder: 'callee', music: true },
      { holder: 'callee', music: undefined },
    ],
    [{ music: false }, { holder: 'controller', music: null }],
    [{ music: null }, { holder: 'controller', music: null }],
    [{}, { holder: 'controller', music: undefined }],
    [{ music: 'sales' }, { music: { music: 'sales' } }],
    [
      { music: 'sales', announcement: { text: 'soon', everySeconds: 30 } },
      { music: { music: 'sales', announcement: { prompt: { text: 'soon' }, everySeconds: 30 } } },
    ],
    [
      { announcement: { prompt: 'wait', everySeconds: 20 } },
      { music: { music: 'default', announcement: { prompt: { name: 'wait' }, everySeconds: 20 } } },
    ],
    [
      { maxSeconds: 60, remindHolderEverySeconds: 10, onExpiry: 'transfer:103' },
      { policy: { maxSeconds: 60, remindHolderEverySeconds: 10, onExpiry: { kind: 'transfer', to: '103' } } },
    ],
  ] as const;
  for (const [payload, read] of rows) {
    const answer = await app.inject({ method: 'PUT', url: '/calls/call1/hold', headers: BASIC, payload });
    t.equal(answer.statusCode, 200, JSON.stringify(payload));
    t.match(calls.last, { kind: 'call.hold', ...read });
  }
});

t.test('a resume names its holder in the query or in the body, and not two different ones', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  const resume = (query: string, payload?: object) =>
    app.inject({
      method: 'DELETE',
      url: `/calls/call1/hold${query}`,
      headers: BASIC,
      ...(payload === undefined ? {} : { payload }),
    });
  t.equal((await resume('')).statusCode, 200);
  t.same(calls.last, { kind: 'call.resume', callId: 'call1', holder: 'controller' });
  await resume('?holder=caller');
  t.match(calls.last, { holder: 'caller' });
  await resume('', { holder: 'callee' });
  t.match(calls.last, { holder: 'callee' });
  const before = calls.asked.length;
  const both = await resume('?holder=caller', { holder: 'callee' });
  t.equal(both.statusCode, 400);
  t.match(both.json(), { code: 'bad_request', field: 'holder' });
  t.equal(calls.asked.length, before, 'nothing was asked');
});

t.test('what calls refuse comes out as a problem document with its status and its extra facts', async (t) => {
  const ringing = callView({ id: 'ringing' as CallId, state: 'ringing' });
  const { app, calls } = await appFixture(t, new FakeCalls(ringing));
  const hold = (id: string) => app.inject({ method: 'PUT', url: `/calls/${id}/hold`, headers: BASIC });

  const unknown = await hold('nobody');
  t.equal(unknown.statusCode, 404);
  t.match(unknown.headers['content-type'], /^application\/problem\+json/);
  t.match(unknown.json(), { type: '/docs#call_not_found', code: 'call_not_found', status: 404, title: 'Call not found' });

  const early = await hold('ringing');
  t.equal(early.statusCode, 409);
  t.match(early.json(), { code: 'wrong_moment', state: 'ringing' });

  const setup = (callee: string) =>
    app.inject({ method: 'POST', url: '/calls', headers: BASIC, payload: { caller: '101', callee } });
  t.match((await setup('999')).json(), { status: 422, code: 'number_unknown' });
  t.match((await setup('888')).json(), { status: 422, code: 'not_registered' });

  calls.failure = new Busy('the house is full', 5);
  const busy = await setup('102');
  t.equal(busy.statusCode, 503);
  t.equal(busy.headers['retry-after'], '5');
  calls.failure = new MediaFailed('rtpengine said no');
  t.match((await hold('ringing')).json(), { status: 502, code: 'media_failed' });
});

t.test('a fault of ours is a 500 that says nothing of what happened, and is logged', async (t) => {
  const { app, calls, logged } = await appFixture(t);
  calls.failure = new TypeError('the secret inside');
  const answer = await app.inject({ url: '/calls', headers: BASIC });
  t.equal(answer.statusCode, 500);
  t.match(answer.json(), { code: 'internal' });
  t.notMatch(answer.body, /secret inside/);
  t.match(logged(), /the secret inside/);
});

t.test('registrations are shown as the registrar tells them', async (t) => {
  const { app } = await appFixture(t);
  t.same((await app.inject({ url: '/registrations', headers: BEARER })).json(), { registrations: [REGISTRATION] });
});

t.test('a path with a slash behind it is the same path', async (t) => {
  const { app } = await appFixture(t);
  t.equal((await app.inject({ url: '/calls/', headers: BASIC })).statusCode, 200);
});
