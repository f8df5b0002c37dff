/** Goal: what comes from, or goes to, a peer whose connection has closed or whose Contact leads nowhere ends, is told, and leaves nothing behind. */
import { createSocket } from 'node:dgram';
import t from 'tap';
import { invitation, outgoingCall, register, SDP, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { header, portOf, RawPhone, tcpPhone, udpPhone, wsPhone } from '../support/raw-phone.js';
import { until } from '../support/until.js';

const still = (): { clock: FakeClock; askFence: (passed: () => void) => void } => ({
  clock: new FakeClock(),
  askFence: (passed) => void setImmediate(passed),
});

t.test('requests whose connection closes before their answer leave nothing behind', async (t) => {
  const engine = await engineForTest(t, {}, still());
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  for (let count = 0; count < 5; count++) {
    const facts = { callId: `o${count}`, from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 };
    phone.send(phone.request('OPTIONS', 'sip:x@127.0.0.1', facts));
  }
  sendInvite(phone, 'rings');
  const asked = [];
  for (let count = 0; count < 6; count++) asked.push((await app.gets(count < 5 ? 'OPTIONS' : 'INVITE')).response);
  asked[5]?.send(180);
  await phone.receives('180 INVITE');
  phone.close();
  await until('the connection is gone', () => engine.counts().flows === 0);
  for (const response of asked) t.ok(await new Promise((sent) => response.send(200, {}, sent)), 'the application is told');
  t.match(engine.counts(), { transactions: 0, dialogs: 0, incoming: 0 });
  const back = await tcpPhone(engine);
  t.teardown(() => back.close());
  sendInvite(back, 'rings');
  (await app.gets('INVITE')).response.send(486);
  await back.receives('486 INVITE');
});

t.test('a 200 whose ACK never comes ends the call, and the application hears so where no BYE can be sent', async (t) => {
  const parts = still();
  const engine = await engineForTest(t, {}, parts);
  const app = await appForTest(t, engine);
  const phone = await wsPhone(engine);
  sendInvite(phone, 'no-ack');
  const { response } = await app.gets('INVITE');
  await new Promise((sent) => response.send(200, { body: SDP }, sent));
  await phone.receives('200 INVITE');
  phone.close();
  await until('the connection is gone', () => engine.counts().flows === 0);
  parts.clock.advance(60_000);
  t.equal((await app.gets('BYE')).request.stackDialogId, 'no-ack;from-tag=a-no-ack');
  t.equal(engine.counts().dialogs, 0);
});

t.test('a Contact that leads nowhere is no reason not to hang up by the way the phone came', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const contacts = ['<sip:a@192.0.2.9;transport=sctp>', `<sip:a@127.0.0.1:${portOf(engine, 'udp')}>`];
  for (const [index, contact] of contacts.entries()) {
    const phone = await udpPhone(engine);
    t.teardown(() => phone.close());
    const facts = invitation(phone, `nowhere-${index}`);
    const invite = { ...facts, cseq: 1, lines: [`Contact: ${contact}`], body: SDP };
    phone.send(phone.request('INVITE', 'sip:bob@127.0.0.1', invite));
    const { response } = await app.gets('INVITE');
    const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
    const ok = await phone.receives('200 INVITE');
    sendInDialog(phone, { ...facts, to: header(ok, 'To'), target: 'sip:x@127.0.0.1', cseq: 1 }, 'ACK');
    await acked;
    await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: response.stackDialogId ?? '' });
    phone.send(phone.response(await phone.receives('BYE'), 200));
  }
  await until('both calls are over', () => engine.counts().dialogs === 0);
});

t.test(
  'a re-INVITE whose connection breaks: the phone is back, and its 200 is acknowledged, or it would end the call',
  async (t) => {
    const engine = await engineForTest(t);
    const app = await appForTest(t, engine);
    const phone = await tcpPhone(engine);
    const { dialogId } = await outgoingCall(app, phone);
    const hold = await outgoing(app, { method: 'INVITE', uri: 'sip:placeholder', stackDialogId: dialogId, body: SDP });
    const invite = await phone.receives('INVITE');
    phone.close();
    t.equal((await hold.next()).response.status, 503);
    const back = await tcpPhone(engine);
    t.teardown(() => back.close());
    const ok = back.response(invite, 200, { lines: [back.contact], body: SDP });
    back.send(ok);
    t.equal(header(await back.receives('ACK'), 'CSeq'), `${header(invite, 'CSeq').split(' ')[0]} ACK`);
    back.send(back.response(invite.replace(/^CSeq: \d+/m, 'CSeq: 999999'), 200, { lines: [back.contact], body: SDP }));
    back.send(ok);
    await back.receives('ACK');
    t.equal(back.received.filter((message) => message.startsWith('ACK')).length, 2, 'what nobody asked for is not acknowledged');
  },
);

t.test('who picks up after its connection broke while it rang hears at once that nobody is there any more', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await tcpPhone(engine);
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
  const invite = await phone.receives('INVITE');
  phone.send(phone.response(invite, 180));
  t.equal((await call.next()).response.status, 180);
  phone.close();
  t.equal((await call.next()).response.status, 503);
  const back = await tcpPhone(engine);
  t.teardown(() => back.close());
  const ok = back.response(invite, 200, { tag: 'callee', lines: [back.contact], body: SDP });
  back.send(ok);
  await back.receives('ACK');
  const bye = await back.receives('BYE');
  t.match(header(bye, 'Reason'), /cause=503/);
  back.send(back.response(bye, 200));
  back.send(ok);
  await until('the ACK comes again', () => back.received.filter((message) => message.startsWith('ACK')).length === 2);
  t.equal(back.received.filter((message) => message.startsWith('BYE')).length, 1);
  back.send(
    back.response(invite.replace(/^CSeq: \d+/m, 'CSeq: 999999'), 200, { tag: 'callee', lines: [back.contact], body: SDP }),
  );
  back.send(back.request('OPTIONS', 'sip:127.0.0.1', { callId: 'after', from: '<sip:a@b>;tag=1', to: '<sip:x@b>', cseq: 1 }));
  await app.gets('OPTIONS');
  t.equal(back.received.filter((message) => message.startsWith('ACK')).length, 2, 'what nobody asked for is not acknowledged');
});

t.test('of several addresses, requests leave from the one that the phone talks to', async (t) => {
  const engine = await engineForTest(t, { addresses: ['127.0.0.1', '127.0.0.2'] });
  const app = await appForTest(t, engine);
  const second = engine.listening.find(({ protocol, address }) => protocol === 'udp' && address === '127.0.0.2');
  const socket = createSocket('udp4');
  await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
  t.teardown(() => socket.close());
  const from = new Set<string>();
  const send = (text: string): void => socket.send(text, second?.port ?? 0, '127.0.0.2');
  const phone = new RawPhone('UDP', { host: '127.0.0.1', port: socket.address().port }, send, () => undefined);
  socket.on('message', (bytes, { address }) => {
    from.add(address);
    phone.deliver(bytes.toString());
  });
  await register(app, phone, `<${phone.uri}>`);
  await outgoing(app, { method: 'INVITE', uri: phone.uri, proxy: `${phone.uri};transport=udp`, body: SDP });
  await phone.receives('INVITE');
  sendInvite(phone, 'second');
  const { response } = await app.gets('INVITE');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const ok = await phone.receives('200 INVITE');
  sendInDialog(phone, { ...invitation(phone, 'second'), to: header(ok, 'To'), target: 'sip:x@127.0.0.2', cseq: 1 }, 'ACK');
  await acked;
  await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: response.stackDialogId ?? '' });
  await phone.receives('BYE');
  t.same([...from], ['127.0.0.2']);
});

t.test('requests of a dialog whose Contact is a name go out in their order', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const facts = invitation(phone, 'named');
  const lines = [`Contact: <sip:a@localhost:${phone.port}>`];
  phone.send(phone.request('INVITE', 'sip:bob@127.0.0.1', { ...facts, cseq: 1, lines, body: SDP }));
  const { response } = await app.gets('INVITE');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const ok = await phone.receives('200 INVITE');
  sendInDialog(phone, { ...facts, to: header(ok, 'To'), target: 'sip:x@127.0.0.1', cseq: 1 }, 'ACK');
  await acked;
  const before = phone.received.length;
  const stackDialogId = response.stackDialogId ?? '';
  for (let count = 0; count < 20; count++) void outgoing(app, { method: 'OPTIONS', uri: 'sip:placeholder', stackDialogId });
  await until('all are there', () => phone.received.length === before + 20);
  const numbers = phone.received.slice(before).map((message) => Number.parseInt(header(message, 'CSeq'), 10));
  t.same(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
});

t.test('an INVITE with the Call-ID of one that rings is none of its own, and the CANCEL of the first is heard', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const [alice, mallory] = [await udpPhone(engine), await udpPhone(engine)];
  t.teardown(() => (alice.close(), mallory.close()));
  sendInvite(alice, 'shared', { branch: 'z9hG4bK-alice' });
  const { request, response } = await app.gets('INVITE');
  response.send(180);
  await alice.receives('180 INVITE');
  const cancelled = new Promise((resolve) => request.on('cancel', resolve));
  const other = { callId: 'shared', from: '<sip:m@127.0.0.1>;tag=mallory', to: '<sip:bob@127.0.0.1>', cseq: 1 };
  mallory.send(mallory.request('INVITE', 'sip:bob@127.0.0.1', { ...other, lines: [mallory.contact], body: SDP }));
  await mallory.receives('482 INVITE');
  const cancel = { ...invitation(alice, 'shared'), cseq: 1, branch: 'z9hG4bK-alice' };
  alice.send(alice.request('CANCEL', 'sip:bob@127.0.0.1', cancel));
  await alice.receives('487 INVITE');
  await cancelled;
});
