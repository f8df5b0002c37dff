/** send-message: MESSAGE of our own: whom it says it is from, how long it may be, and which answer counts. */
import t from 'tap';
import type { DialTarget } from '#calls/ports.js';
import { Messages } from '#signaling/send-message.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSrf } from '../support/fake-srf.js';

const UDP: DialTarget = { uri: 'sip:102@192.0.2.1:5060' };
const TCP: DialTarget = { uri: 'sip:102@192.0.2.2:5060;transport=tcp' };

function house() {
  const srf = new FakeSrf();
  const clock = new FakeClock();
  const messages = new Messages({ srf: srf.asSrf(), clock });
  const send = (targets: readonly DialTarget[], text = 'hello') => messages.send({ targets, from: '101', to: '102', text });
  return { srf, clock, send };
}

t.test('one phone that takes it is enough, and the best refusal counts where none does', async (t) => {
  const { srf, send } = house();
  const taken = send([UDP, TCP]);
  srf.sent[0]?.answer(486);
  srf.sent[1]?.answer(202);
  t.match(await taken, { status: 202 });
  const refused = send([UDP, TCP]);
  srf.sent[2]?.answer(408);
  srf.sent[3]?.answer(486);
  t.match(await refused, { status: 486 });
  t.match(srf.sent[0]?.options, {
    method: 'MESSAGE',
    uri: UDP.uri,
    body: 'hello',
    headers: { From: '<sip:101@localhost>', 'Content-Type': 'text/plain;charset=UTF-8' },
  });
});

t.test('RFC 3428 §8: over UDP a request that is too long is not sent; over TCP it is', async (t) => {
  const { srf, send } = house();
  t.match(await send([UDP], 'x'.repeat(1000)), { status: 513 });
  t.match(await send([UDP], 'ü'.repeat(500)), { status: 513 }, 'bytes count, and not characters');
  t.equal(srf.sent.length, 0);
  const long = send([UDP, TCP], 'x'.repeat(5000));
  t.equal(srf.sent.length, 1);
  srf.sent[0]?.answer(200);
  t.match(await long, { status: 200 });
  const fits = send([UDP], 'x'.repeat(600));
  srf.sent[1]?.answer(200);
  t.match(await fits, { status: 200 });
});

t.test('a trunk hears the user name it gave us, and a challenge is answered once', async (t) => {
  const { srf, send } = house();
  const trunk: DialTarget = { uri: 'sip:+4930@trunk.example', credentials: { username: 'us', password: 'secret' } };
  const challenge = { 'WWW-Authenticate': 'Digest realm="trunk", nonce="n1", algorithm=MD5, qop="auth"' };
  const sent = send([trunk]);
  srf.sent[0]?.answer(401, challenge);
  t.match(srf.sent[1]?.options.headers, { From: '<sip:us@localhost>', Authorization: /^Digest username="us"/ });
  srf.sent[1]?.answer(401, challenge);
  t.match(await sent, { status: 401 });
  t.equal(srf.sent.length, 2);
});

t.test('silence, an engine that is gone and one that does not send have their statuses', async (t) => {
  const { srf, clock, send } = house();
  const silent = send([UDP]);
  clock.advance(35_000);
  t.match(await silent, { status: 408 });
  srf.connected = false;
  t.match(await send([UDP]), { status: 503 });
});
