import t from 'tap';
import { FakeClock } from '../support/fake-clock.js';
import { SDP, invitation, outgoingCall, incomingCall, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { header, headers, tcpPhone, udpPhone } from '../support/raw-phone.js';

t.test('malformed requests are refused or dropped before an application sees them', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const good = (callId: string): string =>
    phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId, from: '<sip:a@127.0.0.1>;tag=1', to: '<sip:x@127.0.0.1>', cseq: 1 });
  phone.send(good('m1').replace('CSeq: 1 OPTIONS', 'CSeq: 1 INVITE'));
  phone.send(good('m2').replace('Content-Length: 0', 'Content-Length: 99'));
  t.match(await phone.receives('400'), 'Call-ID: m1');
  t.match(await phone.receives('400'), 'Call-ID: m2');
  phone.send(good('m3').replace('SIP/2.0\r\n', 'SIP/7.0\r\n'));
  t.match(await phone.receives('505'), 'Call-ID: m3');
  for (const nonsense of ['', '\0\0\0\0\0\0', 'hello', '\r\n\r\n\r\n', 'SIP/2.0 200 OK\r\n\r\n', `${'A'.repeat(60_000)}`])
    phone.send(nonsense);
  phone.send(good('fine'));
  const { request, response } = await app.gets('OPTIONS');
  t.equal(request.get('Call-ID'), 'fine', 'the first that an application sees');
  response.send(200);
  await phone.receives('200 OPTIONS');
});

t.test('one request by two ways is answered once and refused as merged (RFC 3261 §8.2.2.2)', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'merge', { branch: 'z9hG4bK-first' });
  await app.gets('INVITE');
  sendInvite(phone, 'merge', { branch: 'z9hG4bK-second' });
  t.match(header(await phone.receives('482 INVITE'), 'Via'), 'z9hG4bK-second');
  t.equal(app.arrivals.length, 0);
});

t.test('a peer of RFC 2543, whose branches say nothing, is understood', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const invite = sendInvite(phone, 'old', { branch: '1' });
  const { response } = await app.gets('INVITE');
  phone.send(invite);
  await phone.receives('100 INVITE');
  phone.send(invite);
  await phone.receives('100 INVITE');
  response.send(486);
  const busy = await phone.receives('486 INVITE');
  phone.send(
    phone.request('ACK', 'sip:bob@127.0.0.1', { ...invitation(phone, 'old'), to: header(busy, 'To'), cseq: 1, branch: '1' }),
  );
  sendInvite(phone, 'old-other', { branch: '1' });
  t.equal((await app.gets('INVITE')).request.get('Call-ID'), 'old-other', 'another call with the same branch is another call');
});

t.test('responses go to the source when rport asks for it, else to the port of the Via', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  const other = await udpPhone(engine);
  t.teardown(() => (phone.close(), other.close()));
  const request = phone.request('OPTIONS', 'sip:x@127.0.0.1', {
    callId: 'v1',
    from: '<sip:a@b>;tag=1',
    to: '<sip:x@b>',
    cseq: 1,
  });
  phone.send(request.replace(`127.0.0.1:${phone.port};`, '10.9.8.7;'));
  (await app.gets('OPTIONS')).response.send(200);
  t.match(
    header(await phone.receives('200'), 'Via'),
    new RegExp(`^SIP/2.0/UDP 10\\.9\\.8\\.7;.*;rport=${phone.port};received=127.0.0.1$`),
  );
  const second = phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'v2', from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 });
  phone.send(second.replace(`127.0.0.1:${phone.port};`, `phone.invalid:${other.port};`).replace(';rport', ''));
  (await app.gets('OPTIONS')).response.send(200);
  t.match(header(await other.receives('200'), 'Via'), /;received=127\.0\.0\.1$/);
  const third = phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'v3', from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 });
  phone.send(
    third.replace(
      'Max-Forwards',
      'v: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKx, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKy\r\nMax-Forwards',
    ),
  );
  (await app.gets('OPTIONS')).response.send(200);
  const vias = headers(await phone.receives('200'), 'Via');
  t.equal(vias.length, 2, 'all Vias come back');
  t.equal(vias[1], 'SIP/2.0/TCP 10.0.0.1;branch=z9hG4bKx, SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKy');
});

t.test('a phone behind a NAT is reached where its messages come from', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const lines = ['Contact: <sip:phone@10.1.2.3:5060>'];
  phone.send(phone.request('INVITE', 'sip:bob@127.0.0.1', { ...invitation(phone, 'nat'), cseq: 1, lines, body: SDP }));
  const { response } = await app.gets('INVITE');
  await new Promise((resolve) => response.send(200, { body: SDP }, resolve));
  const ok = await phone.receives('200 INVITE');
  sendInDialog(phone, { ...invitation(phone, 'nat'), to: header(ok, 'To'), target: 'sip:x@127.0.0.1', cseq: 1 }, 'ACK');
  await app.gets('ACK');
  const info = await outgoing(app, { method: 'INFO', uri: 'sip:placeholder', stackDialogId: 'nat;from-tag=a-nat' });
  const received = await phone.receives('INFO');
  t.match(received, 'INFO sip:phone@10.1.2.3:5060 SIP/2.0', 'under the name it gave itself');
  phone.send(phone.response(received, 200));
  t.equal((await info.next()).response.status, 200);
});

t.test('too many transactions are refused with 503 and Retry-After; what belongs to a call that is up is taken', async (t) => {
  const engine = await engineForTest(t, { limits: { unanswered: 1 } });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'full-1');
  await app.gets('INVITE');
  sendInvite(phone, 'full-2');
  t.match(await phone.receives('503 INVITE'), 'Retry-After');
});

t.test('a BYE of a caller that was not answered ends its INVITE', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'early-bye');
  const { request, response } = await app.gets('INVITE');
  const cancelled = new Promise((resolve) => request.on('cancel', resolve));
  response.send(180);
  const ringing = await phone.receives('180 INVITE');
  phone.send(
    phone.request('BYE', 'sip:bob@127.0.0.1', { ...invitation(phone, 'early-bye'), to: header(ringing, 'To'), cseq: 2 }),
  );
  await phone.receives('200 BYE');
  t.match(await phone.receives('487 INVITE'), 'Call-ID: early-bye');
  await cancelled;
  t.equal(engine.counts().dialogs, 0);
});

t.test('dialogs nobody inherits are ended', async (t) => {
  const clock = new FakeClock();
  const engine = await engineForTest(
    t,
    { limits: { orphanMs: 60_000 } },
    { clock, askFence: (passed) => void setImmediate(passed) },
  );
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  await incomingCall(app, phone, 'orphan');
  const { dialogId } = await outgoingCall(app, phone);
  t.ok(dialogId);
  app.srf.disconnect();
  while (engine.counts().apps > 0) await new Promise((resolve) => setImmediate(resolve));
  t.equal(engine.counts().dialogs, 2, 'calls outlive their application');
  clock.advance(60_020);
  await phone.receives('BYE');
  await phone.receives('BYE');
  t.equal(engine.counts().dialogs, 0);
});

t.test('a name that has no address fails with 503 after the reply that tells the transaction id', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const call = await outgoing(app, { method: 'OPTIONS', uri: 'sip:x@no-such-host.invalid' });
  const { response } = await call.next();
  t.equal(response.status, 503);
  const byName = await udpPhone(engine);
  t.teardown(() => byName.close());
  const found = await outgoing(app, { method: 'OPTIONS', uri: `sip:x@localhost:${byName.port}` });
  byName.send(byName.response(await byName.receives('OPTIONS'), 200));
  t.equal((await found.next()).response.status, 200, 'a name that has one is asked there');
});

t.test(
  'a message longer than engine.messageBytes is refused with 513 before it is kept, and the next one is answered',
  async (t) => {
    const engine = await engineForTest(t, { limits: { messageBytes: 5000 } });
    const app = await appForTest(t, engine);
    const phone = await udpPhone(engine);
    t.teardown(() => phone.close());
    const facts = { callId: 'long', from: '<sip:a@127.0.0.1>;tag=1', to: '<sip:b@127.0.0.1>', cseq: 1 };
    phone.send(phone.request('MESSAGE', 'sip:b@127.0.0.1', { ...facts, body: 'x'.repeat(5000) }));
    await phone.receives('513');
    t.equal(engine.counts().transactions, 0);
    phone.send(phone.request('MESSAGE', 'sip:b@127.0.0.1', { ...facts, callId: 'short', body: 'x' }));
    (await app.gets('MESSAGE')).response.send(200);
    await phone.receives('200');
  },
);

t.test('a house that is full of transactions refuses what is new and takes the BYE of a call', async (t) => {
  const engine = await engineForTest(t, { limits: { serverTransactions: 3 } });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'full');
  const facts = { from: '<sip:a@127.0.0.1>;tag=1', to: '<sip:b@127.0.0.1>', cseq: 1 };
  for (let count = 0; count < 4; count++)
    phone.send(phone.request('OPTIONS', 'sip:b@127.0.0.1', { ...facts, callId: `fill-${count}` }));
  await phone.receives('503 OPTIONS');
  sendInDialog(phone, dialog, 'BYE');
  (await app.gets('BYE')).response.send(200);
  await phone.receives('200 BYE');
});

t.test('a comma in quotes ends no Via, and quotes without number are read in one pass', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  t.teardown(() => phone.close());
  const facts = { callId: 'quoted', from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 };
  const plain = phone.request('OPTIONS', 'sip:x@127.0.0.1', { ...facts, lines: [`Subject: ${'""'.repeat(25_000)}, x`] });
  phone.send(plain.replace(/^(Via: [^\r]*)/m, '$1;x="a,b"'));
  (await app.gets('OPTIONS')).response.send(200);
  t.match(header(await phone.receives('200 OPTIONS'), 'Via'), /;x="a,b"/);
});
