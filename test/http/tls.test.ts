/** tls: HTTPS with a certificate from files that change, and what a browser is told beside every answer. */
import { once } from 'node:events';
import { connect } from 'node:tls';
import t from 'tap';
import { ApiAccounts } from '#http/api-accounts.js';
import { openDoors } from '#http/doors.js';
import { CredentialsWrong } from '#http/refusals.js';
import { startHttp } from '#http/server.js';
import { createHash } from 'node:crypto';
import { createLogger } from '#kit/log.js';
import { anotherPair, certificateForTest, replaceWith } from '../support/certificates.js';
import { FakeClock } from '../support/fake-clock.js';
import { fixture } from '../support/http-fixture.js';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Asks for / over TLS; gives the fingerprint that was shown and the answer. */
async function ask(port: number): Promise<Readonly<{ print: string; text: string }>> {
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const print = socket.getPeerCertificate().fingerprint256;
  let text = '';
  socket.setEncoding('utf8').on('data', (data: string) => (text += data));
  socket.write('GET /nothing HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  await once(socket, 'close');
  return { print, text };
}

t.test('with a certificate HTTP is HTTPS and nothing else, and every answer is safe to look at', async (t) => {
  const parts = fixture();
  const http = await startHttp({ ...parts.deps, tls: await certificateForTest(t) });
  t.teardown(() => http.stop());
  t.same(http.urls, [`https://127.0.0.1:${http.port}`]);
  const { text } = await ask(http.port);
  t.match(text, /^HTTP\/1\.1 401/);
  for (const header of [/^x-content-type-options: nosniff/m, /^x-frame-options: DENY/m, /^referrer-policy: no-referrer/m])
    t.match(text, header);
  t.match(text, /^content-security-policy: default-src 'none'; frame-ancestors 'none'/m);
  await t.rejects(fetch(`http://127.0.0.1:${http.port}/`));
});

t.test('a certificate that changes is shown to whoever connects next', async (t) => {
  const files = await certificateForTest(t);
  const clock = new FakeClock(Date.now());
  const log = createLogger('silent');
  const doors = await openDoors({
    addresses: ['127.0.0.1'],
    port: 0,
    handler: (_, answer) => answer.end(),
    tls: files,
    clock,
    log,
  });
  const before = await ask(doors.port);
  replaceWith(files, await anotherPair(t, 'next'));
  clock.advance(10_000);
  t.not((await ask(doors.port)).print, before.print);
  await doors.close();
  t.same(clock.pending(), []);
});

t.test('users and tokens may be known by their hashes alone', async (t) => {
  const accounts = new ApiAccounts(
    {
      http: [
        { user: 'crm', ha1: { sha256: sha256('crm:holdfast:secret') } },
        { user: 'web', password: 'plain' },
      ],
      tokens: [{ name: 'app', sha256: sha256('a long random token') }],
    },
    'holdfast',
  );
  t.equal(accounts.identify({ kind: 'password', user: 'crm', password: 'secret' }), 'user:crm');
  t.equal(accounts.identify({ kind: 'password', user: 'web', password: 'plain' }), 'user:web');
  t.equal(accounts.identify({ kind: 'token', token: 'a long random token' }), 'token:app');
  const wrong = [
    ['crm', sha256('crm:holdfast:secret')],
    ['web', ''],
    ['crm:holdfast', 'secret'],
  ] as const;
  for (const [user, password] of wrong) t.throws(() => accounts.identify({ kind: 'password', user, password }), CredentialsWrong);
  t.throws(() => accounts.identify({ kind: 'token', token: sha256('a long random token') }), CredentialsWrong);
});
