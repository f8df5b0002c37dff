/**
 * Goal: what those hear who share a stream, through everything that may happen to them. Method: a real rtpengine, the real thread, phones that
 * go on talking; who hears the same SSRC shares a stream.
 */
import t, { type Test } from 'tap';
import type { CallId, LegRole } from '#core/leg.js';
import {
  CALLEE_HERTZ,
  CALLER_HERTZ,
  hearEachOther,
  MUSIC_HERTZ,
  openPhone,
  startTestMedia,
  talkingPhones,
  TONES,
  type TalkingPhones,
} from '../../support/media-fixture.js';
import { PCMA, PCMU, type Heard, type RtpEndpoint } from '../../support/rtp-endpoint.js';
import { endRtpengineCall, rtpengineCalls, rtpenginePorts } from '../../support/rtpengine-calls.js';
import { until } from '../../support/until.js';

const MUSIC = { kind: 'music', music: 'default' } as const;
const BEEP = 880;

const ssrcOf = (heard: Heard): number => heard.packets.at(-1)?.ssrc ?? 0;
const lengthsOf = ({ packets }: Heard): readonly number[] => [...new Set(packets.map(({ payload }) => payload.length))];

t.test('those who are held together', async (t) => {
  const media = await startTestMedia(t, {}, { music: { fan: { from: 2, seats: 5, packetMs: 20, longFrom: 0 } } });
  const { port } = media;
  const pid = media.pid() ?? 0;
  const feeders = async (): Promise<string[]> => (await rtpengineCalls(pid)).filter((call) => call.startsWith('feed-'));

  const play = (callId: CallId, ...roles: LegRole[]): Promise<void[]> =>
    Promise.all(roles.map((role) => port.play(callId, role, MUSIC)));
  const held = async (t: Test, ...roles: LegRole[]): Promise<TalkingPhones> => {
    const phones = await talkingPhones(t, media);
    await port.gate(phones.callId);
    await phones.caller.during(3);
    await play(phones.callId, ...roles);
    t.teardown(() => port.delete(phones.callId));
    return phones;
  };
  const steadySsrc = async (phone: RtpEndpoint): Promise<number> => {
    await phone.next(3);
    const heard = await phone.next(15);
    t.same(heard.tones(...TONES), [MUSIC_HERTZ]);
    t.equal(heard.perSsrc.size, 1, 'one stream, never two');
    t.equal(heard.sequenceBreaks, 0);
    return heard.packets[0]?.ssrc ?? 0;
  };

  // The thread starts beside; the first one who is alone keeps the class from resting.
  const alone = await held(t, 'caller');
  await until('the thread copies', async () => {
    const { callId, caller, callee } = await held(t, 'caller');
    const shared = (await feeders()).length > 0;
    for (const phone of [caller, callee]) phone.hush(); // its ports are soon another call's
    await port.delete(callId);
    return shared;
  });

  t.test('share a stream, from the ports they talk to; whoever came before them is alone', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    const ports = [(await caller.next(1)).fromPorts, (await callee.next(1)).fromPorts];
    await port.gate(callId);
    await caller.during(3);
    await play(callId, 'caller', 'callee');
    const [one, two] = await Promise.all([steadySsrc(caller), steadySsrc(callee)]);
    t.equal(one, two);
    t.not(await steadySsrc(alone.caller), one);
    t.same([(await caller.next(1)).fromPorts, (await callee.next(1)).fromPorts], ports);
    const packets = await port.musicPackets(callId);
    t.ok(packets.caller >= 18 && packets.callee >= 18, JSON.stringify(packets));
    t.ok(packets.caller <= caller.heard.count + 200);

    await Promise.all([port.stop(callId, 'caller'), port.stop(callId, 'callee')]);
    await port.ungate(callId);
    const { atCaller } = await hearEachOther(t, caller, callee);
    t.equal(atCaller.perSsrc.size, 1, 'no music over the voice');
    t.same(await port.musicPackets(callId), { caller: 0, callee: 0 });
    await port.delete(callId);
  });

  t.test('a phone is heard by rtpengine as before: its silence is still known, and keys still go to it', async (t) => {
    const { callId } = await held(t, 'caller');
    t.same(await port.silenceSec(callId), { caller: 0, callee: 0 });
  });

  t.test('a phone that is somewhere else than it says, as behind NAT, hears the music where it is', async (t) => {
    const callId = 'natted' as CallId;
    const caller = await openPhone(t);
    const callee = await openPhone(t);
    const wrong = (sdp: string): string => sdp.replace(/m=audio \d+/, 'm=audio 9');
    callee.obey(await port.offer(callId, 'caller', wrong(caller.sdp())));
    caller.obey(await port.answer(callId, 'caller', callee.sdp()));
    caller.talk(CALLER_HERTZ);
    callee.talk(CALLEE_HERTZ);
    await caller.next(5); // rtpengine has learned where it is
    await port.gate(callId);
    await caller.during(3);
    await play(callId, 'caller');
    await steadySsrc(caller);
    await port.delete(callId);
  });

  t.test('another codec is another stream, and a phone that changes to it while it is held hears that', async (t) => {
    const { callId, caller, callee } = await held(t, 'caller');
    const before = await steadySsrc(caller);
    const onlyPcma = { payloadTypes: [PCMA, 101] };
    await port.offer(callId, 'caller', caller.sdp({ ...onlyPcma, version: 2 }));
    await port.answer(callId, 'caller', callee.sdp(onlyPcma));
    await play(callId, 'caller');
    await caller.next(3);
    const heard = await caller.next(10);
    t.same(heard.payloadTypes, [PCMA]);
    t.same(heard.tones(...TONES), [MUSIC_HERTZ]);
    t.not(heard.packets[0]?.ssrc, before);
    await port.delete(callId);
  });

  t.test('what is said to one is heard by that one alone, and the music after it too', async (t) => {
    const { callId, caller, callee } = await held(t, 'caller', 'callee');
    const shared = await steadySsrc(callee);
    caller.forget();
    await port.interject(callId, 'caller', { kind: 'beep' });
    await until('the beep is heard', () => caller.heard.packetsWith(BEEP) > 0);
    t.equal(callee.heard.packetsWith(BEEP), 0);
    await until('music again', () => caller.heard.packets.at(-1) !== undefined && caller.heard.packetsWith(MUSIC_HERTZ) > 10);
    t.not(await steadySsrc(caller), shared);
    t.equal(await steadySsrc(callee), shared);
    await port.delete(callId);
  });

  t.test('a class that changes while they are held, and a mute, change nothing for the others', async (t) => {
    const [one, two] = [await held(t, 'caller'), await held(t, 'caller')];
    const shared = await steadySsrc(two.caller);
    await port.mute(one.callId, 'caller');
    await port.play(one.callId, 'caller', { kind: 'ringback' });
    await one.caller.next(2);
    t.same((await one.caller.next(10)).tones(425, MUSIC_HERTZ), [425]);
    t.equal(await steadySsrc(two.caller), shared);
    await play(one.callId, 'caller');
    await one.caller.next(3);
    t.equal(await steadySsrc(one.caller), shared, 'and back');
    await port.delete(one.callId);
    await port.delete(two.callId);
  });

  t.test('whoever sends to a port of the source, as a phone whose call had it before, takes the music from nobody', async (t) => {
    const [one] = [await held(t, 'caller'), await held(t, 'caller')];
    const shared = await steadySsrc(one.caller);
    const ports = (await Promise.all((await feeders()).map((feeder) => rtpenginePorts(pid, feeder)))).flat();
    t.ok(ports.length >= 4);
    const strangers = await Promise.all(
      ports.map(async (port) => {
        const stranger = await openPhone(t);
        stranger.obey(`c=IN IP4 127.0.0.1\r\nm=audio ${port} RTP/AVP 0\r\n`);
        stranger.talk(CALLER_HERTZ);
        return stranger;
      }),
    );
    await one.caller.next(75);
    t.equal(await steadySsrc(one.caller), shared);
    t.same(
      strangers.map(({ heard }) => heard.packetsWith(MUSIC_HERTZ)),
      ports.map(() => 0),
    );
  });

  t.test('when the source of a stream dies, each hears music again, alone', async (t) => {
    const [one, two] = [await held(t, 'caller'), await held(t, 'caller')];
    const shared = await steadySsrc(one.caller);
    for (const feeder of await feeders()) await endRtpengineCall(pid, feeder);
    await until('both hear music again', () =>
      [one, two].every(({ caller }) => caller.heard.packets.at(-1) !== undefined && caller.heard.packets.at(-1)?.ssrc !== shared),
    );
    const [atOne, atTwo] = [await steadySsrc(one.caller), await steadySsrc(two.caller)];
    t.not(atOne, atTwo);
    await port.stop(one.callId, 'caller');
    await port.ungate(one.callId);
    await one.caller.next(2);
    t.same((await one.caller.next(10)).tones(...TONES), [CALLEE_HERTZ]);
  });
});

t.test('one who comes to a big crowd is sent a third of the packets, which are the same music without a gap', async (t) => {
  const media = await startTestMedia(t, {}, { music: { fan: { from: 1, seats: 5, packetMs: 20, longFrom: 2 } } });
  const { port } = media;
  const { callId, caller, callee } = await talkingPhones(t, media);
  await port.gate(callId);
  await caller.during(3);
  // Both at once could take either place.
  await port.play(callId, 'caller', MUSIC);
  await until('the thread copies', async () => {
    await port.play(callId, 'callee', MUSIC);
    const heard = await callee.next(2);
    return heard.packets.every(({ payload }) => payload.length === 480) || (await port.stop(callId, 'callee'), false);
  });
  const heard = await callee.next(20);
  t.same(heard.tones(...TONES), [MUSIC_HERTZ]);
  t.equal(heard.sequenceBreaks, 0);
  t.same(new Set(heard.packets.map(({ payload }) => payload.length)), new Set([480]), '60 ms of G.711');
  const steps = heard.packets.slice(1).map(({ timestamp }, at) => (timestamp - (heard.packets[at]?.timestamp ?? 0)) >>> 0);
  t.same(new Set(steps), new Set([480]), 'no part of one is missing');
  await port.stop(callId, 'callee');
  await port.ungate(callId);
  await callee.next(2);
  t.same((await callee.next(10)).tones(...TONES), [CALLER_HERTZ], 'the voice comes as ever');
});

t.test('when the crowd is big, who was alone and who had short packets share the long ones', async (t) => {
  const media = await startTestMedia(t, {}, { music: { fan: { from: 2, seats: 9, packetMs: 20, longFrom: 4 } } });
  const { port } = media;
  const all = await Promise.all([1, 2, 3, 4].map(() => talkingPhones(t, media)));
  for (const { callId } of all) await port.gate(callId);
  const holds = async ({ callId, caller }: TalkingPhones): Promise<Heard> => {
    await port.play(callId, 'caller', MUSIC);
    await caller.next(2);
    return caller.next(3);
  };
  const [first, second, third, fourth] = all as [TalkingPhones, TalkingPhones, TalkingPhones, TalkingPhones];
  const alone = await holds(first);
  // The thread starts beside: until it is there the second one is alone too, and sits down when it is played to again.
  let shared = alone;
  await until('the thread copies', async () => {
    const { length } = (await rtpengineCalls(media.pid() ?? 0)).filter((call) => call.startsWith('feed-'));
    shared = await holds(second);
    return length > 0;
  });
  await holds(third);
  t.not(ssrcOf(shared), ssrcOf(alone));
  t.same(lengthsOf(shared), [160]);
  await port.play(fourth.callId, 'caller', MUSIC);
  await until('all hear long packets', () => all.every(({ caller }) => caller.heard.packets.at(-1)?.payload.length === 480));
  const turned = second.caller.heard.packets.filter(({ payload }) => payload.length === 160).at(-1);
  const long = second.caller.heard.packets.find(({ payload }) => payload.length === 480);
  t.equal(((long?.timestamp ?? 0) - (turned?.timestamp ?? 0)) >>> 0, 160, 'the long ones begin where the short ones end');
  const heard = await Promise.all(all.map(({ caller }) => caller.next(20)));
  for (const one of heard) {
    t.same(one.tones(...TONES), [MUSIC_HERTZ]);
    t.equal(one.sequenceBreaks, 0);
    t.same(lengthsOf(one), [480]);
  }
  t.equal(new Set(heard.map(ssrcOf)).size, 1, 'one source for all');
  const counts = await Promise.all([first, fourth].map(({ callId }) => port.musicPackets(callId)));
  const [atFirst = 0, atFourth = 0] = counts.map(({ caller }) => caller);
  t.ok(
    atFirst > 0 && Math.abs(atFirst - atFourth) < 5,
    `${atFirst}, ${atFourth}: of one who is brought over only what it shares is counted`,
  );
  for (const { callId, caller, callee } of [first, second]) {
    await port.stop(callId, 'caller');
    await port.ungate(callId);
    await hearEachOther(t, caller, callee);
    await port.delete(callId);
  }
});

t.test('nobody shares where that is switched off', async (t) => {
  const media = await startTestMedia(t);
  const { callId, caller, callee } = await talkingPhones(t, media);
  await media.port.gate(callId);
  await Promise.all([media.port.play(callId, 'caller', MUSIC), media.port.play(callId, 'callee', MUSIC)]);
  await caller.during(3);
  const [one, two] = [await caller.next(5), await callee.next(5)];
  t.same(one.payloadTypes, [PCMU]);
  t.not(one.packets[0]?.ssrc, two.packets[0]?.ssrc);
  t.notOk((await rtpengineCalls(media.pid() ?? 0)).some((call) => call.startsWith('feed-')));
});
