/** Goal: HTTP has a rate, and reads the configuration again for those who may ask for it. */
import t from 'tap';
import { AskRate } from '#guard/ask-rate.js';
import { buildApp } from '#http/app.js';
import { ConfigError } from '#kit/errors.js';
import { BEARER, fixture } from '../support/http-fixture.js';

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
