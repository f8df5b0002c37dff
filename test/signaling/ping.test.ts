import t from 'tap';
import type { RegistrationEvent } from '#core/events.js';
import { Registrar } from '#registrar/registrar.js';
import { Pinger } from '#signaling/ping.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSrf } from '../support/fake-srf.js';

const ROUND_MS = 30_000;
const NAT = { protocol: 'udp', address: '198.51.100.1', port: 40_000 };

function pinging() {
  const clock = new FakeClock();
  const srf = new FakeSrf();
  const events: RegistrationEvent[] = [];
  const registrar = new Registrar(clock, { minSec: 60, maxSec: 3600, maxContacts: 10 }, (event) => events.push(event));
  const pinger = new Pinger(srf.asSrf(), registrar, clock, ROUND_MS / 1000);
  let cseq = 0;
  const register = (uri: string, flow = NAT) =>
    registrar.register('101', { contacts: [{ uri, q: 1 }], callId: 'c', cseq: ++cseq, flow });
  const heard = () => events.splice(0).map((event) => event.change);
  pinger.begin();
  return { clock, srf, registrar, pinger, register, heard };
}

t.test('a phone behind NAT is asked every round, by the flow it registered on', async (t) => {
  const { clock, srf, register } = pinging();
  register('sip:101@10.0.0.3');
  clock.advance(ROUND_MS - 1);
  t.equal(srf.sent.length, 0);
  clock.advance(1);
  t.match(srf.last.options, { method: 'OPTIONS', uri: 'sip:101@10.0.0.3', proxy: 'sip:198.51.100.1:40000;transport=udp' });
  clock.advance(ROUND_MS);
  t.equal(srf.sent.length, 2);
});

t.test('who came back as unreachable from the last life is asked at once, and the others in their round', async (t) => {
  const { srf, clock, registrar, register, pinger } = pinging();
  register('sip:101@10.0.0.3');
  const [binding] = registrar.fetch('101');
  if (binding === undefined) throw new Error('it is registered');
  pinger.stop();
  registrar.setReachable('101', binding, false);
  const next = new Pinger(srf.asSrf(), registrar, clock, ROUND_MS / 1000);
  next.begin();
  t.equal(srf.sent.length, 1);
  srf.last.answer(200);
  t.match(registrar.list(), [{ reachable: true }]);
  next.stop();
});

t.test('a phone that is where its contact says needs no ping', async (t) => {
  const { clock, srf, register } = pinging();
  register('sip:101@198.51.100.1:40000');
  clock.advance(ROUND_MS);
  t.equal(srf.sent.length, 0);
});

t.test('one silent ping is a lost datagram, two in a row an absent phone, and any answer brings it back', async (t) => {
  const { clock, srf, register, heard } = pinging();
  register('sip:101@10.0.0.3');
  heard();
  const round = (status: number) => {
    clock.advance(ROUND_MS);
    srf.last.answer(status);
    return heard();
  };
  t.same(round(408), []);
  t.same(round(200), []);
  t.same(round(408), [], 'the answer between them counts');
  t.same(round(503), ['unreachable']);
  t.same(round(408), [], 'said once');
  t.same(round(100), [], 'a provisional answer is the engine of somebody else');
  t.same(round(404), ['reachable'], 'a refusal is a sign of life');
});

t.test('a ping whose phone has renewed or gone meanwhile says nothing', async (t) => {
  const { clock, srf, register, heard, registrar } = pinging();
  register('sip:101@10.0.0.3');
  clock.advance(ROUND_MS);
  const first = srf.last;
  clock.advance(ROUND_MS);
  const second = srf.last;
  register('sip:101@10.0.0.3');
  heard();
  first.answer(408);
  second.answer(408);
  t.same(heard(), []);
  t.match(registrar.list(), [{ reachable: true }]);
});

t.test('a lost connection to the engine is not the fault of the phones, and ends nothing', async (t) => {
  const { clock, srf, register, heard } = pinging();
  register('sip:101@10.0.0.3');
  heard();
  srf.connected = false;
  clock.advance(4 * ROUND_MS);
  t.same(heard(), []);
  srf.connected = true;
  clock.advance(ROUND_MS);
  t.equal(srf.sent.length, 1);
});

t.test('after stop nobody is asked any more', async (t) => {
  const { clock, srf, pinger, register } = pinging();
  register('sip:101@10.0.0.3');
  pinger.stop();
  pinger.stop();
  pinger.begin();
  clock.advance(10 * ROUND_MS);
  t.equal(srf.sent.length, 0);
});
