/** addresses: where a webhook may go, and that nobody talks Holdfast into visiting its own house (SSRF, DNS rebinding). */
import t from 'tap';
import { isPrivateAddress, isPrivateHost, type Resolve } from '#http/webhooks/reachable-addresses.js';
import { Poster } from '#http/webhooks/poster.js';
import { FakeClock } from '../../support/fake-clock.js';
import { HookReceiver } from '../../support/hook-receiver.js';
import { figures, hooksFixture, ringing, SECRET } from '../../support/webhooks-fixture.js';

t.test('private, loopback, link-local, metadata, shared, multicast and translated addresses are known', (t) => {
  for (const address of [
    ...['127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254'],
    ...['100.64.0.1', '100.100.100.200', '192.0.0.192', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254', 'fc00::1', 'ff02::1', '[::1]'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:db8::1'],
  ])
    t.ok(isPrivateAddress(address), address);
  t.ok(isPrivateAddress('no address'), 'what cannot be read is refused');
  for (const address of ['1.1.1.1', '9.255.255.255', '172.15.0.1', '172.32.0.1', '100.128.0.1', '192.0.1.1', '2606:4700::1111'])
    t.notOk(isPrivateAddress(address), address);
  t.end();
});

t.test('an address in disguise is read as what it is', (t) => {
  for (const host of ['127.1', '2130706433', '0x7f000001', '0177.0.0.1', '[::ffff:127.0.0.1]', '127.0.0.1.'])
    t.ok(isPrivateHost(new URL(`http://${host}/`)), host);
  t.notOk(isPrivateHost(new URL('http://example.com/')), 'a name is judged when it is resolved');
  t.end();
});

const names =
  (table: Readonly<Record<string, readonly string[]>>, asked: string[] = []): Resolve =>
  (host) => {
    asked.push(host);
    const found = table[host];
    if (found === undefined) return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
    return Promise.resolve(found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };

t.test('a name that leads into the house is refused at once, without a connection and without another attempt', async (t) => {
  const receiver = await HookReceiver.open(t);
  const url = `http://innocent.example:${receiver.port}/hook`;
  const { bus, webhooks } = hooksFixture(
    t,
    { allowPrivateAddresses: false, webhooks: [{ name: 'crm', url, secret: SECRET }] },
    { resolve: names({ 'innocent.example': ['127.0.0.1', '::1'] }) },
  );
  bus.publish(ringing('c1'));
  await figures(webhooks, { dead: 1, retried: 0, queued: 0 });
  t.equal(webhooks.deadLetters.get(1)?.reason, 'address-refused');
  t.equal(receiver.notes.length, 0);
});

t.test('an address that needs no look-up is judged again when it is used', async (t) => {
  const receiver = await HookReceiver.open(t);
  const clock = new FakeClock();
  const poster = new Poster({ clock, resolve: names({}), allowPrivateAddresses: false });
  t.teardown(() => poster.close());
  const outgoing = { headers: {}, body: '{}', timeoutMs: 1000, responseBytes: 1000 };
  t.same(await poster.post({ url: receiver.url, ...outgoing }), { kind: 'address-refused' });
  t.same(await poster.post({ url: `http://[::1]:${receiver.port}/`, ...outgoing }), { kind: 'address-refused' });
  t.equal(receiver.notes.length, 0);
  t.same(clock.pending(), []);
});

t.test('a redirect into the house gets nobody there', async (t) => {
  const inside = await HookReceiver.open(t);
  const outside = await HookReceiver.open(t);
  outside.answerWith(302, { location: inside.url });
  const { bus, webhooks } = hooksFixture(t, { webhooks: [{ name: 'crm', url: outside.url, secret: SECRET }] });
  bus.publish(ringing('c1'));
  await figures(webhooks, { dead: 1 });
  t.equal(inside.notes.length, 0);
});

t.test('a name is resolved once, and the connection goes to that very address', async (t) => {
  const receiver = await HookReceiver.open(t);
  const asked: string[] = [];
  const url = `http://hooks.example:${receiver.port}/hook`;
  const { bus, webhooks } = hooksFixture(
    t,
    { webhooks: [{ name: 'crm', url, secret: SECRET }] },
    { resolve: names({ 'hooks.example': ['127.0.0.1'] }, asked) },
  );
  bus.publish(ringing('c1'));
  await figures(webhooks, { delivered: 1 });
  t.same(asked, ['hooks.example']);
  t.equal(receiver.notes[0]?.headers.host, `hooks.example:${receiver.port}`);
});

t.test('a name that nobody knows is tried again: it may be a bad moment of the name server', async (t) => {
  const { bus, webhooks } = hooksFixture(
    t,
    { webhooks: [{ name: 'crm', url: 'http://nowhere.example/', secret: SECRET }] },
    { resolve: names({}) },
  );
  bus.publish(ringing('c1'));
  await figures(webhooks, { retried: 1, dead: 0 });
});

t.test('an address that is written down is refused when it is written', (t) => {
  const wish = { name: 'crm', url: 'http://169.254.169.254/latest', secret: SECRET };
  const { webhooks } = hooksFixture(t, { allowPrivateAddresses: false });
  t.throws(() => webhooks.add(wish), { code: 'bad_request', field: 'url', message: /allowPrivateAddresses/ });
  t.throws(() => hooksFixture(t, { allowPrivateAddresses: false, webhooks: [wish] }), {
    code: 'config_error',
    message: /^webhooks\.yaml: webhooks\.0\.url: found "http:\/\/169\.254\.169\.254\/latest", expected a public address/,
  });
  t.end();
});
