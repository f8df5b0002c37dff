/**
 * Goal: hold and resume on the wire and in the RTP, with phones that obey, refuse, collide and keep talking.
 * Method: two scripted phones that send tones all the time; what each receives is decoded.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { directionIn, versionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones, type Proof } from '../support/two-phones.js';

const OWN_HERTZ = { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };

t.test('hold by API', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const path = `/calls/${talk.id}/hold`;

  await t.test('talking, each hears the other', async (t) => {
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, OWN_HERTZ);
  });

  await t.test(
    'each phone gets a re-INVITE with sendonly and the next o= version, and hears only music though both go on talking',
    async (t) => {
      const asked = holdfast.api<Proof>('PUT', path);
      const [toAlice, toBob] = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
      const { body } = await asked;
      t.equal(directionIn(toAlice.body), 'sendonly');
      t.equal(directionIn(toBob.body), 'sendonly');
      t.equal(versionIn(toAlice.body), 2n);
      t.equal(versionIn(toBob.body), 2n);
      t.match(body, {
        changed: true,
        settled: true,
        reasons: ['controller'],
        caller: { state: 'agreed', status: 200 },
        callee: { state: 'agreed' },
      });
      t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    },
  );

  await t.test('the same hold again changes nothing and says so', async (t) => {
    const seen = alice.sip.received.length + bob.sip.received.length;
    const { status, body } = await holdfast.api<Proof>('PUT', path);
    t.equal(status, 200);
    t.match(body, { changed: false, settled: true });
    t.equal(alice.sip.received.length + bob.sip.received.length, seen, 'no phone was told anything');
  });

  await t.test('resume brings both back', async (t) => {
    const asked = holdfast.api<Proof>('DELETE', path);
    const reinvites = await Promise.all([
      phones.takesReinvite(alice, 200, 'sendrecv'),
      phones.takesReinvite(bob, 200, 'sendrecv'),
    ]);
    t.match((await asked).body, { changed: true, settled: true, reasons: [] });
    for (const { body } of reinvites) t.equal(directionIn(body), 'sendrecv');
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, OWN_HERTZ);
  });

  await t.test('without music the re-INVITEs say inactive, and nobody hears anything', async (t) => {
    const asked = holdfast.api<Proof>('PUT', path, { music: false });
    const reinvites = await Promise.all([
      phones.takesReinvite(alice, 200, 'inactive'),
      phones.takesReinvite(bob, 200, 'inactive'),
    ]);
    for (const { body } of reinvites) t.equal(directionIn(body), 'inactive');
    t.match((await asked).body, { caller: { sound: 'none' }, callee: { sound: 'none' } });
    const before = alice.rtp.heard.count;
    await bob.rtp.during(15);
    t.equal(alice.rtp.heard.count, before, 'not one packet');
    const resumed = holdfast.api('DELETE', path);
    await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
    await resumed;
  });

  await t.test('a phone that refuses with 488 is soft-held: cut off all the same, with music, and resume works', async (t) => {
    const asked = holdfast.api<Proof>('PUT', path);
    await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 488)]);
    t.match((await asked).body, {
      settled: true,
      caller: { state: 'agreed' },
      callee: { state: 'soft-held', status: 488, sound: 'music' },
    });
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
    const resumed = holdfast.api<Proof>('DELETE', path);
    await phones.takesReinvite(alice, 200, 'sendrecv');
    t.match((await resumed).body, { settled: true, reasons: [] });
    t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, OWN_HERTZ);
  });

  await t.test('491 is waited out and the hold asked for once more', async (t) => {
    const asked = holdfast.api<Proof>('PUT', path);
    await Promise.all([phones.takesReinvite(alice, 491), phones.takesReinvite(bob, 200)]);
    await phones.takesReinvite(alice, 200); // RFC 3261 §14.1: alice made the Call-ID, so we try again within two seconds
    t.match((await asked).body, { settled: true, caller: { state: 'agreed', status: 200 } });
    const resumed = holdfast.api('DELETE', path);
    await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
    await resumed;
  });

  await phones.hangUp(talk);
});

t.test('hold pressed on a phone', async (t) => {
  const phones = await TwoPhones.start(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const ways = [
    { how: 'sendonly', sdp: alice.rtp.sdp({ direction: 'sendonly', version: 2 }), answered: 'recvonly' },
    { how: 'inactive', sdp: alice.rtp.sdp({ direction: 'inactive', version: 4 }), answered: 'inactive' },
    { how: 'c=0.0.0.0', sdp: alice.rtp.sdp({ address: '0.0.0.0', version: 6 }), answered: 'recvonly' },
  ];
  for (const { how, sdp, answered } of ways) {
    await t.test(`${how} is answered ${answered} at once, and the other party hears music until it is resumed`, async (t) => {
      alice.sip.inDialog(talk.alice, 'INVITE', sdp);
      const answer = await alice.sip.receives('200', (one) => /INVITE/.test(one.headers.get('cseq') ?? ''));
      alice.sip.ack(talk.alice, answer);
      t.equal(directionIn(answer.body), answered);
      t.equal(directionIn((await phones.takesReinvite(bob, 200)).body), 'sendonly');
      t.same(await phones.hears(bob), [MUSIC_HERTZ], 'though the holder goes on talking');
      t.match((await holdfast.api('GET', `/calls/${talk.id}`)).body, { state: 'held', hold: { reasons: ['caller-phone'] } });

      alice.sip.inDialog(talk.alice, 'INVITE', alice.rtp.sdp({ version: 9 }));
      const resumed = await alice.sip.receives('200', (one) => /INVITE/.test(one.headers.get('cseq') ?? ''));
      alice.sip.ack(talk.alice, resumed);
      t.equal(directionIn(resumed.body), 'sendrecv');
      t.equal(directionIn((await phones.takesReinvite(bob, 200, 'sendrecv')).body), 'sendrecv');
      t.same({ alice: await phones.hears(alice), bob: await phones.hears(bob) }, OWN_HERTZ);
    });
  }

  await t.test('a phone that answers 481 to the re-INVITE is gone, and the call with it', async (t) => {
    const ended = holdfast.event((event) => event.kind === 'call.ended');
    const asked = holdfast.api('PUT', `/calls/${talk.id}/hold`);
    await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 481)]);
    t.match(await ended, { cause: 'callee-lost' });
    t.equal((await asked).status, 409);
    alice.sip.respond(await alice.sip.receives('BYE'), 200);
    phones.hush();
  });
});
