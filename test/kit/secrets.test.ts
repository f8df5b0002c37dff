import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig, type Config } from '#kit/config.js';

const HEX32 = '0123456789abcdef'.repeat(2);
const HEX64 = HEX32.repeat(2);

function load(t: Test, files: Readonly<Record<string, string>>, environment: Readonly<Record<string, string>> = {}): Config {
  const folder = t.testdir();
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return loadConfig(environment, folder);
}

t.test('a secret may stand in a file or in the environment, in every file of the configuration', async (t) => {
  const config = load(
    t,
    {
      'holdfast.yaml': 'drachtio: { secret: file:drachtio.txt }',
      'accounts.yaml':
        "phones: [{ number: '101', password: env:PHONE }]\nhttp: [{ user: u, password: file:web.txt }]\ntokens: [{ name: n, token: env:TOKEN }]",
      'trunks.yaml': 'trunks: [{ name: c, uri: "sip:192.0.2.1", username: me, password: env:TRUNK }]',
      'webhooks.yaml': 'webhooks: [{ name: w, url: "https://192.0.2.1/", secret: env:HOOK }]',
      'drachtio.txt': 'of drachtio\n',
      'web.txt': 'of the web\r\n',
    },
    { PHONE: '4711', TOKEN: 'tok', TRUNK: 'of the trunk', HOOK: 'sixteen and more characters' },
  );
  t.equal(config.drachtio.secret, 'of drachtio');
  t.equal(config.accounts.phones[0]?.password, '4711');
  t.equal(config.accounts.http[0]?.password, 'of the web');
  t.equal(config.accounts.tokens[0]?.token, 'tok');
  t.equal(config.trunks[0]?.password, 'of the trunk');
  t.equal(config.webhooks.webhooks[0]?.secret, 'sixteen and more characters');
});

t.test('a reference that leads nowhere is named, and nothing of what was found is shown', async (t) => {
  const phone = (password: string): Readonly<Record<string, string>> => ({
    'accounts.yaml': `phones: [{ number: '101', password: '${password}' }]`,
    'empty.txt': '\n',
    'long.txt': 'hush'.repeat(2000),
  });
  t.throws(() => load(t, phone('env:NO_SUCH')), { message: /accounts\.yaml: phones\.0\.password: found env:NO_SUCH/ });
  t.throws(() => load(t, phone('file:none.txt')), { message: /phones\.0\.password: found file:.*none\.txt.*ENOENT/ });
  t.throws(() => load(t, phone('file:empty.txt')), { message: /empty/ });
  t.throws(() => load(t, phone('file:long.txt')), { message: /^(?!.*hush).*longer than 4096 bytes/ });
});

t.test('the same goes for a secret that is told through the environment', async (t) => {
  t.equal(load(t, { 's.txt': 'inner' }, { DRACHTIO_SECRET: 'file:s.txt' }).drachtio.secret, 'inner');
});

t.test('an account is proven by a password or by an ha1, and by exactly one of them', async (t) => {
  const accounts = (text: string): Config => load(t, { 'accounts.yaml': text });
  const config = accounts(`phones: [{ number: '1', ha1: { md5: ${HEX32}, sha256: ${HEX64} } }]`);
  t.same(config.accounts.phones[0]?.ha1, { md5: HEX32, sha256: HEX64 });
  t.throws(() => accounts("phones: [{ number: '1' }]"), { message: /phones\.0\.password/ });
  t.throws(() => accounts(`phones: [{ number: '1', password: x, ha1: { md5: ${HEX32} } }]`), { message: /phones\.0\.ha1/ });
  t.throws(() => accounts("phones: [{ number: '1', ha1: {} }]"), { message: /phones\.0\.ha1/ });
  t.throws(() => accounts("phones: [{ number: '1', ha1: { md5: zz } }]"), { message: /phones\.0\.ha1\.md5: found a value that/ });
  t.throws(() => accounts(`phones: [{ number: '1', ha1: { md5: ${HEX32} } }, { number: '2', ha1: { sha256: ${HEX64} } }]`), {
    message: /one that all phones have/,
  });
  t.throws(() => accounts('tokens: [{ name: n }]'), { message: /tokens\.0\.token/ });
});

t.test('requireTls needs a certificate, unless another engine has it', async (t) => {
  const files = { 'accounts.yaml': "phones: [{ number: '1', password: x, requireTls: true }]" };
  t.throws(() => load(t, files), { message: /phones\.0\.requireTls/ });
  t.equal(load(t, files, { HOLDFAST_TLS_CERTIFICATE: 'self-signed' }).tls.certificate, 'self-signed');
  t.equal(load(t, files, { DRACHTIO_HOST: '192.0.2.1' }).accounts.phones[0]?.requireTls, true);
});
