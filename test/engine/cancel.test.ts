import t from 'tap';
import { SDP, invitation, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing, type Outgoing, type AppRequest } from '../support/engine-fixture.js';
import { header, udpPhone } from '../support/raw-phone.js';

const cancel = (call: Outgoing, headers = {}): Promise<AppRequest | undefined> =>
  new Promise((resolve, reject) => call.request.cancel({ headers }, (error, sent) => (error ? reject(error) : resolve(sent))));

t.test('a caller that cancels gets 200 and 487, and the application hears of it', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'c1', { branch: 'z9hG4bK-cancel' });
  const { request, response } = await app.gets('INVITE');
  response.send(180);
  await phone.receives('180');
  const cancelled = new Promise<string>((resolve) => request.on('cancel', (message) => resolve(message.get('Reason'))));
  phone.send(
    phone.request('CANCEL', 'sip:bob@127.0.0.1', {
      ...invitation(phone, 'c1'),
      cseq: 1,
      branch: 'z9hG4bK-cancel',
      lines: ['Reason: SIP;cause=200'],
    }),
  );
  const [ok, terminated] = [await phone.receives('200 CANCEL'), await phone.receives('487 INVITE')];
  t.equal(header(ok, 'To'), header(terminated, 'To'), 'both carry one To tag (RFC 3261 §9.2)');
  t.equal(await cancelled, 'SIP;cause=200');
  t.equal(engine.counts().dialogs, 0, 'the early dialog is gone');
  const late = await new Promise((resolve) => response.send(200, { body: SDP }, (error) => resolve(error)));
  t.match(late, /unknown transaction/, 'an answer that comes too late is refused');
  phone.send(
    phone.request('ACK', 'sip:bob@127.0.0.1', {
      ...invitation(phone, 'c1'),
      to: header(terminated, 'To'),
      cseq: 1,
      branch: 'z9hG4bK-cancel',
    }),
  );
  phone.send(phone.request('CANCEL', 'sip:bob@127.0.0.1', { ...invitation(phone, 'nothing'), cseq: 1 }));
  await phone.receives('481 CANCEL');
});

t.test('a CANCEL of the application waits for the first provisional response', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
  const invite = await phone.receives('INVITE');
  await cancel(call, { Reason: 'SIP;cause=200;text="Call completed elsewhere"' });
  t.notOk(
    phone.received.some((message) => message.startsWith('CANCEL')),
    'RFC 3261 §9.1: not before a provisional response',
  );
  phone.send(phone.response(invite, 180, { tag: 'x', lines: [phone.contact] }));
  const received = await phone.receives('CANCEL');
  t.equal(header(received, 'Via'), header(invite, 'Via'), 'the branch of the INVITE');
  t.equal(header(received, 'CSeq'), header(invite, 'CSeq').replace('INVITE', 'CANCEL'));
  t.match(header(received, 'Reason'), 'Call completed elsewhere');
  phone.send(phone.response(received, 200));
  phone.send(phone.response(invite, 487, { tag: 'x' }));
  const ack = await phone.receives('ACK');
  t.equal(header(ack, 'Via'), header(invite, 'Via'), 'the ACK to a refusal is the engine’s');
  t.equal((await call.next()).response.status, 180);
  t.equal((await call.next()).response.status, 487);
  await t.rejects(cancel(call), /unable to cancel unknown transaction/);
  t.equal(engine.counts().dialogs, 0);
});

t.test('a 200 that is faster than the CANCEL is acknowledged by the application and hung up by the engine', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
  const invite = await phone.receives('INVITE');
  phone.send(phone.response(invite, 180, { tag: 'x', lines: [phone.contact] }));
  t.equal((await call.next()).response.status, 180);
  await cancel(call);
  await phone.receives('CANCEL');
  phone.send(phone.response(invite, 200, { tag: 'x', lines: [phone.contact], body: SDP }));
  const { response, ack } = await call.next();
  t.equal(response.status, 200);
  ack();
  await phone.receives('ACK');
  const bye = await phone.receives('BYE');
  t.match(header(bye, 'Reason'), 'cancel race');
  const told = await app.gets('BYE');
  t.equal(told.request.source, 'application');
  t.equal(told.request.stackTxnId, 'unsolicited');
  t.equal(engine.counts().dialogs, 0);
});
