import t from 'tap';
import { appForTest, engineForTest, outgoing } from '../support/engine-fixture.js';
import { bodyOf, header, tag, udpPhone, portOf, type RawPhone } from '../support/raw-phone.js';

const SDP = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

type Facts = { callId: string; from: string; to: string };
const factsOf = (phone: RawPhone, callId: string): Facts => ({
  callId,
  from: `<sip:alice@127.0.0.1>;tag=a-${callId}`,
  to: `<sip:bob@127.0.0.1:${phone.port}>`,
});

t.test('an incoming call is answered, acknowledged and ended by the phone', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const facts = factsOf(phone, 'in1');
  phone.send(phone.request('INVITE', 'sip:bob@127.0.0.1', { ...facts, cseq: 1, lines: [phone.contact], body: SDP }));
  await phone.receives('100');
  const { request, response } = await app.gets('INVITE');
  t.equal(request.body, SDP, 'the application gets the body as sent');
  t.equal(request.source_port, phone.port);
  t.equal(request.receivedOn, `127.0.0.1:${portOf(engine, 'udp')}`);
  response.send(180);
  const ringing = await phone.receives('180');
  t.not(tag(header(ringing, 'To')), '', 'a To tag makes the early dialog');
  const acked = new Promise((resolve) => response.send(200, { body: SDP }, undefined, resolve));
  const ok = await phone.receives('200 INVITE');
  t.equal(tag(header(ok, 'To')), tag(header(ringing, 'To')));
  t.equal(bodyOf(ok), SDP);
  t.match(header(ok, 'Contact'), `127.0.0.1:${portOf(engine, 'udp')}`);
  const dialog = { ...facts, to: header(ok, 'To') };
  const target = /<([^>]+)>/.exec(header(ok, 'Contact'))?.[1] ?? '';
  phone.send(phone.request('ACK', target, { ...dialog, cseq: 1 }));
  await acked;
  t.equal(response.stackDialogId, `in1;from-tag=a-in1`);
  phone.send(phone.request('BYE', target, { ...dialog, cseq: 2 }));
  const bye = await app.gets('BYE');
  t.equal(bye.request.stackDialogId, 'in1;from-tag=a-in1');
  bye.response.send(200);
  await phone.receives('200 BYE');
  t.equal(engine.counts().dialogs, 0, 'no dialog is left');
});

t.test('an outgoing call is answered, acknowledged and ended by the application', async (t) => {
  const engine = await engineForTest(t);
  const app = await appForTest(t, engine);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  const call = await outgoing(app, {
    method: 'INVITE',
    uri: phone.uri,
    headers: { From: '<sip:1234@localhost>', Contact: '<sip:me@localhost>' },
    body: SDP,
  });
  const invite = await phone.receives('INVITE');
  const ours = `127.0.0.1:${portOf(engine, 'udp')}`;
  t.match(header(invite, 'From'), `<sip:1234@${ours}>;tag=`);
  t.equal(header(invite, 'Contact'), `<sip:me@${ours}>`);
  t.equal(header(invite, 'Max-Forwards'), '70');
  t.equal(header(invite, 'Content-Type'), 'application/sdp');
  phone.send(phone.response(invite, 180, { tag: 'b1', lines: [phone.contact] }));
  const ringing = await call.next();
  t.equal(ringing.response.status, 180);
  t.equal(ringing.response.stackDialogId, `${header(invite, 'Call-ID')};from-tag=${tag(header(invite, 'From'))}`);
  const ok = phone.response(invite, 200, { tag: 'b1', lines: [phone.contact], body: SDP });
  phone.send(ok);
  const answered = await call.next();
  t.equal(answered.response.status, 200);
  t.equal(answered.response.body, SDP);
  answered.ack();
  const ack = await phone.receives('ACK');
  t.match(ack, `ACK ${phone.uri} SIP/2.0`);
  t.equal(header(ack, 'CSeq'), header(invite, 'CSeq').replace('INVITE', 'ACK'));
  phone.send(ok);
  t.equal(await phone.receives('ACK'), ack, 'a 2xx that comes again gets the same ACK again');
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: answered.response.stackDialogId });
  const received = await phone.receives('BYE');
  t.equal(Number(header(received, 'CSeq').split(' ')[0]), Number(header(invite, 'CSeq').split(' ')[0]) + 1);
  t.equal(tag(header(received, 'To')), 'b1');
  phone.send(phone.response(received, 200));
  t.equal((await bye.next()).response.status, 200);
  t.equal(engine.counts().dialogs, 0);
});
