import t from 'tap';
import { createLogger } from '#kit/log.js';
import { ha1Of, parseCredentials, responseOf } from '#sip/digest.js';
import { TrunkRegistrations } from '#signaling/trunk-registrations.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSrf, settled } from '../support/fake-srf.js';
import { CARRIER } from '../support/front-door.js';

const TRUNK = { ...CARRIER, register: true, username: 'me', password: 'secret' };
const CHALLENGE = 'Digest realm="carrier", nonce="n1", algorithm=MD5, qop="auth"';
const STRONGER = 'Digest realm="carrier", nonce="n1", algorithm=SHA-256, qop="auth"';

function registering() {
  const clock = new FakeClock();
  const srf = new FakeSrf();
  const trunks = new TrunkRegistrations(srf.asSrf(), [TRUNK, CARRIER], clock, createLogger('silent'));
  /** Answers the last request and lets the registration draw its conclusions. */
  const answer = async (status: number, headers: Record<string, string> = {}) => {
    srf.last.answer(status, headers);
    await settled();
  };
  return { clock, srf, trunks, answer };
}

t.test('a trunk that wants it is registered with, and only that one', async (t) => {
  const { srf, trunks } = registering();
  trunks.begin();
  t.equal(srf.sent.length, 1);
  t.match(srf.last.options, {
    method: 'REGISTER',
    uri: 'sip:198.51.100.5',
    headers: { From: '<sip:me@198.51.100.5>', To: '<sip:me@198.51.100.5>', Expires: '300', CSeq: '1 REGISTER' },
  });
});

t.test('a challenge is answered with the strongest algorithm, in the same Call-ID with the next CSeq', async (t) => {
  const { srf, trunks, answer } = registering();
  trunks.begin();
  const first = srf.last.options.headers ?? {};
  await answer(401, { 'WWW-Authenticate': `${CHALLENGE},${STRONGER}` });
  const second = srf.last.options.headers ?? {};
  t.equal(second['Call-ID'], first['Call-ID']);
  t.equal(second['CSeq'], '2 REGISTER');
  const credentials = parseCredentials(second['Authorization'] ?? '');
  if (credentials === undefined) return t.fail('no credentials');
  t.match(credentials, { algorithm: 'SHA-256', uri: 'sip:198.51.100.5' });
  t.equal(credentials.response, responseOf(ha1Of('SHA-256', 'me', 'carrier', 'secret'), 'REGISTER', credentials));
});

t.test('a proxy that asks is answered in its own header', async (t) => {
  const { srf, trunks, answer } = registering();
  trunks.begin();
  await answer(407, { 'Proxy-Authenticate': CHALLENGE });
  t.match(srf.last.options.headers, { 'Proxy-Authorization': /username="me"/ });
});

t.test('it is renewed at half of what was granted', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  await answer(200, { Contact: '<sip:me@192.0.2.1>;expires=100' });
  clock.advance(49_999);
  t.equal(srf.sent.length, 1);
  clock.advance(1);
  t.equal(srf.sent.length, 2);
});

t.test('a wrong password is not tried twice in a row, and the waits grow to five minutes', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  for (const waitMs of [5000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    await answer(401, { 'WWW-Authenticate': CHALLENGE });
    await answer(401, { 'WWW-Authenticate': CHALLENGE });
    const before = srf.sent.length;
    clock.advance(waitMs - 1);
    t.equal(srf.sent.length, before, `not before ${waitMs} ms`);
    clock.advance(1);
    t.equal(srf.sent.length, before + 1, `after ${waitMs} ms`);
  }
  await answer(200);
  clock.advance(150_000);
  await answer(500);
  clock.advance(5000);
  t.match(srf.last.options.headers, { CSeq: /REGISTER/ });
});

t.test('a trunk that finds our time too brief is asked for what it wants, within reason', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  await answer(423, { 'Min-Expires': '1800' });
  clock.advance(5000);
  t.match(srf.last.options.headers, { Expires: '1800' });
  await answer(423, { 'Min-Expires': '99999999' });
  clock.advance(10_000);
  t.match(srf.last.options.headers, { Expires: '1800' });
});

t.test('neither a lost connection to the engine nor an answer that never comes ends the trying', async (t) => {
  const { clock, srf, trunks } = registering();
  srf.connected = false;
  trunks.begin();
  await settled();
  t.same(clock.pending(), ['register with carrier']);
  srf.connected = true;
  clock.advance(5000);
  t.equal(srf.sent.length, 1);
  clock.advance(80_000);
  await settled();
  clock.advance(10_000);
  t.equal(srf.sent.length, 2);
});

t.test('a connection that is lost between the challenge and the answer to it is tried again too', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  srf.connected = false;
  await answer(401, { 'WWW-Authenticate': CHALLENGE });
  srf.connected = true;
  clock.advance(5000);
  t.equal(srf.sent.length, 2);
});

t.test('at the end the trunk is told, and a silent one is not waited for long', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  await answer(200);
  const stopped = trunks.stop();
  t.match(srf.last.options.headers, { Expires: '0' });
  clock.advance(500);
  await stopped;
  const sent = srf.sent.length;
  await trunks.stop();
  clock.advance(3_600_000);
  t.equal(srf.sent.length, sent, 'nothing is renewed after the goodbye');
});

t.test('the answer lists other devices too: our own time counts, and no trunk is asked twice a second', async (t) => {
  const { clock, srf, trunks, answer } = registering();
  trunks.begin();
  await answer(200, { Contact: '<sip:me@203.0.113.7>;expires=3600, <sip:me@localhost>;expires=60' });
  clock.advance(30_000);
  t.equal(srf.sent.length, 2, 'RFC 3261 10.2.4: renewed at half of our own');
  await answer(200, { Contact: '<sip:me@203.0.113.7>;expires=1, <sip:me@192.0.2.9>;expires=300' });
  clock.advance(999);
  t.equal(srf.sent.length, 2, 'where ours cannot be told the shortest counts, but no less than a second');
  clock.advance(1);
  t.equal(srf.sent.length, 3);
});

t.test('a nonce that was too old is no wrong password', async (t) => {
  const { srf, trunks, answer } = registering();
  trunks.begin();
  await answer(401, { 'WWW-Authenticate': CHALLENGE });
  await answer(401, {
    'WWW-Authenticate': CHALLENGE.replace('n1', 'n2, stale=true').replace('"n2, stale=true"', '"n2", stale=true'),
  });
  t.match(srf.last.options.headers?.['Authorization'], /nonce="n2"/);
  await answer(401, { 'WWW-Authenticate': CHALLENGE });
  t.equal(srf.sent.length, 3, 'and a wrong one is not tried for ever');
});

t.test(
  'a reload in the middle of a REGISTER: who is taken out does not come back, who is changed comes after its goodbye',
  async (t) => {
    const { srf, trunks, answer } = registering();
    trunks.begin();
    const [first] = srf.sent;
    trunks.replace([{ ...TRUNK, password: 'other' }]);
    t.equal(srf.sent.length, 2, 'the goodbye');
    first?.answer(401, { 'WWW-Authenticate': CHALLENGE });
    await settled();
    t.equal(srf.sent.length, 2);
    await answer(200);
    await settled();
    t.equal(srf.last.options.headers?.['Expires'], '300');
  },
);
