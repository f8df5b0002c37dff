/**
 * Goal: calls asked for over HTTP (RFC 3725 flow IV): the caller rings and hears ringback, the callee sees the caller's number, both
 * are connected; and when either leg fails, neither is left in limbo. Method: scripted phones, REST and the Ozeki dialect.
 */
import t from 'tap';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Phone } from '../support/two-phones.js';

/** The seed's answer; between elements white space means nothing. */
const ATTRIBUTES = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"';
const DONE = `<?xml version="1.0"?><Response ${ATTRIBUTES}><Code>200</Code><Message>Command successfully executed</Message></Response>`;

t.test('a call set up over HTTP', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const setUp = (more: object = {}, headers = {}) =>
    holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102', ...more }, headers);
  const answers = async (phone: Phone): Promise<Awaited<ReturnType<typeof phone.sip.receives>>> => {
    const invite = await phone.sip.receives('INVITE');
    phone.sip.respond(invite, 180);
    phone.sip.respond(invite, 200, phone.rtp.sdp());
    const ack = await phone.sip.receives('ACK', (one) => one.headers.get('call-id') === invite.headers.get('call-id'));
    t.equal(ack.body, '', 'the offer was in the INVITE');
    phones.speak(phone, invite.body);
    return invite;
  };

  await t.test('rings the caller first, plays ringback to it, shows its number to the callee, and connects them', async (t) => {
    const { status, headers, body } = await setUp();
    t.equal(status, 202);
    t.equal(headers.get('location'), `/calls/${body.id}`);
    const toAlice = await answers(alice);
    t.match(toAlice.headers.get('from'), /sip:102@/, 'the caller sees whom it will speak to');
    t.equal(directionIn(toAlice.body), 'sendrecv');
    const toBob = await bob.sip.receives('INVITE');
    t.match(toBob.headers.get('from'), /sip:101@/);
    bob.sip.respond(toBob, 180);
    const ringback = await alice.rtp.next(10);
    t.ok(ringback.count > 0 && ringback.packetsWith(BOB_HERTZ) === 0, 'ringback, and nothing of the callee');
    bob.sip.respond(toBob, 200, bob.rtp.sdp());
    await bob.sip.receives('ACK');
    phones.speak(bob, toBob.body);
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    await holdfast.api('DELETE', `/calls/${body.id}`);
    for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
    phones.hush();
  });

  await t.test('a caller that refuses ends it, and the callee never rings', async (t) => {
    const { body } = await setUp();
    const ended = holdfast.event((event) => event.kind === 'call.ended' && event['callId'] === body.id);
    alice.sip.respond(await alice.sip.receives('INVITE'), 486);
    await alice.sip.receives('ACK');
    t.match(await ended, { cause: 'refused', status: 486, answered: false });
  });

  await t.test('a callee that refuses ends the caller too, with the reason', async (t) => {
    const { body } = await setUp();
    await answers(alice);
    bob.sip.respond(await bob.sip.receives('INVITE'), 603);
    await bob.sip.receives('ACK');
    const bye = await alice.sip.receives('BYE');
    t.match(bye.headers.get('reason'), /SIP;cause=603/);
    alice.sip.respond(bye, 200);
    phones.hush();
    t.match((await holdfast.api('GET', `/calls/${body.id}`)).body, { state: 'ended', end: { cause: 'refused', status: 603 } });
  });

  await t.test('a caller that hangs up while the callee rings stops the ringing', async (t) => {
    await setUp();
    const toAlice = await answers(alice);
    const toBob = await bob.sip.receives('INVITE');
    bob.sip.respond(toBob, 180);
    alice.sip.inDialog(alice.sip.legOf(toAlice), 'BYE');
    const cancel = await bob.sip.receives('CANCEL');
    bob.sip.respond(cancel, 200);
    bob.sip.respond(toBob, 487);
    await bob.sip.receives('ACK');
    phones.hush();
    t.same((await holdfast.api('GET', '/calls')).body, { calls: [] });
  });

  await t.test('hold before the answer is refused with the state', async (t) => {
    const { body } = await setUp();
    const invite = await alice.sip.receives('INVITE');
    alice.sip.respond(invite, 180);
    await holdfast.event((event) => event.kind === 'call.ringing' && event['callId'] === body.id);
    const { status, body: problem } = await holdfast.api('PUT', `/calls/${body.id}/hold`);
    t.equal(status, 409);
    t.match(problem, { code: 'wrong_moment', state: 'ringing' });
    await holdfast.api('DELETE', `/calls/${body.id}`);
    alice.sip.respond(await alice.sip.receives('CANCEL'), 200);
    alice.sip.respond(invite, 487);
    t.equal((await alice.sip.receives('ACK')).what, 'ACK');
  });

  await t.test('a double click with one key is one call, and asks the phone to answer by itself when told to', async (t) => {
    const first = await setUp({ autoAnswer: true }, { 'idempotency-key': 'click-1' });
    const second = await setUp({ autoAnswer: true }, { 'idempotency-key': 'click-1' });
    t.equal(second.body.id, first.body.id);
    const invite = await alice.sip.receives('INVITE');
    t.equal(invite.headers.get('answer-mode'), 'Auto');
    t.match(invite.headers.get('call-info'), /answer-after=0/);
    alice.sip.respond(invite, 486);
    await alice.sip.receives('ACK');
  });

  await t.test('what cannot be called is refused at once', async (t) => {
    t.match((await setUp({ callee: '999' })).body, { code: 'number_unknown', status: 422 });
    t.match((await setUp({ callee: '103' })).body, { code: 'not_registered', status: 422 });
    t.match((await setUp({ callee: '101' })).body, { code: 'bad_request', field: 'callee' });
  });

  await t.test('the Ozeki commands do the same, letter for letter', async (t) => {
    const ozeki = async (query: string): Promise<string> => {
      const answer = await fetch(`${holdfast.base}/api?${query}&Username=HTTP_User_1&Password=qwe123`);
      return (await answer.text()).replace(/>\s+</g, '><').trim();
    };
    t.equal(await ozeki('command=CallSetup&Caller=101&Callee=102'), DONE);
    await answers(alice);
    await answers(bob);
    await holdfast.event((event) => event.kind === 'call.answered', 1);
    const list = await ozeki('command=ListActiveCalls');
    t.match(list, /<CallState>InCall<\/CallState>/);
    const id = /<CallId>([A-Za-z0-9]{5,6})<\/CallId>/.exec(list)?.[1] ?? '';
    const held = ozeki(`command=Hold&CallId=${id}`);
    await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
    t.equal(await held, DONE);
    t.match(await ozeki('command=ListActiveCalls'), /<CallState>Hold<\/CallState>/);
    const resumed = ozeki(`command=Unhold&CallId=${id}`);
    await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
    t.equal(await resumed, DONE);
    t.equal(await ozeki(`command=Hangup&CallId=${id}`), DONE);
    for (const phone of [alice, bob]) phone.sip.respond(await phone.sip.receives('BYE'), 200);
    phones.hush();
    t.match(await ozeki(`command=Hold&CallId=${id}`), /<Code>601<\/Code>/);
  });
});
