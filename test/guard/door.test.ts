/** Goal: the door lets in, refuses or stays silent as the configuration says, and what it remembers has an end. */
import t from 'tap';
import { Value } from '@sinclair/typebox/value';
import { Door, type Knock } from '#guard/door.js';
import { GuardsFile, type GuardsConfig } from '#kit/guards-schema.js';
import { FakeClock } from '../support/fake-clock.js';

const FAR = '192.0.2.7';
const configOf = (file: unknown): GuardsConfig => Value.Decode(GuardsFile, Value.Default(GuardsFile, file));
const invite = (more: Partial<Knock> = {}): Knock => ({
  method: 'INVITE',
  source: FAR,
  port: 5060,
  userAgent: 'Yealink SIP-T46',
  inCall: false,
  ...more,
});

function doorOf(file: unknown, trunks: readonly string[] = []): { door: Door; clock: FakeClock } {
  const clock = new FakeClock();
  return { door: new Door(configOf(file), trunks, clock), clock };
}

t.test('without a file everybody comes in, and scanners get no answer', async (t) => {
  const { door } = doorOf({});
  t.same(door.judge(invite()), { kind: 'in' });
  t.same(door.judge(invite({ source: '192.0.2.8', userAgent: 'Friendly-Scanner' })), { kind: 'drop', why: 'scanner' });
  t.same(
    door.judge(invite({ source: '192.0.2.8' })),
    { kind: 'in' },
    'a datagram may be forged: the address itself is not banned',
  );
});

t.test('who is denied is not read, not even in a call; a call of somebody banned goes on', async (t) => {
  const { door } = doorOf({ addresses: { deny: ['203.0.113.0/24', '2001:db8::/32'] } });
  for (const source of ['203.0.113.9', '2001:db8:1::1', '::ffff:203.0.113.9'])
    t.same(door.judge(invite({ source, inCall: true })), { kind: 'drop', why: 'denied' }, source);
  t.same(door.judge(invite({ source: '2001:db9::1' })), { kind: 'in' });
  door.ban(FAR, 60);
  t.same(door.judge(invite()), { kind: 'drop', why: 'banned' });
  t.same(door.judge(invite({ method: 'BYE', inCall: true })), { kind: 'in' });
});

t.test('a list of who alone may come leaves trunks and trusted networks in', async (t) => {
  const { door } = doorOf({ addresses: { only: ['10.0.0.0/8'], trusted: ['172.16.0.0/12'] } }, ['198.51.100.5']);
  for (const source of ['10.1.2.3', '172.16.9.9', '198.51.100.5']) t.same(door.judge(invite({ source })), { kind: 'in' }, source);
  t.same(door.judge(invite()), { kind: 'drop', why: 'denied' });
});

t.test('more INVITEs than allowed get 503, far more get nothing, and time lets them in again', async (t) => {
  const { door, clock } = doorOf({ rates: { invite: { perSecond: 2, burst: 4 } } });
  const seen = Array.from({ length: 12 }, () => door.judge(invite()).kind);
  t.same(seen, [...Array<string>(4).fill('in'), ...Array<string>(4).fill('refuse'), ...Array<string>(4).fill('drop')]);
  t.same(door.judge(invite({ source: '192.0.2.8' })), { kind: 'in' }, 'another address has a bucket of its own');
  t.same(door.judge(invite({ method: 'REGISTER' })), { kind: 'in' }, 'and so has another method');
  clock.advance(2000);
  t.equal(door.judge(invite()).kind, 'refuse', 'what was refused has to be waited for too');
  clock.advance(2000);
  t.same(door.judge(invite()), { kind: 'in' });
});

t.test('a whole /64 is one neighbour', async (t) => {
  const { door } = doorOf({ rates: { invite: { perSecond: 1, burst: 1 } } });
  t.equal(door.judge(invite({ source: '2001:db8::1' })).kind, 'in');
  t.equal(door.judge(invite({ source: '2001:db8::2' })).kind, 'refuse');
  t.equal(door.judge(invite({ source: '2001:db8:0:1::2' })).kind, 'in');
});

t.test('a phone that proved its password from a port goes on being heard when its neighbour is banned or floods', async (t) => {
  const { door, clock } = doorOf({ rates: { invite: { perSecond: 1, burst: 2 } } });
  door.welcome(FAR, 40001);
  door.ban(FAR, 3600);
  t.same(door.judge(invite({ port: 40002 })), { kind: 'drop', why: 'banned' }, 'the neighbour');
  t.same(door.judge(invite({ port: 40001 })), { kind: 'in' });
  t.same(door.judge(invite({ port: 40001, userAgent: 'sipvicious' })), { kind: 'drop', why: 'scanner' });
  door.lift(FAR);
  for (let count = 0; count < 10; count++) door.judge(invite({ port: 40002 }));
  t.equal(door.judge(invite({ port: 40002 })).kind, 'drop');
  t.same(door.judge(invite({ port: 40001 })), { kind: 'in' }, 'it has a bucket of its own');
  door.ban(FAR, 36_000);
  clock.advance(2 * 3_600_000);
  t.same(door.judge(invite({ port: 40001 })), { kind: 'drop', why: 'banned' }, 'it proved nothing for two hours');
});

t.test('a ban ends, and other rules do not end it', async (t) => {
  const { door, clock } = doorOf({});
  door.ban(FAR, 60);
  const other = new Door(configOf({ scanners: ['nothing'] }), [], clock, door);
  t.same(other.judge(invite()), { kind: 'drop', why: 'banned' });
  clock.advance(60_000);
  t.same(other.judge(invite()), { kind: 'in' });
});

t.test('loopback is trusted unless the file says otherwise', async (t) => {
  const many = (door: Door) => Array.from({ length: 1000 }, () => door.judge(invite({ source: '127.0.0.1' })).kind);
  t.same(new Set(many(doorOf({}).door)), new Set(['in']));
  t.same(new Set(many(doorOf({ addresses: { trusted: [] } }).door)), new Set(['in', 'refuse', 'drop']));
});

t.test('what is no network is refused by its key', async (t) => {
  for (const network of ['10.0.0.0/33', '300.0.0.1', '2001:db8::/129', ':::'])
    t.throws(() => doorOf({ addresses: { deny: ['10.0.0.1', network] } }), {
      message: `guards.yaml: addresses.deny.1: found "${network}", expected an address or a network: 192.0.2.0/24, 2001:db8::/32`,
    });
});

t.test('who is shut out needs no message to be known, and what a request calls itself is read of strangers only', async (t) => {
  const { door } = doorOf({ addresses: { deny: ['203.0.113.0/24'], only: ['10.0.0.0/8'], trusted: ['172.16.0.0/12'] } });
  t.same(
    ['203.0.113.9', FAR, '10.1.2.3', '172.16.9.9'].map((source) => door.shuts(source)),
    [true, true, false, false],
  );
  t.equal(door.shuts(FAR, true), false, 'an answer to what we sent there');
  t.equal(door.shuts('203.0.113.9', true), true);
  let reads = 0;
  const knock = (more: Partial<Knock>): Knock => ({
    ...invite(),
    ...more,
    get userAgent() {
      reads += 1;
      return 'sipvicious';
    },
  });
  t.same(door.judge(knock({ source: '172.16.9.9' })), { kind: 'in' });
  t.same(door.judge(knock({ source: '10.1.2.3', inCall: true })), { kind: 'in' });
  t.equal(reads, 0);
  t.same(door.judge(knock({ source: '10.1.2.3' })), { kind: 'drop', why: 'scanner' });
  t.equal(reads, 1);
});
