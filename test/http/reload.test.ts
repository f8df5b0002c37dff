/** Goal: HTTP has a rate, and reads the configuration again for those who may ask for it. */
import t from 'tap';
import { AskRate } from '#guard/ask-rate.js';
import { buildApp } from '#http/app.js';
import { EventWishes } from '#http/dialects/voipnow-events.js';
import { SameProof } from '#http/same-proof.js';
import { ConfigError } from '#kit/errors.js';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { BEARER, fixture } from '../support/http-fixture.js';
import { tokenRequest } from '../support/voipnow-fixture.js';

t.test('more requests of one address than allowed are 429 with Retry-After, and time lets them in again', async (t) => {
  const { deps, clock } = fixture();
  const rate = new AskRate({ perSecond: 1, burst: 2 }, ['10.0.0.0/8'], 10, clock);
  const { app, stop } = await buildApp({ ...deps, rate });
  t.teardown(stop);
  const ask = (remoteAddress: string) => app.inject({ url: '/health', remoteAddress });
  t.same([(await ask('192.0.2.7')).statusCode, (await ask('192.0.2.7')).statusCode], [200, 200]);
  const refused = await ask('192.0.2.7');
  t.match(refused, { statusCode: 429, headers: { 'retry-after': '2' } });
  t.match(refused.json(), { code: 'too_many_requests' });
  t.equal((await ask('192.0.2.8')).statusCode, 200);
  for (let count = 0; count < 20; count++) t.equal((await ask('10.1.2.3')).statusCode, 200);
  clock.advance(3000);
  t.equal((await ask('192.0.2.7')).statusCode, 200);
});

t.test(
  'POST /reload is for who has credentials, says what was done, and a bad configuration is refused by file and key',
  async (t) => {
    const { deps } = fixture();
    let asked = 0;
    let bad = false;
    const reload = () => {
      asked += 1;
      if (bad) throw new ConfigError('trunks.yaml: trunks.0.uri: found 1, expected a string');
      return { applied: ['trunks'], needsRestart: ['sip.port'] };
    };
    const { app, stop } = await buildApp({ ...deps, reload });
    t.teardown(stop);
    t.equal((await app.inject({ method: 'POST', url: '/reload' })).statusCode, 401);
    t.equal(asked, 0);
    const done = await app.inject({ method: 'POST', url: '/reload', headers: BEARER });
    t.same(done.json(), { applied: ['trunks'], needsRestart: ['sip.port'] });
    bad = true;
    const refused = await app.inject({ method: 'POST', url: '/reload', headers: BEARER });
    t.equal(refused.statusCode, 422);
    t.match(refused.json(), { code: 'config_refused', detail: /trunks\.yaml: trunks\.0\.uri/ });
  },
);

t.test('credentials that were replaced open no door any more, and the new ones do', async (t) => {
  const { deps } = fixture();
  const { app, accounts, stop } = await buildApp(deps);
  t.teardown(stop);
  const ask = (token: string) => app.inject({ url: '/calls', headers: { authorization: `Bearer ${token}` } });
  t.equal((await ask('demo-token')).statusCode, 200);
  accounts.configure({ http: [], tokens: [{ name: 'new', token: 'new-token' }] });
  t.equal((await ask('demo-token')).statusCode, 401);
  t.equal((await ask('new-token')).statusCode, 200);
});

t.test('what asks for nothing may say so as JSON without a word, and no more than that', async (t) => {
  const { deps } = fixture();
  const guards = { bans: () => [], lift: () => true, banned: () => new Map(), turnedAway: () => [] };
  const { app, stop } = await buildApp({ ...deps, guards, reload: () => ({ applied: [], needsRestart: [] }) });
  t.teardown(stop);
  const headers = { ...BEARER, 'content-type': 'application/json' };
  for (const [method, url, status] of [
    ['POST', '/reload', 200],
    ['DELETE', '/recordings/nothing', 404],
    ['DELETE', '/bans/192.0.2.1', 204],
  ] as const) {
    t.equal((await app.inject({ method, url, headers })).statusCode, status, `${method} ${url}`);
    t.equal((await app.inject({ method, url, headers, payload: '{"more":1}' })).statusCode, 400, `${method} ${url}`);
  }
});

const PLIVO = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };

t.test('phones, and who may use a dialect, are what was read last', async (t) => {
  const { deps } = fixture(new FakeCalls(callView()));
  const { app, live, stop } = await buildApp(deps);
  t.teardown(stop);
  const { config } = deps;
  const token = async (secret: string): Promise<number> => (await app.inject(tokenRequest('demo', secret))).statusCode;
  const phlo = async (headers: typeof PLIVO): Promise<number> =>
    (await app.inject({ url: '/v1/phlo/demo-phlo', headers })).statusCode;
  let bearer = (await app.inject(tokenRequest('demo', 'demo'))).json<{ access_token: string }>().access_token;
  const calls = async (extension: string): Promise<number> =>
    (await app.inject({ url: `/uapi/phoneCalls/12/${extension}`, headers: { authorization: `Bearer ${bearer}` } })).statusCode;
  t.same([await token('demo'), await phlo(PLIVO), await calls('0003*999')], [200, 200, 400]);
  const { voipnow, phones } = config.accounts;
  const [phone] = phones;
  const [client, narrow] = voipnow.clients;
  if (phone === undefined || client === undefined || narrow === undefined) return t.fail('the fixture has them');
  live.configure({
    ...config,
    accounts: {
      ...config.accounts,
      phones: [{ ...phone, number: '999' }],
      voipnow: { ...voipnow, clients: [{ ...client, secret: 'new' }] },
    },
    plivo: { ...config.plivo, accounts: [{ authId: 'demo', authToken: 'other' }] },
  });
  t.same([await token('demo'), await token('new'), await phlo(PLIVO)], [401, 200, 401]);
  t.equal(await calls('0003*999'), 401, 'a token that the old secret was changed for opens nothing');
  bearer = (await app.inject(tokenRequest('demo', 'new'))).json<{ access_token: string }>().access_token;
  t.equal(await calls('0003*999'), 200);
  live.configure({ ...config, accounts: { ...config.accounts, voipnow: { ...voipnow, clients: [narrow] } } });
  t.equal(await calls('@self'), 401, 'the token of a client that is taken out opens nothing');
});

t.test('who holds where a member of PHLO does is what it was at the start: holds of before can be lifted', async (t) => {
  const { deps } = fixture();
  const { live, stop } = await buildApp(deps);
  t.teardown(stop);
  t.equal(live.plivo.holdSense, 'holder');
  live.configure({ ...deps.config, plivo: { ...deps.config.plivo, holdSense: 'held' } });
  t.equal(live.plivo.holdSense, 'holder');
  t.notOk(live.keys.includes('plivo.holdSense'), 'it is told to need a restart');
});

t.test('an App that is taken out, has another secret or sees less is told of no more calls', async (t) => {
  const extensions = new EventWishes();
  const wish = (identity: string, number: string) =>
    extensions.add({ identity, numbers: new Set([number]), extension: number, type: 1, method: 0, url: '', note: '', status: 1 });
  wish('user:demo', '210');
  wish('user:demo', '211');
  wish('user:gone', '210');
  extensions.keepOnly(({ identity, numbers }) => identity === 'user:demo' && numbers.has('210'));
  t.same(
    [...extensions.all()].map(({ id }) => id),
    ['1'],
  );
  const proofs = new SameProof();
  t.ok(proofs.follow(new Map([['demo', 'a']]))('demo'));
  const may = proofs.follow(
    new Map([
      ['demo', 'b'],
      ['new', 'c'],
    ]),
  );
  t.same([may('demo'), may('new'), may('gone')], [false, true, false]);
});

t.test('a dialect that was off at the start waits for a restart', async (t) => {
  const { deps } = fixture();
  const { live, stop } = await buildApp({ ...deps, config: { ...deps.config, plivo: { ...deps.config.plivo, enabled: false } } });
  t.teardown(stop);
  t.ok(live.keys.includes('accounts.voipnow.clients') && live.keys.includes('agents.agents'));
  t.notOk(
    live.keys.some((key) => key.startsWith('plivo') || key.endsWith('enabled')),
    live.keys.join(),
  );
});
