/** voipnow as the configuration has it: the status of PUT, the host in links, and switched off. */
import t, { type Test } from 'tap';
import { buildApp } from '#http/app.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { fixture, VOIPNOW } from '../../support/http-fixture.js';

async function appWith(t: Test, changed: Partial<typeof VOIPNOW>) {
  const { deps } = fixture(new FakeCalls(callView({ parties: { caller: '210', callee: '024' } })));
  const accounts = { ...deps.config.accounts, voipnow: { ...VOIPNOW, ...changed } };
  const http = await buildApp({ ...deps, config: { ...deps.config, accounts } });
  t.teardown(() => http.stop());
  return http.app;
}

const tokenRequest = {
  method: 'POST',
  url: '/oauth/token.php',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  payload: 'client_id=demo&client_secret=demo&grant_type=client_credentials',
} as const;

t.test('PUT answers 200 where clients want it, and links name the host that was asked', async (t) => {
  const app = await appWith(t, { actionStatus: 200, publicUrl: '', organization: '' });
  const token = (await app.inject(tokenRequest)).json<{ access_token: string }>().access_token;
  const hold = async (host: string) =>
    app.inject({
      method: 'PUT',
      url: '/uapi/phoneCalls/@me/210/call1',
      headers: { authorization: `Bearer ${token}`, host },
      payload: { action: 'OnHold', phoneCallViewId: '00' },
    });
  const answer = await hold('pbx.example:9509');
  t.equal(answer.statusCode, 200);
  t.match(answer.json(), {
    extension: '210',
    link: { self: /^http:\/\/pbx\.example:9509\/uapi\/phoneCalls\/@me\/210\/[0-9a-f]{20}$/ },
  });
  t.match((await hold('evil/"path')).json(), { link: { self: /^http:\/\/localhost\/uapi\// } });
});

t.test('switched off there is nothing at its paths', async (t) => {
  const app = await appWith(t, { enabled: false });
  t.equal((await app.inject(tokenRequest)).statusCode, 401, 'as for every path that strangers ask for');
  const headers = { authorization: 'Bearer demo-token' };
  t.equal((await app.inject({ url: '/uapi/phoneCalls/@me/210', headers })).statusCode, 404);
});
