/**
 * Goal: a program answers, rejects, forwards and picks up calls that ring, fetches who is parked, and sends messages; the caller keeps
 * its call, nobody rings for nothing, and whoever is connected in the end hears the other. Method: three scripted phones with tones,
 * the whole product, rtpengine.
 */
import t from 'tap';
import { MUSIC_HERTZ, type Holdfast } from '../support/holdfast.js';
import { CAROL_HERTZ, ThreePhones } from '../support/three-phones.js';
import { ALICE_HERTZ, type Phone } from '../support/two-phones.js';
import type { CallLeg, Message } from '../support/sip-phone.js';

type Started = Readonly<{ newCallId: string }>;

const idOf = async (holdfast: Holdfast): Promise<string> => {
  const { body } = await holdfast.api<{ calls: { id: string }[] }>('GET', '/calls');
  return body.calls.at(-1)?.id ?? '';
};

/** Alice calls Bob, whose phone rings and says what it says. */
async function rings(phones: ThreePhones, more: Readonly<Record<string, string>> = {}) {
  const { alice, bob, holdfast } = phones.two;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 180, '', { Contact: bob.sip.contact, ...more });
  await alice.sip.receives('180');
  return { leg, invite, id: await idOf(holdfast) };
}

/** The phone that rang hears CANCEL, and gives up as RFC 3261 §9.2 asks. */
async function isCancelled(phone: Phone, invite: Message): Promise<Message> {
  const cancel = await phone.sip.receives('CANCEL');
  phone.sip.respond(cancel, 200);
  phone.sip.respond(invite, 487);
  await phone.sip.receives('ACK', (ack) => ack.headers.get('call-id') === invite.headers.get('call-id'));
  return cancel;
}

async function hangsUp(phones: ThreePhones, leg: CallLeg, other: Phone): Promise<void> {
  phones.hush();
  phones.two.alice.sip.inDialog(leg, 'BYE');
  await phones.isHungUp(other);
}

t.test('a call that rings at Bob is forwarded to Carol: Alice has the same call, and hears her', async (t) => {
  const phones = await ThreePhones.start(t, { phones: { '103': 'holdMode: inactive' } });
  const { alice, bob, holdfast } = phones.two;
  const { leg, invite, id } = await rings(phones);
  const told = holdfast.event(({ kind }) => kind === 'call.forwarded');

  await t.test('nobody is to be had: it goes on ringing where it rings', async (t) => {
    t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '104' })).status, 422, 'not registered');
    t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '999' })).status, 422, 'nobody');
    t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '101' })).status, 400, 'herself');
    t.notOk(bob.sip.received.some(({ what }) => what === 'CANCEL'));
  });

  t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '103' })).status, 202);
  const [cancel, second] = await Promise.all([isCancelled(bob, invite), phones.rings(phones.carol)]);
  t.match(cancel.headers.get('reason'), /forwarded/);
  t.match(second.headers.get('from'), /101/, 'Carol sees who calls');
  t.match(await told, { callId: id, from: '102', to: '103', parties: { caller: '101', callee: '103' } });
  phones.carol.sip.respond(second, 200, phones.carol.rtp.sdp());
  phones.two.speak(phones.carol, second.body);
  await phones.isAnswered(alice, leg);
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  t.match((await holdfast.api('GET', `/calls/${id}`)).body, { state: 'in-call', parties: { callee: '103' } });

  await t.test('and is held as her phone likes it, not as the one that rang before', async (t) => {
    const held = holdfast.api('PUT', `/calls/${id}/hold`);
    await Promise.all([phones.follows(alice, 'sendonly'), phones.follows(phones.carol, 'inactive')]);
    t.equal((await held).status, 200);
    t.same(await phones.hears(alice), [MUSIC_HERTZ]);
    const resumed = holdfast.api('DELETE', `/calls/${id}/hold`);
    await Promise.all([phones.follows(alice, 'sendrecv'), phones.follows(phones.carol, 'sendrecv')]);
    t.equal((await resumed).status, 200);
    t.same(await phones.hears(phones.carol), [ALICE_HERTZ]);
  });

  t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '102' })).status, 409, 'answered calls are transferred');
  await hangsUp(phones, leg, phones.carol);
});

t.test('a call that Bob answers with early media is forwarded all the same, and Alice is told the new media', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { leg } = await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 183, bob.rtp.sdp(), { Contact: bob.sip.contact });
  await alice.sip.receives('183');
  const id = await idOf(holdfast);
  t.equal((await holdfast.api('POST', `/calls/${id}/forward`, { to: '103' })).status, 202);
  await Promise.all([isCancelled(bob, invite), phones.answers(phones.carol)]);
  await phones.isAnswered(alice, leg);
  await phones.follows(alice, 'sendrecv');
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  await hangsUp(phones, leg, phones.carol);
});

t.test('Carol picks up what rings at Bob: her phone is asked to answer by itself, his shows no missed call', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { leg, invite, id } = await rings(phones);
  t.equal((await holdfast.api('POST', `/calls/${id}/pickup`, { to: '103' })).status, 202);
  const [cancel, second] = await Promise.all([isCancelled(bob, invite), phones.answers(phones.carol)]);
  t.match(cancel.headers.get('reason'), /Call completed elsewhere/);
  t.match(second.headers.get('call-info'), /answer-after=0/);
  await phones.isAnswered(alice, leg);
  t.same(await phones.hears(phones.carol), [ALICE_HERTZ]);
  await hangsUp(phones, leg, phones.carol);
});

t.test('a call that a program set up is forwarded: the caller hears the new callee', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const { body } = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  await phones.answers(alice);
  const invite = await phones.rings(bob);
  t.equal((await holdfast.api('POST', `/calls/${body.id}/forward`, { to: '103' })).status, 202);
  await Promise.all([isCancelled(bob, invite), phones.answers(phones.carol)]);
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  phones.hush();
  void holdfast.api('DELETE', `/calls/${body.id}`);
  await Promise.all([phones.isHungUp(alice), phones.isHungUp(phones.carol)]);
});

t.test('a phone that knows the key is asked to answer while it rings; one that does not is left alone', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;

  await t.test('one that knows it', async (t) => {
    const { leg, invite, id } = await rings(phones, { 'Allow-Events': 'talk, hold' });
    const asked = await holdfast.api('POST', `/calls/${id}/answer`);
    t.equal(asked.status, 202);
    const notify = await bob.sip.receives('NOTIFY');
    t.equal(notify.headers.get('event'), 'talk');
    t.equal(notify.headers.get('call-id'), invite.headers.get('call-id'), 'in the dialog that rings');
    t.match(notify.headers.get('to'), /;tag=/);
    bob.sip.respond(notify, 200);
    bob.sip.respond(invite, 200, bob.rtp.sdp());
    phones.two.speak(bob, invite.body);
    await phones.isAnswered(alice, leg);
    t.same(await phones.hears(bob), [ALICE_HERTZ]);
    t.equal((await holdfast.api('POST', `/calls/${id}/answer`)).status, 409, 'nobody rings any more');
    await hangsUp(phones, leg, bob);
  });

  await t.test('one that does not; and its call is rejected', async (t) => {
    const { leg, invite, id } = await rings(phones);
    const asked = await holdfast.api('POST', `/calls/${id}/answer`);
    t.equal(asked.status, 409);
    t.match(asked.body, { code: 'wrong_moment', detail: /Event: talk/ });
    const ended = holdfast.event((event) => event['kind'] === 'call.ended' && event['callId'] === id);
    t.equal((await holdfast.api('POST', `/calls/${id}/reject`, { status: 486 })).status, 202);
    const [refusal] = await Promise.all([
      alice.sip.receives('486', (one) => one.headers.get('call-id') === leg.callId),
      isCancelled(bob, invite),
    ]);
    t.ok(refusal);
    t.match(await ended, { cause: 'refused', status: 486, answered: false });
  });
});

t.test('who is parked is fetched by a program; and stays parked when nobody answers', async (t) => {
  const phones = await ThreePhones.start(t);
  const { alice, bob, holdfast } = phones.two;
  const talk = await phones.two.talk();
  t.equal((await holdfast.api('POST', `/calls/${talk.id}/retrieve`, { to: '103' })).status, 409, 'it is not parked');
  const parked = holdfast.api('POST', `/calls/${talk.id}/park`, { leaving: 'callee' });
  await Promise.all([phones.follows(alice, 'sendonly'), phones.isHungUp(bob)]);
  t.equal((await parked).status, 200);
  bob.rtp.hush();

  await t.test('nobody answers', async (t) => {
    const failed = holdfast.event((event) => event['kind'] === 'transfer.changed' && event['state'] === 'failed');
    t.equal((await holdfast.api('POST', `/calls/${talk.id}/retrieve`, { to: '103' })).status, 202);
    const invite = await phones.rings(phones.carol);
    t.equal((await holdfast.api('POST', `/calls/${talk.id}/retrieve`, { to: '102' })).status, 409, 'one at a time');
    phones.carol.sip.respond(invite, 486);
    t.match(await failed, { callId: talk.id, to: '103', status: 486 });
    t.same(await phones.hears(alice), [MUSIC_HERTZ]);
    const { body } = await holdfast.api<{ parked: { callId: string }[] }>('GET', '/parked');
    t.same(
      body.parked.map(({ callId }) => callId),
      [talk.id],
    );
  });

  const retrieved = holdfast.event(({ kind }) => kind === 'call.retrieved');
  const { body } = await holdfast.api<Started>('POST', `/calls/${talk.id}/retrieve`, { to: '103' });
  const answered = phones.answers(phones.carol);
  await phones.follows(alice, 'sendrecv');
  await answered;
  t.match(await retrieved, { callId: talk.id, slot: '1', by: '103', newCallId: body.newCallId });
  t.same(
    { alice: await phones.hears(alice), carol: await phones.hears(phones.carol) },
    { alice: [CAROL_HERTZ], carol: [ALICE_HERTZ] },
  );
  t.same((await holdfast.api('GET', '/parked')).body, { parked: [] }, 'the slot is free');
  await hangsUp(phones, talk.alice, phones.carol);
});

t.test('a message reaches the phone as it was written, and its refusal comes back', async (t) => {
  const phones = await ThreePhones.start(t);
  const { bob, holdfast } = phones.two;
  const text = 'Grüße aus dem Büro: 你好 ☎\nzweite Zeile';
  const sent = holdfast.api('POST', '/messages', { from: '101', to: '102', text });
  const message = await bob.sip.receives('MESSAGE');
  t.equal(Buffer.from(message.body, 'latin1').toString(), text);
  t.match(message.headers.get('content-type'), /^text\/plain/);
  t.match(message.headers.get('from'), /sip:101@/);
  bob.sip.respond(message, 202);
  t.match(await sent, { status: 202, body: { status: 202 } });

  const refused = holdfast.api('POST', '/messages', { from: '101', to: '102', text: 'again' });
  bob.sip.respond(await bob.sip.receives('MESSAGE'), 486);
  t.match(await refused, { status: 422, body: { code: 'message_refused', detail: /486/ } });
  const long = await holdfast.api('POST', '/messages', { from: '101', to: '102', text: 'x'.repeat(1300) });
  t.match(long, { status: 422, body: { code: 'message_refused', detail: /513/ } });
  t.equal((await holdfast.api('POST', '/messages', { from: '101', to: '104', text })).status, 422, 'not registered');
});
