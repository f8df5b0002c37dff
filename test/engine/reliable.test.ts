import t from 'tap';
import { FakeClock } from '../support/fake-clock.js';
import { SDP, contactOf, incomingCall, invitation, outgoingCall, sendInDialog, sendInvite } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { header, tag, udpPhone } from '../support/raw-phone.js';

t.test('a provisional response with Require: 100rel is sent until its PRACK comes', async (t) => {
  const clock = new FakeClock();
  const engine = await engineForTest(t, {}, { clock, askFence: (passed) => void setImmediate(passed) });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'p1', { lines: ['Supported: 100rel'] });
  const { response } = await app.gets('INVITE');
  const pracked = new Promise<{ get(name: string): string }>((resolve) =>
    response.send(183, { headers: { Require: '100rel' }, body: SDP }, undefined, resolve),
  );
  const progress = await phone.receives('183 INVITE');
  const rseq = header(progress, 'RSeq');
  t.match(rseq, /^[1-9]\d*$/);
  clock.advance(520);
  t.equal(await phone.receives('183 INVITE'), progress);
  const facts = { ...invitation(phone, 'p1'), to: header(progress, 'To') };
  phone.send(phone.request('PRACK', contactOf(progress), { ...facts, cseq: 2, lines: [`RAck: ${Number(rseq) + 1} 1 INVITE`] }));
  t.match(await phone.receives('481 PRACK'), 'CSeq: 2 PRACK', 'a PRACK for what was never sent');
  phone.send(phone.request('PRACK', contactOf(progress), { ...facts, cseq: 3, lines: [`RAck: ${rseq} 1 INVITE`] }));
  t.match(await phone.receives('200 PRACK'), 'CSeq: 3 PRACK');
  t.equal((await pracked).get('RAck'), `${rseq} 1 INVITE`);
  const before = phone.received.length;
  clock.advance(5000);
  response.send(486);
  await phone.receives('486 INVITE');
  t.equal(phone.received.length, before + 1, 'it is not sent again');
});

t.test('a reliable response nobody acknowledges ends the INVITE, and a peer without 100rel gets none', async (t) => {
  const clock = new FakeClock();
  const engine = await engineForTest(t, {}, { clock });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  sendInvite(phone, 'p2');
  const plain = await app.gets('INVITE');
  const refused = await new Promise((resolve) => plain.response.send(183, { headers: { Require: '100rel' } }, resolve));
  t.match(refused, /does not support 100rel/);
  sendInvite(phone, 'p3', { lines: ['Supported: timer, 100rel'] });
  (await app.gets('INVITE')).response.send(183, { headers: { Require: '100rel' } });
  await phone.receives('183 INVITE');
  clock.advance(32_020);
  t.match(await phone.receives('504 INVITE'), 'Call-ID: p3');
});

t.test(
  'a reliable response of a called phone is told once, and the PRACK of the application finds its early dialog',
  async (t) => {
    const engine = await engineForTest(t);
    const app = await appForTest(t, engine);
    const phone = await udpPhone(engine);
    t.teardown(() => phone.close());
    const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, headers: { Supported: '100rel' }, body: SDP });
    const invite = await phone.receives('INVITE');
    const lines = [phone.contact, 'Require: 100rel'];
    const first = phone.response(invite, 183, { tag: 'x', lines: [...lines, 'RSeq: 7'], body: SDP });
    phone.send(first);
    const progress = await call.next();
    t.equal(progress.response.status, 183);
    progress.ack();
    const prack = await phone.receives('PRACK');
    t.equal(header(prack, 'RAck'), `7 ${header(invite, 'CSeq')}`);
    t.equal(tag(header(prack, 'To')), 'x');
    phone.send(phone.response(prack, 200));
    phone.send(first);
    phone.send(phone.response(invite, 183, { tag: 'x', lines: [...lines, 'RSeq: 9'] }));
    phone.send(phone.response(invite, 180, { tag: 'x', lines: [...lines, 'RSeq: 8'] }));
    const next = await call.next();
    t.equal(next.response.status, 180, 'the repeated one and the one out of order are not told (RFC 3262 §4)');
  },
);

t.test(
  'an offer in a PRACK is refused, for nobody could answer it; the provisional response is acknowledged all the same',
  async (t) => {
    const clock = new FakeClock();
    const engine = await engineForTest(t, {}, { clock, askFence: (passed) => void setImmediate(passed) });
    const app = await appForTest(t, engine);
    const phone = await udpPhone(engine);
    t.teardown(() => phone.close());
    sendInvite(phone, 'p4', { lines: ['Supported: 100rel'] });
    const { response } = await app.gets('INVITE');
    const pracked = new Promise((resolve) =>
      response.send(183, { headers: { Require: '100rel' }, body: SDP }, undefined, resolve),
    );
    const progress = await phone.receives('183 INVITE');
    const facts = { ...invitation(phone, 'p4'), to: header(progress, 'To'), cseq: 2, body: SDP };
    const lines = [`RAck: ${header(progress, 'RSeq')} 1 INVITE`];
    phone.send(phone.request('PRACK', contactOf(progress), { ...facts, lines }));
    t.ok(await phone.receives('488 PRACK'));
    await pracked;
    clock.advance(2000);
    response.send(486);
    await phone.receives('486 INVITE');
    t.equal(phone.received.filter((one) => one.startsWith('SIP/2.0 183')).length, 1);
  },
);

t.test('a BYE that is challenged may be repeated for 32 seconds; then the dialog is forgotten', async (t) => {
  const clock = new FakeClock();
  const engine = await engineForTest(t, {}, { clock, askFence: (passed) => void setImmediate(passed) });
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const { dialogId } = await outgoingCall(app, phone);
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: dialogId });
  phone.send(phone.response(await phone.receives('BYE'), 401, { lines: ['WWW-Authenticate: Digest realm="r", nonce="n"'] }));
  t.equal((await bye.next()).response.status, 401);
  t.equal(engine.counts().dialogs, 1, 'it waits for the BYE with credentials');
  clock.advance(32_020);
  t.equal(engine.counts().dialogs, 0, 'which never came');
});

t.test('UPDATE passes in both directions and moves the target', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  const moved = await udpPhone(engine);
  t.teardown(() => (phone.close(), moved.close()));
  const { dialog, response } = await incomingCall(app, phone, 'u1');
  sendInDialog(phone, dialog, 'UPDATE', { lines: [moved.contact], body: SDP });
  (await app.gets('UPDATE')).response.send(200, { body: SDP });
  t.match(header(await phone.receives('200 UPDATE'), 'Contact'), 'sip:', 'RFC 3311 §5.2: the 2xx to UPDATE has a Contact');
  const update = await outgoing(app, { method: 'UPDATE', uri: 'sip:placeholder', stackDialogId: response.stackDialogId });
  const received = await moved.receives('UPDATE');
  t.match(header(received, 'Contact'), 'sip:');
  moved.send(moved.response(received, 200, { lines: [phone.contact] }));
  t.equal((await update.next()).response.status, 200);
  const info = await outgoing(app, { method: 'INFO', uri: 'sip:placeholder', stackDialogId: response.stackDialogId });
  const back = await phone.receives('INFO');
  phone.send(phone.response(back, 200));
  t.equal((await info.next()).response.status, 200);
});

t.test('a subscription is a dialog until NOTIFY ends it', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const facts = { callId: 's1', from: '<sip:a@127.0.0.1>;tag=s', to: '<sip:b@127.0.0.1>' };
  phone.send(
    phone.request('SUBSCRIBE', 'sip:b@127.0.0.1', { ...facts, cseq: 1, lines: [phone.contact, 'Event: dialog', 'Expires: 60'] }),
  );
  const { response } = await app.gets('SUBSCRIBE');
  const sent = new Promise((resolve) => response.send(202, { headers: { Expires: '60' } }, resolve));
  const accepted = await phone.receives('202 SUBSCRIBE');
  await sent;
  t.equal(response.stackDialogId, 's1;from-tag=s');
  t.equal(engine.counts().dialogs, 1);
  for (const [state, left] of [
    ['active;expires=60', 1],
    ['terminated;reason=timeout', 0],
  ] as const) {
    const notify = await outgoing(app, {
      method: 'NOTIFY',
      uri: 'sip:placeholder',
      stackDialogId: 's1;from-tag=s',
      headers: { Event: 'dialog', 'Subscription-State': state },
    });
    const received = await phone.receives('NOTIFY');
    t.equal(tag(header(received, 'From')), tag(header(accepted, 'To')));
    phone.send(phone.response(received, 200));
    t.equal((await notify.next()).response.status, 200);
    t.equal(engine.counts().dialogs, left);
  }
});
