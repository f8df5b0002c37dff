/**
 * Goal: calls between registered phones, and everything that keeps them from happening. Method: scripted phones on the real product.
 */
import t from 'tap';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { SipPhone } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';

t.test('phone to phone', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const refusal = (status: string): Promise<unknown> =>
    alice.sip.receives(status, (one) => one.headers.get('cseq') === '2 INVITE');

  await t.test('nobody calls without a password, nor under another number', async (t) => {
    const stranger = await SipPhone.open({ number: '101', server: holdfast.sipPort, password: 'wrong' });
    t.equal((await stranger.authenticated('INVITE', 'sip:102@127.0.0.1', {}, alice.rtp.sdp())).what, '401');
    const liar = await alice.sip.authenticated(
      'INVITE',
      'sip:102@127.0.0.1',
      { From: '<sip:103@127.0.0.1>;tag=liar' },
      alice.rtp.sdp(),
    );
    t.equal(liar.what, '403');
    t.notOk(
      bob.sip.received.some((one) => one.what === 'INVITE'),
      'no phone rang',
    );
    stranger.close();
  });

  await t.test('an unknown number is 404, a known one without a phone 480', async () => {
    await alice.sip.invite('999', alice.rtp.sdp());
    await refusal('404');
    await alice.sip.invite('103', alice.rtp.sdp());
    await refusal('480');
  });

  for (const status of [486, 603, 488]) {
    await t.test(`${status} of the called phone reaches the caller as it is`, async (t) => {
      await alice.sip.invite('102', alice.rtp.sdp());
      bob.sip.respond(await bob.sip.receives('INVITE'), status);
      await refusal(String(status));
      await bob.sip.receives('ACK');
      t.same((await holdfast.api('GET', '/calls')).body, { calls: [] });
    });
  }

  await t.test('a CANCEL stops the ringing, and the caller hears 487', async (t) => {
    const { text } = await alice.sip.invite('102', alice.rtp.sdp());
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 180);
    await alice.sip.receives('180');
    alice.sip.cancel(text);
    await alice.sip.receives('200', (one) => /CANCEL/.test(one.headers.get('cseq') ?? ''));
    await refusal('487');
    const cancel = await bob.sip.receives('CANCEL');
    bob.sip.respond(cancel, 200);
    bob.sip.respond(invite, 487);
    t.equal((await bob.sip.receives('ACK')).what, 'ACK');
  });

  await t.test('all contacts of a number ring; the losers are cancelled with a reason', async (t) => {
    const second = await SipPhone.open({ number: '102', server: holdfast.sipPort });
    await second.register();
    const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
    const [atBob, atSecond] = await Promise.all([bob.sip.receives('INVITE'), second.receives('INVITE')]);
    bob.sip.respond(atBob, 180);
    second.respond(atSecond, 180);
    second.respond(atSecond, 200, bob.rtp.sdp());
    const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
    alice.sip.ack(leg, answer);
    const cancel = await bob.sip.receives('CANCEL');
    t.match(cancel.headers.get('reason'), /SIP;cause=200;text="Call completed elsewhere"/);
    bob.sip.respond(cancel, 200);
    bob.sip.respond(atBob, 487);
    await bob.sip.receives('ACK');
    await second.receives('ACK');
    alice.sip.inDialog(leg, 'BYE');
    second.respond(await second.receives('BYE'), 200);
    await second.register({ Contact: '*', Expires: '0' });
    second.close();
    await bob.sip.register();
  });

  await t.test('early media reaches the caller', async (t) => {
    const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
    const invite = await bob.sip.receives('INVITE');
    bob.sip.respond(invite, 183, bob.rtp.sdp());
    const progress = await alice.sip.receives('183');
    phones.speak(bob, invite.body);
    phones.speak(alice, progress.body);
    t.same(await phones.hears(alice), [BOB_HERTZ]);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    alice.sip.ack(leg, await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE'));
    await bob.sip.receives('ACK');
    t.same(await phones.hears(bob), [ALICE_HERTZ]);
    await phones.hangUp({ id: '', alice: leg, bob: bob.sip.legOf(invite) });
  });

  await t.test('a late offer: the callee offers in its 200, the caller answers in its ACK', async (t) => {
    const { leg } = await alice.sip.invite('102', '');
    const invite = await bob.sip.receives('INVITE');
    t.equal(invite.body, '', 'the INVITE has no offer');
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    const answer = await alice.sip.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
    t.match(answer.body, /^m=audio/m);
    alice.sip.ack(leg, answer, alice.rtp.sdp());
    const ack = await bob.sip.receives('ACK');
    t.match(ack.body, /^m=audio/m);
    phones.speak(alice, answer.body);
    phones.speak(bob, ack.body);
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    await phones.hangUp({ id: '', alice: leg, bob: bob.sip.legOf(invite) });
  });

  await t.test('keys pass: RFC 4733 as packets, INFO as a request with its answer', async (t) => {
    const talk = await phones.talk();
    await phones.hears(bob);
    alice.rtp.press(5);
    await bob.rtp.next(10);
    t.ok(bob.rtp.heard.payloadTypes.includes(101), 'the event packets arrived');
    alice.sip.inDialog(talk.alice, 'INFO', 'Signal=5\r\nDuration=160\r\n', { 'Content-Type': 'application/dtmf-relay' });
    const info = await bob.sip.receives('INFO');
    t.equal(info.headers.get('content-type'), 'application/dtmf-relay');
    t.match(info.body, /Signal=5/);
    bob.sip.respond(info, 200);
    await alice.sip.receives('200', (one) => /INFO/.test(one.headers.get('cseq') ?? ''));
    await phones.hangUp(talk);
  });

  await t.test('MESSAGE goes from phone to phone', async (t) => {
    const sent = alice.sip.authenticated('MESSAGE', 'sip:102@127.0.0.1', { 'Content-Type': 'text/plain' }, 'hello');
    const message = await bob.sip.receives('MESSAGE');
    t.equal(message.body, 'hello');
    t.match(message.headers.get('from'), /sip:101@/);
    bob.sip.respond(message, 202);
    t.equal((await sent).what, '202');
  });

  await t.test('hops are counted down, and nothing comes in with none left', async (t) => {
    alice.sip.request('INVITE', 'sip:102@127.0.0.1', { 'Max-Forwards': '0' }, alice.rtp.sdp());
    t.equal((await alice.sip.receives('483')).what, '483');
    await alice.sip.invite('102', alice.rtp.sdp(), { 'Max-Forwards': '7' });
    const invite = await bob.sip.receives('INVITE');
    t.equal(invite.headers.get('max-forwards'), '6');
    bob.sip.respond(invite, 486);
    await bob.sip.receives('ACK');
    await refusal('486');
  });

  await t.test('what we cannot do is refused by name: Require, a body that is no SDP, a broken SDP', async (t) => {
    alice.sip.request('INVITE', 'sip:102@127.0.0.1', { Require: 'precondition' }, alice.rtp.sdp());
    t.equal((await alice.sip.receives('420')).headers.get('unsupported'), 'precondition');
    alice.sip.request('INVITE', 'sip:102@127.0.0.1', { 'Content-Type': 'text/plain' }, 'hello');
    t.equal((await alice.sip.receives('415')).headers.get('accept'), 'application/sdp');
    await alice.sip.invite('102', 'v=0\r\nthis is no session\r\n');
    await refusal('488');
  });

  await t.test('a caller that wants to be anonymous is, to the other phone and not to us', async (t) => {
    await alice.sip.invite('102', alice.rtp.sdp(), { From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=hidden' });
    const invite = await bob.sip.receives('INVITE');
    t.match(invite.headers.get('from'), /sip:anonymous@anonymous\.invalid/);
    t.equal(invite.headers.get('privacy'), 'id');
    t.notMatch(invite.text, /sip:101|Extension/, 'neither its number nor its name is in the INVITE');
    bob.sip.respond(invite, 486);
    await bob.sip.receives('ACK');
    await refusal('486');
  });

  await t.test('OPTIONS is answered with what we really take', async (t) => {
    alice.sip.request('OPTIONS', 'sip:127.0.0.1');
    const answer = await alice.sip.receives('200', (one) => /OPTIONS/.test(one.headers.get('cseq') ?? ''));
    t.match(answer.headers.get('allow'), /INVITE.*UPDATE/);
    t.match(answer.headers.get('allow'), /REFER/);
  });

  await t.test('an IPv4 phone that hangs up ends the call for both', async (t) => {
    const talk = await phones.talk();
    phones.hush();
    const ended = holdfast.event((event) => event.kind === 'call.ended' && event['callId'] === talk.id);
    bob.sip.inDialog(talk.bob, 'BYE');
    alice.sip.respond(await alice.sip.receives('BYE'), 200);
    t.match(await ended, { cause: 'callee-hung-up', answered: true });
  });
});

t.test('a number nobody answers ends with 408 when the ring time is over', async (t) => {
  const phones = await TwoPhones.start(t, { environment: { HOLDFAST_RING_SECONDS: '1' } });
  const { alice, bob } = phones;
  await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 180);
  await alice.sip.receives('408');
  const cancel = await bob.sip.receives('CANCEL');
  bob.sip.respond(cancel, 200);
  bob.sip.respond(invite, 487);
  t.equal((await bob.sip.receives('ACK')).what, 'ACK');
});

t.test('a trunk calls in without a password and is reached by its prefix', async (t) => {
  const carrier = await SipPhone.open({ number: '4930123', server: 1, address: '127.0.0.2' });
  const trunks = `trunks:\n  - { name: carrier, uri: 'sip:127.0.0.2:${carrier.port}', from: [127.0.0.2], prefix: '9' }\n`;
  const phones = await TwoPhones.start(t, { trunks });
  const { alice, holdfast } = phones;
  carrier.close();
  const trunk = await SipPhone.open({ number: '4930123', server: holdfast.sipPort, address: '127.0.0.2' });
  const rtp = await RtpEndpoint.open();
  t.teardown(() => {
    trunk.close();
    rtp.close();
  });
  trunk.request('INVITE', 'sip:101@127.0.0.1', {}, rtp.sdp());
  const invite = await alice.sip.receives('INVITE');
  t.match(invite.headers.get('from'), /sip:4930123@/);
  alice.sip.respond(invite, 486);
  t.equal((await trunk.receives('486')).what, '486');
  trunk.request('INVITE', 'sip:94930999@127.0.0.1', {}, rtp.sdp());
  t.equal((await trunk.receives('404')).what, '404', 'a trunk does not call out through a trunk at our cost');
});
