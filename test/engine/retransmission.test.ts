import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t from 'tap';
import { FakeClock } from '../support/fake-clock.js';
import { SDP, incomingCall, outgoingCall, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { header, portOf, tcpPhone, udpPhone } from '../support/raw-phone.js';

/** Time stands still until the test moves it; what has to be read is read. */
const still = (): { clock: FakeClock; askFence: (passed: () => void) => void } => ({
  clock: new FakeClock(),
  askFence: (passed) => void setImmediate(passed),
});

const T1 = 500;

t.test('a 200 is sent again until its ACK comes, for an INVITE and for a re-INVITE alike', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'x1');
  sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: SDP });
  const { response } = await app.gets('INVITE');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const first = await phone.receives('200 INVITE');
  parts.clock.advance(T1 + 20);
  t.equal(await phone.receives('200 INVITE'), first);
  parts.clock.advance(2 * T1 + 20);
  t.equal(await phone.receives('200 INVITE'), first);
  sendInDialog(phone, dialog, 'ACK');
  await acked;
  const before = phone.received.length;
  parts.clock.advance(64 * T1);
  sendInDialog(phone, dialog, 'INFO');
  (await app.gets('INFO')).response.send(200);
  await phone.receives('200 INFO');
  t.equal(phone.received.length, before + 1, 'nothing is sent again after the ACK');
});

t.test('a 200 that is never acknowledged ends the call with BYE, and the application is told', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'x2');
  const { response } = await app.gets('INVITE');
  response.send(200, { body: SDP });
  await phone.receives('200 INVITE');
  parts.clock.advance(64 * T1 + 20);
  const bye = await phone.receives('BYE');
  t.match(header(bye, 'Reason'), 'ACK timeout');
  const told = await app.gets('BYE');
  t.equal(told.request.stackTxnId, 'unsolicited');
  t.equal(told.request.stackDialogId, 'x2;from-tag=a-x2');
  t.equal(engine.counts().dialogs, 0);
});

t.test('an INVITE nobody answers is sent seven times and ends with 408', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
  const first = await phone.receives('INVITE');
  for (let interval = T1; interval < 64 * T1; interval *= 2) {
    parts.clock.advance(interval);
    if (interval < 32 * T1) t.equal(await phone.receives('INVITE'), first);
  }
  parts.clock.advance(T1 + 40);
  const { response } = await call.next();
  t.equal(response.status, 408);
  t.equal(response.source, 'network');
  parts.clock.advance(T1);
  t.same(
    { ...engine.counts(), apps: 0, routes: 0 },
    { transactions: 0, dialogs: 0, incoming: 0, outgoing: 0, apps: 0, routes: 0, flows: 0 },
  );
});

t.test('a repeated INVITE is answered with the last response and reaches the application once', async (t) => {
  const engine = await engineForTest(t, {}, still());
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const invite = sendInvite(phone, 'x3');
  const { response } = await app.gets('INVITE');
  phone.send(invite);
  await phone.receives('100 INVITE');
  phone.send(invite);
  await phone.receives('100 INVITE');
  response.send(180);
  const ringing = await phone.receives('180 INVITE');
  phone.send(invite);
  t.equal(await phone.receives('180 INVITE'), ringing);
  response.send(486);
  const busy = await phone.receives('486 INVITE');
  phone.send(invite);
  t.equal(await phone.receives('486 INVITE'), busy);
  t.equal(app.arrivals.length, 0, 'the application heard of one INVITE');
});

t.test('who has not proved who it is gets as many datagrams as it sends, and no more', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const invite = sendInvite(phone, 'x4');
  const { response } = await app.gets('INVITE');
  response.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="x", nonce="y"' } });
  const challenge = await phone.receives('401 INVITE');
  phone.send(invite);
  t.equal(await phone.receives('401 INVITE'), challenge, 'RFC 3261 17.2.1: it comes again when the INVITE does');
  parts.clock.advance(63 * T1);
  phone.send(invite);
  t.equal(await phone.receives('401 INVITE'), challenge);
  t.equal(phone.received.length, 3, 'one for each INVITE, and no 100');
  parts.clock.advance(T1 + 20);
  t.equal(engine.counts().transactions, 0);
});

t.test('an INVITE without credentials is told 100 when nobody has answered it for 200 ms, others at once', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  const tcp = await tcpPhone(engine);
  t.teardown(() => (phone.close(), tcp.close()));
  sendInvite(phone, 'x5');
  const { response } = await app.gets('INVITE');
  t.equal(phone.received.length, 0);
  parts.clock.advance(220);
  await phone.receives('100 INVITE');
  response.send(180);
  await phone.receives('180 INVITE');
  response.send(404);
  const refused = await phone.receives('404 INVITE');
  parts.clock.advance(T1 + 20);
  t.equal(await phone.receives('404 INVITE'), refused, 'what is no challenge is repeated until its ACK');
  sendInvite(tcp, 'x6');
  await tcp.receives('100 INVITE');
  sendInvite(phone, 'x7', { lines: ['Proxy-Authorization: Digest username="a"'] });
  await phone.receives('100 INVITE');
});

t.test('a request that comes again from another address is no repetition, and is not answered to the first one', async (t) => {
  const engine = await engineForTest(t, {}, still());
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  const stranger = createSocket('udp4');
  stranger.bind(0, '127.0.0.2');
  await once(stranger, 'listening');
  t.teardown(() => (phone.close(), stranger.close()));
  const asks = async (callId: string): Promise<string> => {
    const text = phone.request('MESSAGE', 'sip:127.0.0.1', { callId, from: '<sip:a@x>;tag=a', to: '<sip:b@x>', cseq: 1 });
    phone.send(text);
    (await app.gets('MESSAGE')).response.send(200);
    await phone.receives('200 MESSAGE');
    return text;
  };
  const text = await asks('m1');
  for (let times = 0; times < 20; times++) stranger.send(text, portOf(engine, 'udp'), '127.0.0.1');
  await asks('m2'); // which is read after them
  phone.send(text);
  await phone.receives('200 MESSAGE');
  t.equal(phone.received.length, 3, 'one answer for each time that it has asked itself');
});

t.test('a refusal is sent again until its ACK comes', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'x4', { branch: 'z9hG4bK-refused' });
  (await app.gets('INVITE')).response.send(603);
  const refusal = await phone.receives('603 INVITE');
  parts.clock.advance(T1 + 20);
  t.equal(await phone.receives('603 INVITE'), refusal);
  phone.send(
    phone.request('ACK', 'sip:bob@127.0.0.1', {
      callId: 'x4',
      from: header(refusal, 'From'),
      to: header(refusal, 'To'),
      cseq: 1,
      branch: 'z9hG4bK-refused',
    }),
  );
  phone.send(
    phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'x4o', from: '<sip:a@b>;tag=1', to: '<sip:x@127.0.0.1>', cseq: 1 }),
  );
  (await app.gets('OPTIONS')).response.send(200); // the ACK has been read by now
  await phone.receives('200 OPTIONS');
  const before = phone.received.length;
  parts.clock.advance(10 * T1);
  phone.send(
    phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'x4p', from: '<sip:a@b>;tag=1', to: '<sip:x@127.0.0.1>', cseq: 1 }),
  );
  (await app.gets('OPTIONS')).response.send(200);
  await phone.receives('200 OPTIONS');
  t.equal(phone.received.length, before + 1);
  t.notOk(
    app.arrivals.some(({ request }) => request.method === 'ACK'),
    'the ACK to a refusal is not the application’s',
  );
});

t.test('every request gets a final response, at a stated time, when the application never answers', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'x5');
  await app.gets('INVITE');
  phone.send(
    phone.request('MESSAGE', 'sip:bob@127.0.0.1', { callId: 'x5m', from: '<sip:a@b>;tag=1', to: '<sip:bob@b>', cseq: 1 }),
  );
  await app.gets('MESSAGE');
  parts.clock.advance(30_020);
  t.match(await phone.receives('504 MESSAGE'), 'Server Time-out');
  parts.clock.advance(150_020);
  t.match(await phone.receives('408 INVITE'), 'Request Timeout');
  t.equal(engine.counts().incoming, 0);
});

t.test('a re-INVITE the application never answers is refused before the phone gives the call up', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'x6');
  sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: SDP });
  await app.gets('INVITE');
  parts.clock.advance(30_020);
  t.match(await phone.receives('500 INVITE'), 'Retry-After');
  t.equal(engine.counts().dialogs, 1, 'the call is up as before');
});

t.test('a BYE of the application that nobody answers ends in 408 and leaves no dialog', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialogId } = await outgoingCall(app, phone);
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: dialogId });
  await phone.receives('BYE');
  parts.clock.advance(64 * T1 + 40);
  t.equal((await bye.next()).response.status, 408);
  t.equal(engine.counts().dialogs, 0);
});
