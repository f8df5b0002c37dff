/** The check of all logs at the end of a run is checked itself: whatever is planted is found, and an honest log is let through. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { secretsOf } from '../support/kept-logs.js';

const CHECKER = fileURLToPath(new URL('../../src/setup/log-secrets.mjs', import.meta.url));
const HA1 = '0123456789abcdef'.repeat(2);
const SECRETS = ['demo-101', 'a long token', HA1, 'demo'];

function judge(t: Test, log: string | undefined): { good: boolean; said: string } {
  const folder = t.testdir();
  mkdirSync(folder, { recursive: true });
  if (log !== undefined) {
    writeFileSync(join(folder, 'one.log'), log);
    writeFileSync(join(folder, 'one.secrets'), JSON.stringify(SECRETS));
  }
  const { status, stdout } = spawnSync(process.execPath, [CHECKER, folder], { encoding: 'utf8' });
  return { good: status === 0, said: stdout };
}

t.test('an honest log is let through, and a folder without logs is not', async (t) => {
  const honest = [
    '{"level":30,"time":"2026-01-01T00:00:00.000Z","token":"[secret]","from":"101","msg":"call came in"}',
    '{"level":20,"offer":"v=0\\r\\no=- 1 1 IN IP4 192.0.2.1","msg":"what it offers"}',
    '  curl -u HTTP_User_1:qwe123 -d ... http://127.0.0.1:9509/calls',
    '  phones 101 to 110 (10), password demo-<number>',
    'the demo goes on',
  ].join('\n');
  t.match(judge(t, honest), { good: true, said: '1 logs, 5 lines, 4 secrets looked for, 0 found' });
  t.equal(judge(t, undefined).good, false, 'nothing was looked at');
});

const PLANTED: Readonly<Record<string, string>> = {
  'a password': '{"level":20,"msg":"login","tried":"demo-101"}',
  'a token in a URL': 'GET /events?token=a long token',
  'an ha1': `{"level":10,"ha1":"${HA1}"}`,
  'a digest response': `{"level":20,"header":"Digest response=\\"${'f'.repeat(32)}\\""}`,
  'a key of SRTP': '{"level":20,"sdp":"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"}',
  'a session description': '{"level":30,"body":"v=0\\r\\no=- 1 1 IN IP4 192.0.2.1"}',
  'one that is no line of JSON': 'm=audio 4000 RTP/AVP 0',
  'a login': '{"level":30,"authorization":"Basic SFRUUF9Vc2VyXzE6cXdlMTIz"}',
  'a private key': '-----BEGIN PRIVATE KEY-----',
};

for (const [what, line] of Object.entries(PLANTED)) {
  t.test(`${what} in a log is found`, async (t) => {
    const { good, said } = judge(t, `{"level":30,"msg":"all is well"}\n${line}\n`);
    t.equal(good, false);
    t.match(said, /^one\.log: /m);
    t.match(said, / 1 found/);
  });
}

t.test('the secrets of a configuration are found wherever they stand, with what passwords hash to', async (t) => {
  const folder = t.testdir({
    'accounts.yaml':
      "phones: [{ number: '101', password: pass-1 }, { number: '102', ha1: { md5: abcdef } }]\ntokens: [{ name: n, token: env:TOK }]",
    'trunks.yaml': 'trunks: [{ name: x, username: me, password: file:trunk.txt }]',
    'trunk.txt': 'of the trunk\n',
  });
  const found = secretsOf(folder, { TOK: 'from outside' });
  for (const secret of ['pass-1', 'abcdef', 'from outside', 'of the trunk']) t.ok(found.includes(secret), secret);
  t.ok(found.includes('af317687a733c17f03b64138180ab99a'), 'MD5');
  t.ok(found.includes('a6a42a3e4ac575e56464b36731b53483101dc137921a1a60bdb530b5fb96ec96'), 'SHA-256');
});
