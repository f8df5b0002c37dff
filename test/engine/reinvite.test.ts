import t from 'tap';
import { SDP, incomingCall, outgoingCall, sendInDialog } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { bodyOf, header, udpPhone } from '../support/raw-phone.js';

const HELD = `${SDP}a=sendonly\r\n`;
const reinvite = (dialogId: string | undefined): object => ({
  method: 'INVITE',
  uri: 'sip:placeholder',
  stackDialogId: dialogId,
  body: HELD,
});

t.test('a re-INVITE of the application is answered after a provisional response, and moves the remote target', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { response } = await incomingCall(app, phone, 'r1');
  const call = await outgoing(app, reinvite(response.stackDialogId));
  const received = await phone.receives('INVITE');
  t.equal(bodyOf(received), HELD);
  t.match(header(received, 'Contact'), 'sip:', 'the Contact of the dialog is repeated');
  phone.send(phone.response(received, 180));
  t.equal((await call.next()).response.status, 180, 'a provisional response to a re-INVITE is handed on');
  phone.send(phone.response(received, 200, { lines: [`Contact: <sip:moved@127.0.0.1:${phone.port}>`], body: SDP }));
  const answered = await call.next();
  t.equal(answered.response.status, 200, 'and the 200 after it too');
  answered.ack();
  const ack = await phone.receives('ACK');
  t.match(ack, `ACK sip:moved@127.0.0.1:${phone.port} SIP/2.0`);
});

t.test('a refused re-INVITE is acknowledged by the engine and leaves the dialog as it was', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialogId } = await outgoingCall(app, phone);
  for (const status of [491, 488]) {
    const call = await outgoing(app, reinvite(dialogId));
    const received = await phone.receives('INVITE');
    phone.send(phone.response(received, status));
    t.equal((await call.next()).response.status, status);
    const ack = await phone.receives('ACK');
    t.equal(header(ack, 'Via'), header(received, 'Via'));
  }
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: dialogId });
  phone.send(phone.response(await phone.receives('BYE'), 200));
  t.equal((await bye.next()).response.status, 200);
});

t.test('a re-INVITE of the phone may be answered with a provisional response first', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'r2');
  sendInDialog(phone, dialog, 'INVITE', { lines: [phone.contact], body: HELD });
  await phone.receives('100 INVITE');
  const { request, response } = await app.gets('INVITE');
  t.equal(request.body, HELD);
  response.send(183);
  await phone.receives('183 INVITE');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const ok = await phone.receives('200 INVITE');
  t.match(header(ok, 'Contact'), 'sip:');
  sendInDialog(phone, dialog, 'ACK');
  await acked;
  t.equal(engine.counts().dialogs, 1, 'the dialog is still there');
});

t.test('a request with a lower CSeq than the last is refused with 500', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialog } = await incomingCall(app, phone, 'r3');
  dialog.cseq = 50;
  sendInDialog(phone, dialog, 'INFO');
  (await app.gets('INFO')).response.send(200);
  await phone.receives('200 INFO');
  dialog.cseq = 10;
  sendInDialog(phone, dialog, 'INFO');
  t.match(await phone.receives('500 INFO'), 'CSeq: 11 INFO');
});
