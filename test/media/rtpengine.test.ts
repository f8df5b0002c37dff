import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CallId } from '#core/leg.js';
import {
  CALLEE_HERTZ,
  CALLER_HERTZ,
  hearEachOther,
  MUSIC_HERTZ,
  openPhone,
  RINGBACK_HERTZ,
  startTestMedia,
  talkingPhones,
  TONES,
} from '../support/media-fixture.js';
import { PCMA, PCMU } from '../support/rtp-endpoint.js';

const TELEPHONE_EVENT = 101;

t.test('a call through a real rtpengine', async (t) => {
  const media = await startTestMedia(t);
  const { port } = media;

  t.test('two phones that talk hear each other and nothing else', async (t) => {
    const { caller, callee } = await talkingPhones(t, media);
    const [atCaller, atCallee] = await Promise.all([caller.next(20), callee.next(20)]);
    t.same(atCaller.tones(...TONES), [CALLEE_HERTZ]);
    t.same(atCallee.tones(...TONES), [CALLER_HERTZ]);
    t.equal(atCaller.sequenceBreaks + atCallee.sequenceBreaks, 0);
  });

  t.test('a gated call carries nothing, though both phones keep transmitting', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    await port.gate(callId);
    await caller.during(2); // what was on its way when the gate fell
    const [atCaller, atCallee] = await Promise.all([caller.during(15), callee.during(15)]);
    t.equal(atCaller.count, 0);
    t.equal(atCallee.count, 0);
  });

  t.test('held by the API both hear only music, and resume brings both voices back on the same ports', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    const voicePort = (await caller.next(1)).fromPorts;
    await port.gate(callId);
    await Promise.all([
      port.play(callId, 'caller', { kind: 'music', music: 'default' }),
      port.play(callId, 'callee', { kind: 'music', music: 'default' }),
    ]);
    await Promise.all([caller.during(2), callee.during(2)]);
    const [atCaller, atCallee] = await Promise.all([caller.next(25), callee.next(25)]);
    t.equal(atCaller.packetsWith(MUSIC_HERTZ), 25);
    t.equal(atCallee.packetsWith(MUSIC_HERTZ), 25);
    t.equal(atCaller.perSsrc.size, 1);
    t.equal(atCaller.sequenceBreaks + atCallee.sequenceBreaks, 0);
    t.same(atCaller.fromPorts, voicePort);

    await Promise.all([port.stop(callId, 'caller'), port.stop(callId, 'callee')]);
    await port.ungate(callId);
    await hearEachOther(t, caller, callee);
  });

  t.test('when one party holds, the other hears music and the holder hears nothing', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    await port.gate(callId);
    await port.play(callId, 'callee', { kind: 'music', music: 'default' });
    await Promise.all([caller.during(2), callee.during(2)]);
    const [atCaller, atCallee] = await Promise.all([caller.during(20), callee.next(20)]);
    t.equal(atCaller.count, 0);
    t.equal(atCallee.packetsWith(MUSIC_HERTZ), 20);
    t.same(atCallee.tones(...TONES), [MUSIC_HERTZ]);
  });

  t.test('key presses do not pass a gate, and pass again after it', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    const digits = (packets: readonly { payloadType: number }[]): number =>
      packets.filter((packet) => packet.payloadType === TELEPHONE_EVENT).length;
    const open = callee.during(10);
    caller.press(5);
    t.not(digits((await open).packets), 0);
    await port.gate(callId);
    await callee.during(2);
    const gated = callee.during(10);
    caller.press(6);
    t.equal(digits((await gated).packets), 0);
    await port.ungate(callId);
    await callee.during(2);
    const reopened = callee.during(10);
    caller.press(7);
    t.not(digits((await reopened).packets), 0);
  });

  t.test('gating twice and letting through twice are fine, and so is stopping somebody who hears nothing', async (t) => {
    const { callId, caller } = await talkingPhones(t, media);
    await port.gate(callId);
    await port.gate(callId);
    await port.ungate(callId);
    await port.ungate(callId);
    await port.stop(callId, 'caller');
    await port.stop(callId, 'caller');
    t.same((await caller.next(10)).tones(...TONES), [CALLEE_HERTZ]);
  });

  t.test('music played again after a change of codec has the new codec and goes on in one stream', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    await port.gate(callId);
    await port.play(callId, 'caller', { kind: 'music', music: 'default' });
    await caller.during(2);
    t.same((await caller.next(5)).payloadTypes, [PCMU]);
    const onlyPcma = { payloadTypes: [PCMA, TELEPHONE_EVENT] };
    await port.offer(callId, 'caller', caller.sdp({ ...onlyPcma, version: 2 }));
    await port.answer(callId, 'caller', callee.sdp(onlyPcma));
    await port.play(callId, 'caller', { kind: 'music', music: 'default' });
    await caller.next(3); // one packet of the old sound may follow the first of the new
    const after = await caller.next(20);
    t.same(after.payloadTypes, [PCMA]);
    t.equal(after.packetsWith(MUSIC_HERTZ), 20);
    t.equal(after.perSsrc.size, 1);
  });

  t.test('music is never counted higher than what has arrived, and not much lower', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    t.same(await port.musicPackets(callId), { caller: 0, callee: 0 });
    await port.gate(callId);
    await callee.during(3);
    callee.forget();
    await port.play(callId, 'callee', { kind: 'music', music: 'default' });
    await caller.during(40);
    const counted = await port.musicPackets(callId);
    const arrived = callee.heard.packetsWith(MUSIC_HERTZ);
    t.equal(counted.caller, 0);
    t.ok(counted.callee <= arrived + 1, `${counted.callee} counted, ${arrived} arrived`);
    t.ok(counted.callee >= arrived - 5, `${counted.callee} counted, ${arrived} arrived`);
    await port.stop(callId, 'callee');
    t.same(await port.musicPackets(callId), { caller: 0, callee: 0 });
  });

  t.test('our own first offer: the phone called hears ringing, then the real other party, and no port moves', async (t) => {
    const callId = 'first-offer' as CallId;
    const caller = await openPhone(t);
    const callee = await openPhone(t);
    const offer = await port.firstOffer(callId, 'caller');
    t.match(offer, /^m=audio \d+ RTP\/AVP 8 0 9 96 101\r?$/m);
    t.match(offer, /^c=IN IP4 127\.0\.0\.1\r?$/m);
    t.match(offer, /^a=sendrecv\r?$/m);
    caller.obey(offer);
    await port.answer(callId, 'callee', caller.sdp());
    caller.talk(CALLER_HERTZ);
    await port.play(callId, 'caller', { kind: 'ringback' });
    const ringing = await caller.next(20);
    t.equal(ringing.packetsWith(RINGBACK_HERTZ), 20);

    callee.obey(await port.offer(callId, 'caller', caller.sdp()));
    t.equal((await caller.next(5)).packetsWith(RINGBACK_HERTZ), 5, 'still rings while the other is called');
    const made = await port.answer(callId, 'caller', callee.sdp({ payloadTypes: [PCMA, TELEPHONE_EVENT] }));
    const { target } = caller;
    caller.obey(made);
    t.same(caller.target, target, 'the port towards the first phone is the same');
    await port.stop(callId, 'caller');
    callee.talk(CALLEE_HERTZ);
    await Promise.all([caller.next(2), callee.next(2)]);
    const [atCaller, atCallee] = await Promise.all([caller.next(15), callee.next(15)]);
    t.same(atCaller.tones(CALLER_HERTZ, CALLEE_HERTZ), [CALLEE_HERTZ]);
    t.same(atCallee.tones(...TONES), [CALLER_HERTZ]);
    await port.delete(callId);
  });

  t.test('a late offer: the called party offers and the caller answers', async (t) => {
    const callId = 'late-offer' as CallId;
    const caller = await openPhone(t);
    const callee = await openPhone(t);
    caller.obey(await port.offer(callId, 'callee', callee.sdp()));
    callee.obey(await port.answer(callId, 'callee', caller.sdp()));
    caller.talk(CALLER_HERTZ);
    callee.talk(CALLEE_HERTZ);
    const [atCaller, atCallee] = await Promise.all([caller.next(15), callee.next(15)]);
    t.same(atCaller.tones(...TONES), [CALLEE_HERTZ]);
    t.same(atCallee.tones(...TONES), [CALLER_HERTZ]);
    await port.delete(callId);
  });

  t.test('a deleted call carries nothing, is unknown afterwards, and may be deleted again', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    await port.delete(callId);
    await caller.during(2);
    t.equal((await caller.during(10)).count, 0);
    t.equal((await callee.during(10)).count, 0);
    await port.delete(callId);
    await t.rejects(port.gate(callId), { code: 'media_gone' });
    await t.rejects(port.play(callId, 'caller', { kind: 'music', music: 'default' }), { code: 'media_gone' });
    await t.rejects(port.stop(callId, 'caller'), { code: 'media_gone' });
    await t.rejects(port.answer(callId, 'caller', caller.sdp()), { code: 'media_gone' });
  });

  t.test('a description nobody can read is refused', async (t) => {
    await t.rejects(port.offer('bad-sdp' as CallId, 'caller', 'v=nonsense'), { code: 'media_failed' });
    await t.rejects(port.offer('no-sdp' as CallId, 'caller', ''), { code: 'media_failed' });
  });

  t.test('a music file that has vanished is replaced by a tone, and health says so', async (t) => {
    const { callId, caller } = await talkingPhones(t, media);
    t.equal(media.health().music, 'files');
    const cache = join(media.config.folder, 'music-cache');
    readdirSync(cache).forEach((file) => rmSync(join(cache, file)));
    await port.gate(callId);
    await caller.during(2);
    caller.forget();
    await port.play(callId, 'caller', { kind: 'music', music: 'default' });
    const heard = await caller.next(20);
    t.equal(heard.packetsWith(MUSIC_HERTZ), 0);
    t.not(heard.packetsWith(659), 0, 'the first note of the chime');
    t.equal(media.health().music, 'generated-tone');
    t.match(media.health().problems, [/a tone is played instead of .*music-.*mka/]);
  });
});
