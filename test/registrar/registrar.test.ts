import t from 'tap';
import type { RegistrationEvent } from '#core/events.js';
import type { AskedContact, Registration } from '#core/bindings.js';
import { Registrar } from '#registrar/registrar.js';
import { FakeClock } from '../support/fake-clock.js';

const UDP = { protocol: 'udp', address: '192.0.2.1', port: 5060 };
const DAY_SEC = 86_400;

function openRegistrar(maxSec = 3600) {
  const clock = new FakeClock();
  const events: RegistrationEvent[] = [];
  const registrar = new Registrar(clock, { minSec: 60, maxSec, maxContacts: 10 }, (event) => events.push(event));
  let cseq = 0;
  const register = (uri: string, more: Partial<Registration> & Partial<AskedContact> = {}) => {
    const { q = 1, instance, ...rest } = more;
    return registrar.register('101', { contacts: [{ uri, q, instance }], callId: 'c', cseq: ++cseq, flow: UDP, ...rest });
  };
  /** What was published since the last look. */
  const heard = () => events.splice(0).map(({ change, contact, expiresSec }) => `${change} ${contact} ${expiresSec}`);
  return { clock, registrar, register, heard };
}

t.test('a registration is heard of when it comes, when it is renewed, and when it goes', async (t) => {
  const { register, heard, registrar } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 600 });
  register('sip:a@192.0.2.1', { expiresSec: 900 });
  register('sip:a@192.0.2.1', { expiresSec: 0 });
  t.same(heard(), ['registered sip:a@192.0.2.1 600', 'refreshed sip:a@192.0.2.1 900', 'unregistered sip:a@192.0.2.1 0']);
  t.same(registrar.list(), []);
});

t.test('where its phones are is told once for each address, as long as they are registered', async (t) => {
  const { register, registrar, clock } = openRegistrar();
  t.same(registrar.sources('101'), []);
  register('sip:a@192.0.2.1', { expiresSec: 60 });
  register('sip:b@192.0.2.1', { expiresSec: 600 });
  register('sip:c@192.0.2.9', { expiresSec: 60, flow: { ...UDP, address: '192.0.2.9' } });
  t.same(registrar.sources('101'), ['192.0.2.1', '192.0.2.9']);
  clock.advance(60_000);
  t.same(registrar.sources('101'), ['192.0.2.1']);
});

t.test('who is taken out is reached nowhere, and everybody hears of it', async (t) => {
  const { register, registrar, heard, clock } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 60 });
  register('sip:b@192.0.2.1', { expiresSec: 600 });
  heard();
  registrar.forget((aor) => aor === '101');
  t.same(heard(), []);
  registrar.forget(() => false);
  t.same(heard(), ['unregistered sip:a@192.0.2.1 0', 'unregistered sip:b@192.0.2.1 0']);
  t.same([registrar.list(), registrar.targets('101'), clock.pending()], [[], [], []]);
});

t.test('each binding is forgotten at its own time and not before', async (t) => {
  const { clock, register, heard, registrar } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 60 });
  register('sip:b@192.0.2.1', { expiresSec: 120 });
  heard();
  clock.advance(59_999);
  t.equal(registrar.fetch('101').length, 2);
  t.same(heard(), []);
  clock.advance(1);
  t.same(heard(), ['expired sip:a@192.0.2.1 0']);
  t.same(registrar.targets('101'), [{ uri: 'sip:b@192.0.2.1' }]);
  clock.advance(60_000);
  t.same(heard(), ['expired sip:b@192.0.2.1 0']);
  t.same(clock.pending(), [], 'nothing is left to wait for');
});

t.test('a binding that was renewed outlives the time it first had', async (t) => {
  const { clock, register, heard, registrar } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 60 });
  clock.advance(30_000);
  register('sip:a@192.0.2.1', { expiresSec: 60 });
  heard();
  clock.advance(59_999);
  t.match(registrar.list(), [{ aor: '101', expiresInSec: 1 }]);
  t.same(heard(), []);
});

t.test('no wait is longer than a timer of Node can count', async (t) => {
  const { clock, register, registrar, heard } = openRegistrar(60 * DAY_SEC);
  const asked: number[] = [];
  const after = clock.after.bind(clock);
  clock.after = (name, ms, fn) => {
    asked.push(ms);
    return after(name, ms, fn);
  };
  register('sip:a@192.0.2.1', { expiresSec: 60 * DAY_SEC });
  heard();
  clock.advance(60 * DAY_SEC * 1000 - 1);
  t.equal(registrar.fetch('101').length, 1);
  clock.advance(1);
  t.same(heard(), ['expired sip:a@192.0.2.1 0']);
  t.ok(asked.length > 1 && asked.every((ms) => ms <= 2_147_483_647), asked.join());
});

t.test('a refused request changes nothing and is not heard of', async (t) => {
  const { register, heard, registrar } = openRegistrar();
  register('sip:a@192.0.2.1');
  heard();
  t.match(register('sip:b@192.0.2.1', { expiresSec: 5 }), { kind: 'refused', status: 423 });
  t.same(heard(), []);
  t.same(
    registrar.fetch('101').map((one) => one.contact),
    ['sip:a@192.0.2.1'],
  );
});

for (const [flow, contact, nextHop] of [
  [UDP, 'sip:101@192.0.2.1', undefined],
  [UDP, 'sip:101@192.0.2.1:5060', undefined],
  [UDP, 'sip:101@192.0.2.1:5062', 'sip:192.0.2.1:5060;transport=udp'],
  [{ ...UDP, port: 49_152 }, 'sip:101@10.0.0.3', 'sip:192.0.2.1:49152;transport=udp'],
  [{ ...UDP, protocol: 'tcp' }, 'sip:101@192.0.2.1:5060;transport=tcp', 'sip:192.0.2.1:5060;transport=tcp'],
  [{ ...UDP, protocol: 'ws', port: 40_000 }, 'sip:x7@kj3.invalid;transport=ws', 'sip:192.0.2.1:40000;transport=ws'],
  [{ ...UDP, address: '2001:db8::7' }, 'sip:101@[2001:db8::7]:5060', undefined],
  [{ ...UDP, address: '2001:db8::7' }, 'sip:101@192.0.2.9', 'sip:[2001:db8::7]:5060;transport=udp'],
] as const) {
  t.test(
    `${contact} registered from ${flow.address} over ${flow.protocol} is reached ${nextHop ?? 'at its contact'}`,
    async (t) => {
      const { registrar, register } = openRegistrar();
      register(contact, { flow });
      t.same(registrar.targets('101'), [nextHop === undefined ? { uri: contact } : { uri: contact, nextHop }]);
      t.equal(registrar.toPing().length, nextHop === undefined ? 0 : 1);
    },
  );
}

t.test(
  'the phone with the highest q comes first; one that does not answer pings rings only when there is no other',
  async (t) => {
    const { registrar, register } = openRegistrar();
    register('sip:low@192.0.2.1', { q: 0.1 });
    register('sip:high@192.0.2.1', { q: 0.9 });
    register('sip:dead@192.0.2.1', { q: 1 });
    const dead = registrar.fetch('101').find((one) => one.contact.includes('dead'));
    if (dead === undefined) return t.fail('not bound');
    registrar.setReachable('101', dead, false);
    t.same(
      registrar.targets('101').map((one) => one.uri),
      ['sip:high@192.0.2.1', 'sip:low@192.0.2.1'],
    );
    for (const binding of registrar.fetch('101')) registrar.setReachable('101', binding, false);
    t.equal(registrar.targets('101').length, 3, 'none answers, so all are tried');
  },
);

t.test('unreachable and reachable are said once each, and a phone that renews is reachable again', async (t) => {
  const { registrar, register, heard } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 600 });
  const [binding] = registrar.fetch('101');
  if (binding === undefined) return t.fail('not bound');
  heard();
  registrar.setReachable('101', binding, true);
  t.same(heard(), [], 'it was reachable');
  registrar.setReachable('101', binding, false);
  registrar.setReachable('101', binding, false);
  t.same(heard(), ['unreachable sip:a@192.0.2.1 600']);
  t.match(registrar.list(), [{ reachable: false }]);
  register('sip:a@192.0.2.1', { expiresSec: 600 });
  t.same(heard(), ['refreshed sip:a@192.0.2.1 600', 'reachable sip:a@192.0.2.1 600']);
  registrar.setReachable('101', binding, false);
  t.same(heard(), [], 'a late word about the binding it was before says nothing');
  t.match(registrar.list(), [{ reachable: true }]);
});

t.test('the list shows who came from where', async (t) => {
  const { registrar, register } = openRegistrar();
  register('sip:a@192.0.2.1', { expiresSec: 600, userAgent: 'Desk 1', flow: { ...UDP, address: '2001:db8::7' } });
  t.same(registrar.list(), [
    {
      aor: '101',
      contact: 'sip:a@192.0.2.1',
      transport: 'udp',
      source: '[2001:db8::7]:5060',
      userAgent: 'Desk 1',
      expiresInSec: 600,
      reachable: true,
    },
  ]);
});

t.test('closing ends every wait', async (t) => {
  const { clock, registrar, register } = openRegistrar();
  register('sip:a@192.0.2.1');
  t.equal(clock.pending().length, 1);
  registrar.close();
  registrar.close();
  t.same(clock.pending(), []);
});
