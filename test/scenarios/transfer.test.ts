/**
 * Goal: people hold in order to transfer: whoever is connected with whom in the end hears them, out of every hold, and nobody is lost
 * when it fails. Method: three scripted phones with tones, the whole product, rtpengine.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

type Started = Readonly<{ newCallId: string }>;

t.test('a program transfers the callee away: the caller hears music, then whom it is connected with', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  const asked = holdfast.api<Started>('POST', `/calls/${talk.id}/transfer`, { to: '103' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
  t.equal((await asked).status, 202);
  const invite = await phones.rings(phones.carol);
  t.match(invite.headers.get('from'), /101/, 'Carol sees who is to be connected with her');
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  phones.carol.sip.respond(invite, 200, phones.carol.rtp.sdp());
  phones.two.speak(phones.carol, invite.body);
  const [reinvite] = await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
  t.ok(reinvite, 'out of the hold');
  bob.rtp.hush();
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );

  await t.test('the new call can be held and resumed like every other', async (t) => {
    const { newCallId } = (await asked).body;
    const held = holdfast.api('PUT', `/calls/${newCallId}/hold`);
    await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(phones.carol, 'sendonly')]);
    t.equal((await held).status, 200);
    t.same(await phones.hears(phones.carol), [MUSIC_HERTZ]);
    const resumed = holdfast.api('DELETE', `/calls/${newCallId}/hold`);
    await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(phones.carol, 'sendrecv')]);
    t.equal((await resumed).status, 200);
    t.same(await phones.hears(phones.carol), [ALICE_HERTZ]);
  });

  await t.test('and ends for both when one hangs up', async () => {
    alice.sip.inDialog(talk.alice, 'BYE');
    await phones.isHungUp(phones.carol);
    phones.hush();
  });
});

t.test('the number is busy: the two talk again, and the reason is told', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  const failed = holdfast.event((event) => event['kind'] === 'transfer.changed' && event['state'] === 'failed');
  void holdfast.api('POST', `/calls/${talk.id}/transfer`, { to: '103', leaving: 'caller' });
  await Promise.all([phones.follows(alice, 'inactive'), phones.follows(bob, 'sendonly')]);
  phones.carol.sip.respond(await phones.rings(phones.carol), 486);
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(bob, 'sendrecv')]);
  t.match(await failed, { to: '103', by: '101', status: 486 });
  t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  await phones.two.hangUp(talk);
});

t.test('the transferor has hung up and nobody answers: its phone rings, and it has its party back', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  void holdfast.api('POST', `/calls/${talk.id}/transfer`, { to: '103' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
  const invite = await phones.rings(phones.carol);
  bob.rtp.hush();
  bob.sip.inDialog(talk.bob, 'BYE');
  await bob.sip.receives('200', (one) => /BYE/.test(one.headers.get('cseq') ?? ''));
  t.same(await phones.hears(alice), [MUSIC_HERTZ], 'who waits is not hung up');
  phones.carol.sip.respond(invite, 480);
  const back = phones.answers(bob);
  await phones.follows(alice, 'sendrecv');
  await back;
  t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  phones.hush();
});

t.test('who is being transferred hangs up: the phone that rings is cancelled, and the transferor hears BYE', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  void holdfast.api('POST', `/calls/${talk.id}/transfer`, { to: '103' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
  const invite = await phones.rings(phones.carol);
  alice.sip.inDialog(talk.alice, 'BYE');
  const cancel = phones.carol.sip.receives('CANCEL');
  await Promise.all([phones.isHungUp(bob), cancel]);
  phones.carol.sip.respond(await cancel, 200);
  phones.carol.sip.respond(invite, 487);
  phones.hush();
  const { body } = await holdfast.api<{ calls: unknown[] }>('GET', '/calls');
  t.same(body.calls, []);
});

t.test('attended, by a program: the two with whom one party talks are connected, and that party is done', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const first = await phones.two.talk();
  const held = holdfast.api('PUT', `/calls/${first.id}/hold`, { holder: 'caller' });
  await Promise.all([phones.follows(alice, 'inactive'), phones.follows(bob, 'sendonly')]);
  await held;
  const leg = await phones.calls(alice, '103');
  await phones.answers(phones.carol);
  await phones.isAnswered(alice, leg);
  t.same(await phones.hears(phones.carol), [ALICE_HERTZ]);
  const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  const second = body.calls.find(({ id }) => id !== first.id)?.id ?? '';
  const asked = holdfast.api<Started>('POST', `/calls/${first.id}/transfer`, { toCall: second, leaving: 'caller' });
  await Promise.all([
    phones.follows(phones.carol, 'sendrecv'),
    phones.follows(bob, 'sendrecv'),
    phones.isHungUp(alice),
    phones.isHungUp(alice),
  ]);
  t.equal((await asked).status, 202);
  alice.rtp.hush();
  t.same({ bob: await phones.hears(bob), carol: await phones.hears(phones.carol) }, { bob: [CAROL_HERTZ], carol: [BOB_HERTZ] });
  phones.hush();
});

t.test('parked: the party waits with music in its slot, and whoever dials the slot has it', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  const asked = holdfast.api<{ slot: string }>('POST', `/calls/${talk.id}/park`, { leaving: 'callee', slot: '7' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.isHungUp(bob)]);
  bob.rtp.hush();
  t.match(await asked, { status: 200, body: { slot: '7' } });
  t.match((await holdfast.api('GET', '/parked')).body, { parked: [{ slot: '7', number: '101', by: '102' }] });
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);

  await t.test('a slot that is empty is nobody', async (t) => {
    const { leg } = await phones.carol.sip.invite('*868', phones.carol.rtp.sdp());
    const refusal = await phones.carol.sip.receives(
      'xx',
      (one) => one.headers.get('call-id') === leg.callId && Number(one.what) >= 402,
    );
    t.equal(refusal.what, '404');
  });

  const retrieved = holdfast.event(({ kind }) => kind === 'call.retrieved');
  const leg = await phones.calls(phones.carol, '*867');
  await phones.follows(alice, 'sendrecv');
  const { callId, seq } = await retrieved;
  t.ok(
    (await holdfast.event((event) => event.kind === 'call.ended' && event.callId === callId)).seq > seq,
    'its last event comes last',
  );
  await phones.isAnswered(phones.carol, leg);
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  t.match((await holdfast.api('GET', '/parked')).body, { parked: [] });
  phones.carol.sip.inDialog(leg, 'BYE');
  await phones.isHungUp(alice);
  phones.hush();
});

t.test(
  'parked by dialling: who holds a call dials the code, is told the slot and is done; any phone gets the party back',
  async (t) => {
    const phones = await ThreePhones.start(t);
    const { alice, bob, holdfast } = phones.two;
    const talk = await phones.two.talk();
    alice.sip.inDialog(talk.alice, 'INVITE', alice.rtp.sdp({ direction: 'sendonly', version: 2 }));
    const [answer] = await Promise.all([
      alice.sip.receives('200', (one) => one.headers.get('cseq') === `${talk.alice.cseq} INVITE`),
      phones.follows(bob, 'sendonly'),
    ]);
    alice.sip.ack(talk.alice, answer);
    const parked = holdfast.event((event) => event['kind'] === 'call.parked');
    const leg = await phones.calls(alice, '*85');
    await phones.isHungUp(alice);
    t.match(await parked, { slot: '1', by: '101' });
    await phones.isAnswered(alice, leg);
    const bye = await phones.isHungUp(alice);
    t.equal(bye.headers.get('call-id'), leg.callId, 'the announcement ends by itself');
    alice.rtp.hush();
    t.same(await phones.hears(bob), [MUSIC_HERTZ]);
    const back = await phones.calls(phones.carol, '*861');
    await phones.follows(bob, 'sendrecv');
    await phones.isAnswered(phones.carol, back);
    t.same({ bob: await phones.hears(bob), carol: await phones.hears(phones.carol) }, { bob: [CAROL_HERTZ], carol: [BOB_HERTZ] });
    phones.hush();
  },
);

t.test('nobody parks who holds nothing', async (t) => {
  const phones = await ThreePhones.start(t);
  const { leg } = await phones.carol.sip.invite('*85', phones.carol.rtp.sdp());
  const refusal = await phones.carol.sip.receives(
    'xx',
    (one) => one.headers.get('call-id') === leg.callId && Number(one.what) >= 402,
  );
  t.equal(refusal.what, '404');
});

t.test('a hold that has lasted long enough rings its holder, who has the party again', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  const held = holdfast.api('PUT', `/calls/${talk.id}/hold`, { holder: 'callee', maxSeconds: 1, onExpiry: 'ring-holder' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
  t.equal((await held).status, 200);
  const ringing = await phones.rings(bob);
  bob.sip.respond(ringing, 200, bob.rtp.sdp());
  phones.two.speak(bob, ringing.body);
  await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
  t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  phones.hush();
});

t.test(
  'a holder is reminded by a beep and an event, as long as it holds, and then the number of the policy is rung',
  async (t) => {
    const phones = await ThreePhones.start(t);
    const { alice, bob, holdfast } = phones.two;
    const talk = await phones.two.talk();
    const policy = { remindHolderEverySeconds: 1, maxSeconds: 3, onExpiry: 'transfer:103' };
    const held = holdfast.api('PUT', `/calls/${talk.id}/hold`, { holder: 'callee', ...policy });
    await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(bob, 'inactive')]);
    t.equal((await held).status, 200);
    bob.rtp.forget();
    t.match(await holdfast.event((event) => event['kind'] === 'hold.reminder'), { reason: 'callee-api', callId: talk.id });
    const BEEP_HERTZ = 880;
    t.same((await bob.rtp.next(15)).tones(BEEP_HERTZ, ALICE_HERTZ, MUSIC_HERTZ), [BEEP_HERTZ], 'and nothing else is heard');
    t.same(await phones.hears(alice), [MUSIC_HERTZ], 'who waits hears only music');
    await phones.answers(phones.carol);
    await Promise.all([phones.follows(alice, 'sendrecv'), phones.isHungUp(bob)]);
    t.match(await holdfast.event((event) => event['kind'] === 'hold.expired'), { action: 'transfer:103' });
    t.same(await phones.hears(alice), [CAROL_HERTZ]);
    phones.hush();
  },
);

t.test('what cannot be transferred is said in the words of the API', async (t) => {
  const phones = await ThreePhones.start(t);
  const { holdfast } = phones.two;
  const talk = await phones.two.talk();
  const ask = async (body: object, path = `/calls/${talk.id}/transfer`) => {
    const answer = await holdfast.api<{ code: string }>('POST', path, body);
    return `${answer.status} ${answer.body.code}`;
  };
  t.equal(await ask({ to: '555' }), '422 number_unknown');
  t.equal(await ask({ to: '104' }), '422 not_registered');
  t.equal(await ask({}), '400 bad_request');
  t.equal(await ask({ to: '103', toCall: 'x' }), '400 bad_request');
  t.equal(await ask({ toCall: talk.id }), '400 bad_request');
  t.equal(await ask({ to: '101' }), '400 bad_request', 'the party that stays');
  t.equal(await ask({ toCall: 'nobody' }), '404 call_not_found');
  t.equal(await ask({ to: '103' }, '/calls/nobody/transfer'), '404 call_not_found');
  t.equal(await ask({ slot: '900' }, `/calls/${talk.id}/park`), '400 bad_request');
  await phones.two.hangUp(talk);
});
