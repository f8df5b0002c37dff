/**
 * Goal: phones that want to be held otherwise are: configured, or learned from what they refuse; and a phone that is gone is found.
 * Method: two scripted phones on the whole product.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, TwoPhones, type Proof } from '../support/two-phones.js';

t.test(
  'zero-address: a phone that reads no direction is told to send nowhere, hears music, and gets its address back',
  async (t) => {
    const phones = await TwoPhones.start(t, { phones: { '102': 'holdMode: zero-address' } });
    const { alice, bob, holdfast } = phones;
    const talk = await phones.talk();
    const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
    const [toAlice, toBob] = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200, 'sendrecv')]);
    t.match(toBob.body, /^c=IN IP4 0\.0\.0\.0\r$/m);
    t.notMatch(toAlice.body, /0\.0\.0\.0/);
    t.match((await held).body, { settled: true, callee: { state: 'agreed', sound: 'music' } });
    t.same(await phones.hears(bob), [MUSIC_HERTZ]);
    const resumed = holdfast.api<Proof>('DELETE', `/calls/${talk.id}/hold`);
    const [, back] = await Promise.all([
      phones.takesReinvite(alice, 200, 'sendrecv'),
      phones.takesReinvite(bob, 200, 'sendrecv'),
    ]);
    t.notMatch(back.body, /0\.0\.0\.0/);
    t.match((await resumed).body, { settled: true, reasons: [] });
    t.same(await phones.hears(bob), [ALICE_HERTZ]);
    await phones.hangUp(talk);
  },
);

t.test('inactive: a peer that takes no other hold gets that, and not one packet', async (t) => {
  const phones = await TwoPhones.start(t, { phones: { '102': 'holdMode: inactive' } });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  const [, toBob] = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200, 'inactive')]);
  t.equal(directionIn(toBob.body), 'inactive');
  t.match((await held).body, {
    settled: true,
    caller: { sound: 'music' },
    callee: { state: 'agreed', sound: 'none', direction: 'inactive' },
  });
  t.same(await phones.hears(alice), [MUSIC_HERTZ]);
  await phones.hangUp(talk);
});

t.test('learned: who answered a hold with 488 is soft-held with music, and from its next call on held by inactive', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const first = await phones.talk();
  const refused = holdfast.api<Proof>('PUT', `/calls/${first.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 488)]);
  t.match((await refused).body, { callee: { state: 'soft-held', status: 488, sound: 'music' } });
  await phones.hangUp(first);
  const second = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${second.id}/hold`);
  const [toAlice, toBob] = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200, 'inactive')]);
  t.equal(directionIn(toAlice.body), 'sendonly');
  t.equal(directionIn(toBob.body), 'inactive');
  t.match((await held).body, { callee: { state: 'agreed' } });
  await phones.hangUp(second);
});

t.test('a phone whose dialog is gone is found by asking, and the other hears BYE', async (t) => {
  const phones = await TwoPhones.start(t, { holdfast: 'log: debug\nsip: { livenessSeconds: 1 }\n' });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  phones.hush();
  const ended = holdfast.event((event) => event['kind'] === 'call.ended');
  const asked = await bob.sip.receives('OPTIONS', (one) => /;tag=/.test(one.headers.get('to') ?? ''));
  bob.sip.respond(asked, 481);
  const bye = await alice.sip.receives('BYE');
  alice.sip.respond(bye, 200);
  t.match(await ended, { callId: talk.id, cause: 'callee-lost' });
});

t.test('a held phone may be silent as long as it likes when it answers', async (t) => {
  const phones = await TwoPhones.start(t, { holdfast: 'log: debug\nsip: { livenessSeconds: 1 }\n' });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  await held;
  phones.hush();
  for (let round = 0; round < 3; round++) {
    for (const phone of [alice, bob]) {
      const asked = await phone.sip.receives('OPTIONS', (one) => /;tag=/.test(one.headers.get('to') ?? ''));
      phone.sip.respond(asked, 200);
    }
  }
  const { body } = await holdfast.api<{ state: string }>('GET', `/calls/${talk.id}`);
  t.equal(body.state, 'held');
  await phones.hangUp(talk);
});
