/**
 * Goal: phones that share a stream of music notice nothing of it: the hold is the hold it always was, and so is the resume. Method: the whole
 * product with a threshold of one listener, two scripted phones with real RTP; who hears the same SSRC shares a stream.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { ALICE_HERTZ, BOB_HERTZ, reinvites, TwoPhones, type Phone, type Proof } from '../support/two-phones.js';

const musicFile = 'fan: { from: 1 }\nclasses: { queue: { fanFrom: 0 } }\n';
const QUEUE_HERTZ = 2000;

async function stream(phone: Phone): Promise<{ tones: number[]; ssrcs: number[]; ports: readonly number[] }> {
  await phone.rtp.next(10);
  const heard = await phone.rtp.next(20);
  const tones = heard.tones(ALICE_HERTZ, BOB_HERTZ, MUSIC_HERTZ, QUEUE_HERTZ);
  return { tones, ssrcs: [...heard.perSsrc.keys()], ports: heard.fromPorts };
}

t.test('held by the API both hear one stream, on the ports of their talk; resume brings both ways of it back', async (t) => {
  const phones = await TwoPhones.start(t, { musicFile });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const before = [await stream(alice), await stream(bob)];
  const path = `/calls/${talk.id}/hold`;
  const held = holdfast.api<Proof>('PUT', path);
  const told = await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  const proof = await held;
  t.match(proof.body, { settled: true, caller: { sound: 'music' }, callee: { sound: 'music' } });
  t.ok(proof.body.caller.musicPackets > 0 && proof.body.callee.musicPackets > 0, 'the proof counts packets');
  const [atAlice, atBob] = [await stream(alice), await stream(bob)];
  t.same([atAlice.tones, atBob.tones], [[MUSIC_HERTZ], [MUSIC_HERTZ]]);
  t.same(atAlice.ssrcs, atBob.ssrcs, 'one stream for both');
  t.same(
    [atAlice.ports, atBob.ports],
    before.map(({ ports }) => ports),
    'from the ports they talk to',
  );
  for (const { body } of told) t.notOk(/a=sendrecv/.test(body));

  const resumed = holdfast.api<Proof>('DELETE', path);
  const back = await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  t.match((await resumed).body, { settled: true, reasons: [] });
  const mediaLine = (sdp: string): string | undefined => /^m=audio .*$/m.exec(sdp)?.[0];
  t.same(
    back.map(({ body }) => mediaLine(body)),
    told.map(({ body }) => mediaLine(body)),
    'no phone was ever told of another port',
  );
  t.same([(await stream(alice)).tones, (await stream(bob)).tones], [[BOB_HERTZ], [ALICE_HERTZ]]);
  await phones.hangUp(talk);
});

t.test('a phone holds: the other hears the stream and not the holder, the holder hears nothing', async (t) => {
  const phones = await TwoPhones.start(t, { musicFile });
  const { alice, bob } = phones;
  const talk = await phones.talk();
  await Promise.all([reinvites(alice, talk.alice, 'sendonly'), phones.takesReinvite(bob, 200)]);
  t.same((await stream(bob)).tones, [MUSIC_HERTZ], 'and alice goes on talking all the while');
  t.equal((await alice.rtp.during(20)).count, 0);

  await Promise.all([reinvites(alice, talk.alice, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  t.same([(await stream(alice)).tones, (await stream(bob)).tones], [[BOB_HERTZ], [ALICE_HERTZ]]);
  await phones.hangUp(talk);
});

t.test('a phone that refuses the hold (soft-held) hears the stream too: nothing has to be agreed on', async (t) => {
  const phones = await TwoPhones.start(t, { musicFile });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const held = holdfast.api<Proof>('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 488)]);
  t.match((await held).body, { callee: { state: 'soft-held', sound: 'music' } });
  const [atAlice, atBob] = [await stream(alice), await stream(bob)];
  t.same([atAlice.tones, atBob.tones], [[MUSIC_HERTZ], [MUSIC_HERTZ]]);
  t.same(atAlice.ssrcs, atBob.ssrcs);
  await phones.hangUp(talk);
});

t.test('another class while held, and a class that is never shared', async (t) => {
  const phones = await TwoPhones.start(t, { musicFile, music: { queue: QUEUE_HERTZ } });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const path = `/calls/${talk.id}/hold`;
  const held = holdfast.api<Proof>('PUT', path);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  await held;
  await holdfast.api<Proof>('PUT', path, { music: 'queue' });
  const [atAlice, atBob] = [await stream(alice), await stream(bob)];
  t.same([atAlice.tones, atBob.tones], [[QUEUE_HERTZ], [QUEUE_HERTZ]]);
  t.strictNotSame(atAlice.ssrcs, atBob.ssrcs, 'each alone');
  await holdfast.api<Proof>('PUT', path, { music: 'default' });
  const again = [await stream(alice), await stream(bob)];
  t.same(
    again.map(({ tones }) => tones),
    [[MUSIC_HERTZ], [MUSIC_HERTZ]],
  );
  t.same(again[0]?.ssrcs, again[1]?.ssrcs, 'and together again');
  await phones.hangUp(talk);
});
