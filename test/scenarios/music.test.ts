/**
 * Goal: who is held hears the music that was chosen, by request, account or call, changed while held, and a phone's own key can be
 * pressed from afar. Method: two scripted phones, classes of music that are tones, the whole product.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { ALICE_HERTZ, BOB_HERTZ, reinvites, TwoPhones, type Phone, type Proof } from '../support/two-phones.js';

const SALES_HERTZ = 1600;
const QUEUE_HERTZ = 2000;
const music = { sales: SALES_HERTZ, queue: QUEUE_HERTZ };

async function hears(phone: Phone): Promise<number[]> {
  await phone.rtp.next(10);
  return (await phone.rtp.next(20)).tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ, SALES_HERTZ, QUEUE_HERTZ);
}

t.test('the music of a request, changed during the hold without another re-INVITE', async (t) => {
  const phones = await TwoPhones.start(t, { music });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const path = `/calls/${talk.id}/hold`;
  const held = holdfast.api<Proof>('PUT', path, { music: 'sales' });
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  t.match((await held).body, { callee: { sound: 'music', music: 'sales' } });
  t.same(await hears(bob), [SALES_HERTZ]);
  const seen = alice.sip.received.length + bob.sip.received.length;
  const changed = holdfast.event((event) => event['kind'] === 'hold.changed' && /queue/.test(JSON.stringify(event)));
  t.match((await holdfast.api<Proof>('PUT', path, { music: 'queue' })).body, { settled: true, callee: { music: 'queue' } });
  t.match(await changed, {
    holders: ['controller'],
    hold: { reasons: ['controller'], callee: { music: 'queue', direction: 'sendonly' } },
  });
  t.same(await hears(bob), [QUEUE_HERTZ]);
  t.equal(alice.sip.received.length + bob.sip.received.length, seen, 'no phone was told anything');
  const silent = holdfast.api<Proof>('PUT', path, { music: null });
  await Promise.all([phones.takesReinvite(alice, 200, 'inactive'), phones.takesReinvite(bob, 200, 'inactive')]);
  t.match((await silent).body, { callee: { sound: 'none', direction: 'inactive' } });
  await phones.hangUp(talk);
});

t.test("the music of the holder's account, when its phone holds by itself", async (t) => {
  const phones = await TwoPhones.start(t, { music, phones: { '101': 'music: queue' } });
  const { alice, bob } = phones;
  const talk = await phones.talk();
  await Promise.all([reinvites(alice, talk.alice, 'sendonly'), phones.takesReinvite(bob, 200)]);
  t.same(await hears(bob), [QUEUE_HERTZ]);
  await phones.hangUp(talk);
});

t.test('a class that nobody has is that of the house, and /health says so', async (t) => {
  const phones = await TwoPhones.start(t, { music });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`, { music: 'nowhere' });
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  t.equal((await held).status, 200);
  t.same(await hears(bob), [MUSIC_HERTZ]);
  t.match(JSON.stringify((await holdfast.api('GET', '/health')).body), /nowhere/);
  await phones.hangUp(talk);
});

t.test('the hold key of a phone is pressed from afar, and let go', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk({ 'Allow-Events': 'talk, hold' });
  const path = `/calls/${talk.id}/hold`;
  const press = async (key: string, direction: 'sendonly' | 'sendrecv'): Promise<void> => {
    const notify = await alice.sip.receives('NOTIFY');
    t.equal(notify.headers.get('event'), key);
    alice.sip.respond(notify, 200);
    const told = phones.takesReinvite(bob, 200, key === 'hold' ? 'recvonly' : 'sendrecv');
    await Promise.all([reinvites(alice, talk.alice, direction), told]);
  };
  const held = holdfast.api<Proof>('PUT', path, { holder: 'caller', byPhone: true });
  await press('hold', 'sendonly');
  t.match(await held, { status: 200, body: { changed: true, reasons: ['caller-phone'] } });
  t.same(await hears(bob), [MUSIC_HERTZ]);
  const resumed = holdfast.api<Proof>('DELETE', path, { holder: 'caller', byPhone: true });
  await press('talk', 'sendrecv');
  t.match(await resumed, { status: 200, body: { reasons: [] } });
  t.same(await hears(bob), [ALICE_HERTZ]);
  const mute = await holdfast.api<{ code: string }>('PUT', path, { holder: 'callee', byPhone: true });
  t.match(mute, { status: 409, body: { code: 'wrong_moment' } }, 'a phone that knows no such thing');
  await phones.hangUp(talk);
});
