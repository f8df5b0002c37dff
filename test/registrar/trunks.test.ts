import t from 'tap';
import type { TrunkConfig } from '#kit/config.js';
import { ConfigError } from '#kit/errors.js';
import { Trunks } from '#registrar/trunks.js';

const trunk = (name: string, from: string[], more: Partial<TrunkConfig> = {}): TrunkConfig => ({
  name,
  uri: 'sip:192.0.2.10:5060;transport=tcp',
  from,
  stripPrefix: true,
  transit: false,
  register: false,
  registerSeconds: 300,
  ...more,
});

t.test('a source is trusted by address, or by address and port, and by nothing that merely looks like it', async (t) => {
  const trunks = new Trunks([trunk('any port', ['192.0.2.10']), trunk('one port', ['192.0.2.20:5080'])]);
  t.equal(trunks.ofSource('192.0.2.10', 1234)?.name, 'any port');
  t.equal(trunks.ofSource('192.0.2.20', 5080)?.name, 'one port');
  for (const [address, port] of [
    ['192.0.2.20', 5060],
    ['192.0.2.1', 5060],
    ['192.0.2.100', 5060],
    ['', 5060],
    ['192.0.2.10 5080', 5060],
  ] as const) {
    t.equal(trunks.ofSource(address, port), undefined, `${address}:${port}`);
  }
});

t.test('where a trunk is: what the configuration has of it as an address, once and in one spelling', async (t) => {
  const trunks = new Trunks([
    trunk('two', ['192.0.2.10', '192.0.2.20:5080', '[2001:DB8:0:0::1]:5080']),
    trunk('a name', ['192.0.2.30'], { uri: 'sip:pbx.example.com' }),
    trunk('six', [], { uri: 'sip:[2001:db8::2]:5060' }),
  ]);
  t.same(trunks.addresses('two'), ['192.0.2.10', '192.0.2.20', '2001:db8::1']);
  t.same(trunks.addresses('a name'), ['192.0.2.30']);
  t.same(trunks.addresses('six'), ['2001:db8::2']);
  t.same(trunks.addresses('nobody'), []);
  trunks.replaceBy(new Trunks([trunk('two', ['192.0.2.11'])]));
  t.same(trunks.addresses('two'), ['192.0.2.11', '192.0.2.10'], 'read anew');
  t.same(trunks.addresses('six'), []);
});

t.test('an IPv6 source is known however it is spelt', async (t) => {
  const trunks = new Trunks([
    trunk('six', ['2001:DB8:0:0::1']),
    trunk('port', ['[2001:db8::2]:5080']),
    trunk('four', ['192.0.2.1']),
  ]);
  t.equal(trunks.ofSource('2001:db8::1', 5060)?.name, 'six');
  t.equal(trunks.ofSource('2001:db8::2', 5080)?.name, 'port');
  t.equal(trunks.ofSource('2001:db8::2', 5060), undefined);
  t.equal(trunks.ofSource('::ffff:192.0.2.1', 5060)?.name, 'four');
});

t.test('the port decides between two trunks on one machine', async (t) => {
  const trunks = new Trunks([trunk('rest', ['192.0.2.1']), trunk('special', ['192.0.2.1:5080'])]);
  t.equal(trunks.ofSource('192.0.2.1', 5080)?.name, 'special');
  t.equal(trunks.ofSource('192.0.2.1', 5060)?.name, 'rest');
});

t.test('a source that is no address stops the start and says where it stands', async (t) => {
  for (const from of ['sip.example.com', '192.0.2.0/24', '192.0.2.1:port', '2001:db8::x']) {
    t.throws(() => new Trunks([trunk('wrong', [from])]), ConfigError, from);
    t.throws(() => new Trunks([trunk('wrong', [from])]), { message: /trunks\.0\.from/ });
  }
});

t.test('a number is asked for at the trunk with its credentials, and written so that it cannot be read otherwise', async (t) => {
  const trunks = new Trunks([trunk('open', []), trunk('closed', [], { username: 'me', password: 'secret' })]);
  t.same(trunks.target('open', '0301'), { uri: 'sip:0301@192.0.2.10:5060;transport=tcp' });
  t.match(trunks.target('closed', '+49'), { uri: /^sip:\+49@/, credentials: { username: 'me', password: 'secret' } });
  t.equal(trunks.target('open', '1@evil.example.com')?.uri, 'sip:1%40evil.example.com@192.0.2.10:5060;transport=tcp');
  t.equal(trunks.target('nobody', '1'), undefined);
});

t.test('the sources of all trunks are known by their addresses, each once and in one spelling', async (t) => {
  const trunks = new Trunks([
    trunk('one', ['192.0.2.1:5080', '192.0.2.1', '[2001:DB8::0:1]:5060']),
    trunk('two', ['2001:db8::1']),
  ]);
  t.same(trunks.sources, ['192.0.2.1', '2001:db8::1']);
});
