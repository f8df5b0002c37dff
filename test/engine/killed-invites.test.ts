/**
 * Goal: INVITEs that were open when the engine was killed leave nobody waiting: a 200 of that time is acknowledged, what rang is ended,
 * and a stranger gets nothing out of it.
 */
import t from 'tap';
import { engineForTest, outgoing } from '../support/engine-fixture.js';
import { outgoingCall, SDP, sendInvite } from '../support/engine-calls.js';
import { killedIn, onDisk } from '../support/killed-engine.js';
import { header, tag, udpPhone } from '../support/raw-phone.js';

t.setTimeout(120_000);

const number = (message: string): number => Number(/^\d+/.exec(header(message, 'CSeq'))?.[0]);

t.test('a 200 to a re-INVITE of the last life is acknowledged with its number', async (t) => {
  let ok = '';
  const { phone, options } = await killedIn(t, async (app, phone, folder) => {
    const { dialogId } = await outgoingCall(app, phone);
    await outgoing(app, { method: 'INVITE', uri: 'sip:placeholder', stackDialogId: dialogId, body: SDP });
    ok = phone.response(await phone.receives('INVITE'), 200, { lines: [phone.contact], body: SDP });
    await onDisk(folder, 'dialogs', 1);
  });
  const engine = await engineForTest(t, options);
  for (let times = 0; times < 3; times++) {
    phone.send(ok);
    const ack = await phone.receives('ACK');
    t.equal(number(ack), number(ok));
    t.equal(tag(header(ack, 'To')), 'callee');
    t.equal(header(ack, 'Call-ID'), header(ok, 'Call-ID'));
  }
  t.equal(engine.counts().dialogs, 1, 'the call goes on');
  const answered = phone.received.length;
  const other = await udpPhone(engine);
  t.teardown(() => other.close());
  other.send(ok.replace(/;tag=callee/, ';tag=somebody'));
  other.send(ok.replace(/CSeq: \d+/, 'CSeq: 2147483000'));
  for (let times = 0; times < 30; times++) phone.send(ok);
  other.send(other.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'o', from: '<sip:a@x>;tag=o', to: '<sip:a@x>', cseq: 1 }));
  await other.receives('503');
  phone.send(phone.request('OPTIONS', 'sip:x@127.0.0.1', { callId: 'p', from: '<sip:a@x>;tag=o', to: '<sip:a@x>', cseq: 1 }));
  await phone.receives('503');
  t.equal(other.received.length, 1, 'a stranger is not answered');
  t.equal(phone.received.length - answered - 1, 9, 'twelve times and no more');
});

t.test('what rang is cancelled, and a phone that answers all the same is hung up', async (t) => {
  const invites: string[] = [];
  const { phone, options, folder } = await killedIn(t, async (app, phone, folder) => {
    for (const name of ['obedient', 'fast']) {
      const call = await outgoing(app, { method: 'INVITE', uri: phone.uri.replace('phone@', `${name}@`), body: SDP });
      const invite = await phone.receives('INVITE');
      invites.push(invite);
      phone.send(phone.response(invite, 180, { tag: name, lines: [phone.contact] }));
      await call.next();
    }
    await onDisk(folder, 'ringing', 2);
  });
  const engine = await engineForTest(t, options);
  const cancels = [await phone.receives('CANCEL'), await phone.receives('CANCEL')];
  for (const invite of invites) {
    const cancel = cancels.find((one) => header(one, 'Call-ID') === header(invite, 'Call-ID')) ?? '';
    t.equal(header(cancel, 'Via'), header(invite, 'Via'));
    t.equal(number(cancel), number(invite));
    t.match(header(cancel, 'Reason'), 'Call lost');
    phone.send(phone.response(cancel, 200, { tag: 'x' }));
  }
  const [obedient = '', fast = ''] = invites;
  phone.send(phone.response(obedient, 487, { tag: 'obedient' }));
  t.equal(header(await phone.receives('ACK'), 'Via'), header(obedient, 'Via'), 'a refusal is acknowledged');
  const ok = phone.response(fast, 200, { tag: 'fast', lines: [phone.contact], body: SDP });
  phone.send(ok);
  t.equal(number(await phone.receives('ACK')), number(fast));
  const bye = await phone.receives('BYE');
  t.equal(tag(header(bye, 'To')), 'fast');
  phone.send(phone.response(bye, 200));
  phone.send(ok);
  await phone.receives('ACK');
  t.equal(engine.counts().dialogs, 0);
  await onDisk(folder, 'ringing', 0);
});

t.test('a phone that was answered in the last moment is hung up by the tag it rang with', async (t) => {
  const { phone, options } = await killedIn(t, async (app, phone, folder) => {
    const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
    phone.send(phone.response(await phone.receives('INVITE'), 180, { tag: 'it-rings', lines: [phone.contact] }));
    await call.next();
    await onDisk(folder, 'ringing', 1, 'it-rings');
  });
  await engineForTest(t, options);
  const cancel = await phone.receives('CANCEL');
  phone.send(phone.response(cancel, 481, { tag: 'x' }));
  const bye = await phone.receives('BYE');
  t.equal(tag(header(bye, 'To')), 'it-rings');
  t.ok(number(bye) > number(cancel));
  phone.send(phone.response(bye, 200));
});

t.test('a caller that heard it ring is refused', async (t) => {
  const { phone, options, folder } = await killedIn(t, async (app, phone, folder) => {
    sendInvite(phone, 'caller');
    const { response } = await app.gets('INVITE');
    response.send(180);
    await phone.receives('180');
    await onDisk(folder, 'ringing', 1);
  });
  await engineForTest(t, options);
  const refusal = await phone.receives('503 INVITE');
  t.equal(header(refusal, 'Call-ID'), 'caller');
  t.match(await phone.receives('503 INVITE'), 'Call-ID: caller', 'until it is acknowledged');
  await onDisk(folder, 'ringing', 0);
});
