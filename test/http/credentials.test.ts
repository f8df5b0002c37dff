/** credentials: every route, asked with good, bad and no credentials. */
import t from 'tap';
import { headerCredentials, ApiAccounts } from '#http/api-accounts.js';
import { CredentialsMissing, CredentialsWrong } from '#http/refusals.js';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { appFixture, BASIC, BEARER } from '../support/http-fixture.js';

const basic = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });

const CLOSED = [
  ['POST', '/calls'],
  ['GET', '/calls'],
  ['GET', '/calls/call1'],
  ['DELETE', '/calls/call1'],
  ['PUT', '/calls/call1/hold'],
  ['DELETE', '/calls/call1/hold'],
  ['GET', '/registrations'],
  ['GET', '/events'],
  ['GET', '/metrics'],
] as const;

const WRONG: Readonly<Record<string, Record<string, string>>> = {
  none: {},
  'a wrong token': { authorization: 'Bearer demo-toke' },
  'a longer token': { authorization: 'Bearer demo-token2' },
  'no token at all': { authorization: 'Bearer' },
  'a wrong password': basic('HTTP_User_1:qwe124'),
  'an empty password': basic('HTTP_User_1:'),
  'an unknown user': basic('nobody:qwe123'),
  'a user in another case': basic('http_user_1:qwe123'),
  'a token as password': basic('demo:demo-token'),
  'no colon': basic('HTTP_User_1'),
  'broken base64': { authorization: 'Basic %%%' },
  'another scheme': { authorization: 'Digest username="HTTP_User_1"' },
  'two words': { authorization: 'Bearer demo-token demo-token' },
  nothing: { authorization: '' },
};

t.test('no route of the API opens to wrong credentials, and the answer says how to do better', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(callView()));
  for (const [method, url] of CLOSED) {
    for (const [name, headers] of Object.entries(WRONG)) {
      const answer = await app.inject({ method, url, headers });
      t.equal(answer.statusCode, 401, `${method} ${url} with ${name}`);
      if (answer.statusCode !== 401) continue;
      t.match(answer.headers['www-authenticate'], /Bearer.*Basic/);
      t.match(answer.json(), { code: 'unauthorized', status: 401 });
    }
  }
  t.same(calls.asked, [], 'nothing was asked');
});

t.test('every route of the API opens to a token and to a password', async (t) => {
  const { app } = await appFixture(t, new FakeCalls(callView()));
  for (const [method, url] of CLOSED) {
    if (url === '/events') continue; // an endless answer; event-streams.test.ts has it
    for (const headers of [BASIC, BEARER, { authorization: BEARER.authorization.replace('Bearer', 'bEARER') }]) {
      const payload = method === 'POST' ? { payload: { caller: '101', callee: '102' } } : {};
      const answer = await app.inject({ method, url, headers, ...payload });
      t.ok(answer.statusCode < 300, `${method} ${url}: ${answer.statusCode}`);
    }
  }
});

t.test('a stranger cannot tell a path that is not there from one that is', async (t) => {
  const { app } = await appFixture(t);
  const bodies = new Set<string>();
  for (const [method, url] of [
    ['GET', '/calls'],
    ['GET', '/nowhere'],
    ['PATCH', '/calls'],
    ['POST', '/docs'],
  ] as const) {
    const answer = await app.inject({ method, url });
    t.equal(answer.statusCode, 401, `${method} ${url}`);
    bodies.add(answer.body);
  }
  t.equal(bodies.size, 1, 'the same words for all');
});

t.test('a stranger with a wrong body hears of the credentials first', async (t) => {
  const { app } = await appFixture(t);
  const answer = await app.inject({
    method: 'POST',
    url: '/calls',
    payload: '{',
    headers: { 'content-type': 'application/json' },
  });
  t.equal(answer.statusCode, 401);
});

t.test('pages and a one-word health need no credentials; more of the health does', async (t) => {
  const { app, health } = await appFixture(t);
  for (const url of ['/', '/docs', '/openapi.json', '/health']) t.equal((await app.inject({ url })).statusCode, 200, url);
  t.same((await app.inject({ url: '/health' })).json(), { status: 'ok' });
  t.same((await app.inject({ url: '/health', headers: BASIC })).json(), { status: 'ok', ...health.now });
  t.equal((await app.inject({ url: '/health', headers: basic('HTTP_User_1:no') })).statusCode, 401, 'wrong ones are not ignored');
});

t.test('health is 503 without rtpengine, and degraded when somebody should look', async (t) => {
  const { app, health } = await appFixture(t);
  health.now = { rtpengine: 'restarting', music: 'files', problems: [] };
  const down = await app.inject({ url: '/health' });
  t.equal(down.statusCode, 503);
  t.same(down.json(), { status: 'down' });
  health.now = { rtpengine: 'up', music: 'generated-tone', problems: ['ffmpeg is missing'] };
  health.now = { rtpengine: 'up', music: 'files', problems: [], draining: true };
  const draining = await app.inject({ url: '/health' });
  t.equal(draining.statusCode, 503, 'no new call is taken');
  t.same(draining.json(), { status: 'draining' });
  health.now = { rtpengine: 'up', music: 'generated-tone', problems: ['ffmpeg is missing'] };
  const degraded = await app.inject({ url: '/health', headers: BEARER });
  t.equal(degraded.statusCode, 200);
  t.match(degraded.json(), { status: 'degraded', problems: ['ffmpeg is missing'] });
});

t.test('the health of the store tells of the store of the engine too, and of what fails there', async (t) => {
  const store = { entries: 3, pending: 1, batches: 2, refused: 0 };
  const engine = { entries: 2, pending: 0, batches: 1, refused: 0 };
  const { app, health } = await appFixture(t);
  health.engineStore = engine;
  const { now } = health;
  const told = async (): Promise<unknown> => (await app.inject({ url: '/health', headers: BEARER })).json();
  t.same(await told(), { status: 'ok', ...now }, 'where nothing is kept there is nothing to tell');
  health.now = { ...now, store };
  t.same(await told(), { status: 'ok', ...now, store: { ...store, engine } });
  health.engineStore = { ...engine, problem: 'the store cannot be written' };
  t.same(await told(), { status: 'degraded', ...now, store: { ...store, engine: health.engineStore } });
  t.same((await app.inject({ url: '/health' })).json(), { status: 'degraded' }, 'one word for those without credentials');
  health.engineStore = undefined;
  t.same(await told(), { status: 'ok', ...now, store }, 'an engine in a process of its own does not say');
});

t.test('a password with colons, spaces and letters beyond ASCII is whole', async (t) => {
  const accounts = new ApiAccounts({ http: [{ user: 'jörg', password: 'a:b c:ü' }], tokens: [] });
  t.equal(accounts.identify(headerCredentials(basic('jörg:a:b c:ü').authorization)), 'user:jörg');
  t.throws(() => accounts.identify({ kind: 'password', user: 'jörg a', password: 'b c:ü' }), CredentialsWrong);
  t.throws(() => accounts.identify({ kind: 'none' }), CredentialsMissing);
});

t.test('without accounts nobody is let in', async (t) => {
  const accounts = new ApiAccounts({ http: [], tokens: [] });
  t.throws(() => accounts.identify({ kind: 'token', token: '' }), CredentialsWrong);
  t.throws(() => accounts.identify({ kind: 'password', user: '', password: '' }), CredentialsWrong);
});
