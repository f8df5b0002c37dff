/** Goal: guessing passwords and numbers is found out, tells nobody which are ours, and keeps out nobody who was right. */
import t from 'tap';
import { Value } from '@sinclair/typebox/value';
import { PasswordWatch } from '#guard/password-watch.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { Accounts } from '#registrar/accounts.js';
import { DigestGuard } from '#registrar/digest-guard.js';
import { parseCredentials } from '#sip/digest.js';
import { Authenticator } from '#signaling/authenticate.js';
import { Trunks } from '#registrar/trunks.js';
import { systemRandom } from '#kit/ids.js';
import { authorization, readChallenge } from '../support/digest-phone.js';
import { FakeClock } from '../support/fake-clock.js';
import { incoming } from '../support/fake-srf.js';

const [HOME, AWAY] = ['192.0.2.7', '198.51.100.9'];

const configOf = (file: unknown) => Value.Decode(GuardsFile, Value.Default(GuardsFile, file));

function watchOf(file: unknown = {}) {
  const clock = new FakeClock();
  const banned: string[] = [];
  const told: unknown[] = [];
  const [lifted, welcome]: [string[], string[]] = [[], []];
  const watch = new PasswordWatch(configOf(file), ['203.0.113.5'], {
    clock,
    ban: (source) => banned.push(source),
    lift: (source) => lifted.push(source),
    welcome: (source, port) => welcome.push(`${source}:${port}`),
    tell: (facts, text) => told.push({ ...facts, text }),
  });
  return { watch, clock, banned, told, lifted, welcome };
}

t.test('an address with too many wrong passwords is out for a while', async (t) => {
  const { watch, clock, banned } = watchOf({ bans: { failures: 3, firstSeconds: 60 } });
  for (const name of ['101', '102', 'nobody']) watch.failed(HOME, name);
  t.same(banned, [HOME]);
  t.equal(watch.refuses(HOME, '103', 5060), 60);
  t.equal(watch.refuses(AWAY, '103', 5060), undefined);
  clock.advance(60_000);
  t.equal(watch.refuses(HOME, '103', 5060), undefined);
});

t.test(
  'an account guessed at from many places gives every new place two tries, and is heard from where it was right',
  async (t) => {
    const { watch } = watchOf({ bans: { failures: 0, accountFailures: 5 } });
    for (const name of ['101', 'nobody']) {
      if (name === '101') watch.proved(HOME, name, 5060);
      for (let place = 0; place < 5; place++) watch.failed(`198.51.100.${place}`, name);
      t.equal(watch.refuses(AWAY, name, 5060), undefined, `the owner of ${name} in a new place is not locked out`);
      for (let count = 0; count < 2; count++) watch.failed(AWAY, name);
      t.equal(watch.refuses(AWAY, name, 5060), 60, `${name}, whether there is one or not`);
    }
    for (let count = 0; count < 100; count++) watch.failed(`203.0.113.${100 + count}`, '101');
    t.equal(watch.refuses(HOME, '101', 5060), undefined);
    t.equal(watch.refuses('192.0.2.99', '101', 5060), undefined);
    t.equal(watch.refuses(AWAY, '102', 5060), undefined);
  },
);

t.test('behind the NAT of somebody who guesses, a phone that was right goes on, from its port; a new one waits', async (t) => {
  const { watch, welcome, banned } = watchOf({ bans: { failures: 3 } });
  watch.proved(HOME, '101', 40001);
  watch.proved(HOME, '101', 40001);
  t.same(welcome, [`${HOME}:40001`], 'the door is told once');
  for (let count = 0; count < 3; count++) watch.failed(HOME, '102');
  t.same(banned, [HOME]);
  t.equal(watch.refuses(HOME, '101', 40001), undefined);
  t.equal(watch.refuses(HOME, '102', 40001), 60, 'what it knows is its own password, nobody else’s');
  t.equal(watch.refuses(HOME, '103', 40003), 60, 'a phone that is new here');
});

t.test('bans can be seen, and lifted one by one', async (t) => {
  const { watch, lifted, told } = watchOf({ bans: { failures: 1 } });
  for (const source of [HOME, '2001:db8:0:1::7']) watch.failed(source, '101');
  t.same(watch.bans(), [
    { who: HOME, secondsLeft: 60, times: 1 },
    { who: '2001:db8:0:1::/64', secondsLeft: 60, times: 1 },
  ]);
  t.same([...watch.counts], [['wrong passwords', 2]]);
  t.match(told, [{ event: 'guard.banned', source: HOME }]);
  t.equal(watch.lift(AWAY), false);
  t.equal(watch.lift('2001:db8:0:1::/64'), true);
  t.equal(watch.lift(HOME), true);
  t.same(watch.bans(), []);
  t.same(lifted, ['2001:db8:0:1::', HOME]);
  t.equal(watch.refuses(HOME, '102', 5060), undefined);
});

t.test('trunks and trusted networks are never banned', async (t) => {
  const { watch, banned } = watchOf({ bans: { failures: 1, accountFailures: 1, unprovenNumbers: 1 } });
  for (const source of ['127.0.0.1', '::1', '203.0.113.5']) {
    for (let count = 0; count < 5; count++) {
      watch.failed(source, '101');
      watch.asked(source, String(count));
    }
    t.equal(watch.refuses(source, '101', 5060), undefined, source);
  }
  t.same(banned, []);
});

t.test('who asks for number after number is kept out, whether they are ours or not', async (t) => {
  const { watch, banned } = watchOf({ bans: { unprovenNumbers: 10 } });
  for (let number = 100; number < 110; number++) watch.asked(AWAY, String(number));
  t.same(banned, []);
  watch.asked(AWAY, '110');
  t.same(banned, [AWAY]);
});

t.test('an account that calls too often is told when to come again', async (t) => {
  const { watch, clock } = watchOf({ rates: { accountInvite: { perSecond: 1, burst: 2 } } });
  t.equal(watch.tooOften('INVITE', '101'), undefined);
  t.equal(watch.tooOften('INVITE', '101'), undefined);
  t.equal(watch.tooOften('INVITE', '101'), 2);
  t.equal(watch.tooOften('INVITE', '102'), undefined);
  t.equal(watch.tooOften('REGISTER', '101'), undefined);
  clock.advance(3000);
  t.equal(watch.tooOften('INVITE', '101'), undefined);
});

t.test('a line of the log names no user and no password', async (t) => {
  const { watch, told } = watchOf({ bans: { failures: 1, accountFailures: 1 } });
  watch.failed(HOME, 'my secret typed into the wrong field');
  t.equal(told.length, 2);
  t.notMatch(JSON.stringify(told), /secret/);
});

t.test(
  'digest and INVITE meet the watch: a wrong password counts, a right one is heard from where it was right before',
  async (t) => {
    const { watch, clock, banned } = watchOf({
      bans: { failures: 2 },
      rates: { accountInvite: { perSecond: 1, burst: 1 } },
    });
    const guard = new DigestGuard(
      new Accounts([{ number: '101', password: 'demo-101' }], 'holdfast'),
      'holdfast',
      clock,
      systemRandom,
      watch,
    );
    const door = new Authenticator(guard, new Trunks([]), watch);
    const invite = (password: string, source = HOME) => {
      const challenge = readChallenge(guard.challenges(source, false), 'SHA-256');
      const header = authorization(challenge, { method: 'INVITE', uri: 'sip:102@holdfast', password });
      t.ok(parseCredentials(header), 'the header can be read');
      const facts = { method: 'INVITE', uri: 'sip:102@holdfast', address: source };
      const { request, response, sent } = incoming({
        ...facts,
        headers: { From: '<sip:101@holdfast>;tag=1', Authorization: header },
      });
      const identity = door.identify(request, response);
      return { identity, status: sent[0]?.status, headers: sent[0]?.headers };
    };
    t.match(invite('demo-101').identity, { kind: 'account', number: '101' });
    t.match(invite('demo-101'), { identity: undefined, status: 503, headers: { 'Retry-After': '2' } });
    t.match([invite('wrong', AWAY).status, invite('wrong', AWAY).status], [401, 401]);
    t.same(banned, [AWAY]);
    t.match(invite('demo-101', AWAY), { identity: undefined, status: 403 });
    t.match(invite('demo-101', HOME), { status: 503 }, 'its owner elsewhere is heard');
  },
);

t.test('other limits hold from now on: what was counted counts, and who is out stays out', async (t) => {
  const { watch, clock, banned } = watchOf({ bans: { failures: 10, unprovenNumbers: 10 } });
  for (let count = 0; count < 4; count++) watch.failed(HOME, '101');
  watch.configure(configOf({ bans: { failures: 5, firstSeconds: 600, unprovenNumbers: 2 } }), []);
  watch.failed(HOME, '101');
  t.same(banned, [HOME]);
  t.equal(watch.refuses(HOME, '101', 5060), 600);
  for (const number of ['201', '202', '203']) watch.asked(AWAY, number);
  t.same(banned, [HOME, AWAY]);
  watch.configure(configOf({ bans: { failures: 0 } }), []);
  clock.advance(599_000);
  t.equal(watch.refuses(HOME, '101', 5060), 1);
  watch.failed('192.0.2.77', '101');
  t.equal(banned.length, 2);
});
