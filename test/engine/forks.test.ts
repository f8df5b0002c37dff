import t from 'tap';
import { SDP, outgoingCall } from '../support/engine-calls.js';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { header, tag, udpPhone } from '../support/raw-phone.js';

t.test(
  'the second 200 of a forked INVITE gets an ACK and a BYE of its own, and the application hears nothing of it',
  async (t) => {
    const engine = await engineForTest(t);
    const app = await appForTest(t, engine);
    const phone = await udpPhone(engine);
    const other = await udpPhone(engine);
    t.teardown(() => (phone.close(), other.close()));
    const { invite, dialogId, call } = await outgoingCall(app, phone);
    const second = phone.response(invite, 200, { tag: 'second', lines: [other.contact], body: SDP });
    phone.send(second);
    const ack = await other.receives('ACK');
    t.equal(tag(header(ack, 'To')), 'second');
    t.match(ack, `ACK ${other.uri} SIP/2.0`);
    const bye = await other.receives('BYE');
    t.equal(tag(header(bye, 'To')), 'second');
    other.send(other.response(bye, 200));
    phone.send(second);
    t.equal(await other.receives('ACK'), ack, 'repeated, it is acknowledged again');
    const end = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: dialogId });
    const received = await phone.receives('BYE');
    t.equal(tag(header(received, 'To')), 'callee', 'the dialog is that of the first');
    phone.send(phone.response(received, 200));
    t.equal((await end.next()).response.status, 200);
    t.equal(engine.counts().dialogs, 0);
    t.ok(call);
  },
);

t.test('early dialogs of several phones end when one of them answers', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
  const invite = await phone.receives('INVITE');
  for (const one of ['x', 'y', 'z']) {
    phone.send(phone.response(invite, 180, { tag: one, lines: [phone.contact] }));
    t.equal((await call.next()).response.status, 180);
  }
  t.equal(engine.counts().dialogs, 3);
  phone.send(phone.response(invite, 200, { tag: 'y', lines: [phone.contact], body: SDP }));
  const { response, ack } = await call.next();
  t.equal(response.status, 200);
  ack();
  t.equal(tag(header(await phone.receives('ACK'), 'To')), 'y');
  t.equal(engine.counts().dialogs, 1);
});

t.test('a PRACK goes into the early dialog whose response it acknowledges, though another phone has rung since', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, headers: { Supported: '100rel' }, body: SDP });
  const invite = await phone.receives('INVITE');
  const rings = async (one: string, rseq: number) => {
    const lines = [phone.contact, 'Require: 100rel', `RSeq: ${rseq}`];
    phone.send(phone.response(invite, 183, { tag: one, lines, body: SDP }));
    return (await call.next()).ack;
  };
  const pracks = [await rings('x', 5), await rings('y', 9), await rings('z', 5)];
  for (const [prack, one] of [
    [pracks[1], 'y'],
    [pracks[0], 'x'],
    [pracks[2], 'z'],
  ] as const) {
    prack?.();
    const received = await phone.receives('PRACK');
    t.equal(tag(header(received, 'To')), one);
    phone.send(phone.response(received, 200));
  }
});

t.test('a route set is followed, and a strict router of the old days too', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  for (const [params, requestUri, route] of [
    [';lr', 'sip:far@192.0.2.9', `<sip:127.0.0.1:${phone.port};lr>`],
    ['', `sip:127.0.0.1:${phone.port}`, '<sip:far@192.0.2.9>'],
  ] as const) {
    const call = await outgoing(app, { method: 'INVITE', uri: phone.uri, body: SDP });
    const invite = await phone.receives('INVITE');
    const lines = ['Contact: <sip:far@192.0.2.9>', `Record-Route: <sip:127.0.0.1:${phone.port}${params}>`];
    phone.send(phone.response(invite, 200, { tag: 'r', lines, body: SDP }));
    (await call.next()).ack();
    const ack = await phone.receives('ACK');
    t.match(ack, `ACK ${requestUri} SIP/2.0\r\n`);
    t.equal(header(ack, 'Route'), route);
  }
});
