/**
 * Goal: kill -9 of the program, or of its rtpengine, costs a call a moment of silence and nothing else. Method: two scripted phones that
 * send tones all the time; what each hears is decoded. The same at every step of a call: kill-anywhere.test.ts.
 */
import t from 'tap';
import { rtpengineOf } from '../support/child-processes.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { cseqOf, hangsUp, hear, houseWithStore, isDeaf, killed, moves } from '../support/second-life.js';
import { directionIn } from '../support/sip-phone.js';
import { ALICE_HERTZ, BOB_HERTZ, reinvites, TwoPhones, type Proof } from '../support/two-phones.js';
import { until } from '../support/until.js';

const BOTH = { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };
type Hold = Readonly<{ hold: Readonly<{ reasons: readonly string[] }>; state: string }>;

t.test('killed while a phone holds: music again, no voice, resume by the phone, BYE; CSeq goes on', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob } = phones;
  const talk = await phones.talk();
  const [held] = await Promise.all([phones.takesReinvite(bob, 200), reinvites(alice, talk.alice, 'sendonly')]);
  t.same(await phones.hears(bob), [MUSIC_HERTZ]);

  const next = await killed(t, phones.holdfast);
  const [toAlice, toBob] = await Promise.all([moves(alice, 'sendonly'), moves(bob, 'recvonly')]);
  t.same([directionIn(toAlice.body), directionIn(toBob.body)], ['recvonly', 'sendonly'], 'each is told what it was told before');
  t.ok(cseqOf(toBob) > cseqOf(held), `CSeq goes on: ${cseqOf(held)}, then ${cseqOf(toBob)} (RFC 3261 §12.2.1.1)`);
  t.same(await phones.hears(bob), [MUSIC_HERTZ], 'who is held hears music, and not who holds, though she goes on talking');
  t.ok(await isDeaf(alice, bob), 'who holds hears nothing');
  const { body } = await next.api<Hold>('GET', `/calls/${talk.id}`);
  t.match(body, { state: 'held', hold: { reasons: ['caller-phone'] } });

  const [ok] = await Promise.all([reinvites(alice, talk.alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  t.equal(directionIn(ok.body), 'sendrecv');
  t.same(await hear(phones), BOTH, 'resumed, they hear each other');
  t.ok(cseqOf(await hangsUp(phones, talk)) > cseqOf(toBob));
});

t.test('killed while they talk: they hear each other again, and hold, resume and BYE work', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob } = phones;
  const talk = await phones.talk();
  t.same(await hear(phones), BOTH);

  const next = await killed(t, phones.holdfast);
  const told = await Promise.all([moves(alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  for (const { body } of told) t.equal(directionIn(body), 'sendrecv');
  t.same(await hear(phones), BOTH);

  const asked = next.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([moves(alice, 'recvonly'), moves(bob, 'recvonly')]);
  t.match((await asked).body, { changed: true, settled: true });
  t.same(await hear(phones), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
  const resumed = next.api<Proof>('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([moves(alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  t.match((await resumed).body, { changed: true, settled: true });
  t.same(await hear(phones), BOTH);

  const ended = next.event((event) => event.kind === 'call.ended' && event['callId'] === talk.id);
  await hangsUp(phones, talk);
  t.match(await ended, { cause: 'caller-hung-up', answered: true });
});

t.test('killed while a program holds, and the program resumes afterwards', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob } = phones;
  const talk = await phones.talk();
  const asked = phones.holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  await asked;

  const next = await killed(t, phones.holdfast);
  await Promise.all([moves(alice, 'recvonly'), moves(bob, 'recvonly')]);
  t.same(await hear(phones), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] }, 'both go on talking, and hear music alone');
  const resumed = next.api<Proof>('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([moves(alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  t.match((await resumed).body, { changed: true, settled: true });
  t.same(await hear(phones), BOTH);
  await hangsUp(phones, talk);
});

t.test('rtpengine killed alone, in talk and in a hold: both are told the new ports, and nothing else changes', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  process.kill(rtpengineOf(holdfast.pid), 'SIGKILL');
  await Promise.all([moves(alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  t.same(await hear(phones), BOTH);

  const asked = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([moves(alice, 'recvonly'), moves(bob, 'recvonly')]);
  await asked;
  process.kill(rtpengineOf(holdfast.pid), 'SIGKILL');
  await Promise.all([moves(alice, 'recvonly'), moves(bob, 'recvonly')]);
  t.same(await hear(phones), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });

  const resumed = holdfast.api<Proof>('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([moves(alice, 'sendrecv'), moves(bob, 'sendrecv')]);
  await resumed;
  t.same(await hear(phones), BOTH);
  await hangsUp(phones, talk);
  await until('rtpengine is up', async () => (await holdfast.api('GET', '/health')).status === 200);
});

t.test('killed while it rings: whoever was left is told, and a new call works', async (t) => {
  const phones = await houseWithStore(t);
  const { alice, bob } = phones;
  await alice.sip.invite('102', alice.rtp.sdp());
  const invite = await bob.sip.receives('INVITE');
  bob.sip.respond(invite, 180);
  await alice.sip.receives('180');
  const next = await killed(t, phones.holdfast);
  t.ok(await alice.sip.receives('503', (one) => / INVITE$/.test(one.headers.get('cseq') ?? '')));
  bob.sip.respond(await bob.sip.receives('CANCEL'), 200);
  bob.sip.respond(invite, 487);
  t.same((await next.api<{ calls: unknown[] }>('GET', '/calls')).body.calls, []);
  const again = await new TwoPhones(next, alice, bob).talk();
  t.same(await hear(phones), BOTH);
  await hangsUp(phones, again);
});
