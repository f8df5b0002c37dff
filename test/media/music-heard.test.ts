/**
 * Goal: what listeners really hear of classes, playlists, announcements and interjections. Method: a real rtpengine, and music that is
 * tones: which frequency arrives says which file is played, and where in it.
 */
import t from 'tap';
import { MUSIC_HERTZ, RINGBACK_HERTZ, startTestMedia, talkingPhones, type TestMedia } from '../support/media-fixture.js';
import { Heard, type RtpPacket } from '../support/heard.js';
import type { RtpEndpoint } from '../support/rtp-endpoint.js';
import { until } from '../support/until.js';
import { tonesWav, toneWav } from '../support/wav.js';

const SALES = 600;
const FIRST = 500;
const SECOND = 1600;
const WORDS = 2200;
const BEEP = 880;
const ALL = [SALES, FIRST, SECOND, WORDS, BEEP, MUSIC_HERTZ, RINGBACK_HERTZ];

const setup = {
  files: {
    'music/sales/tone.wav': toneWav({ hertz: SALES, seconds: 2 }),
    'music/parts/parts.wav': tonesWav({ hertz: FIRST, seconds: 0.5 }, { hertz: SECOND, seconds: 1.5 }),
    'music/list/1.wav': toneWav({ hertz: FIRST, seconds: 0.6 }),
    'music/list/2.wav': toneWav({ hertz: SECOND, seconds: 0.6 }),
    'music/empty/README.md': 'no music here',
    'words.wav': toneWav({ hertz: WORDS, seconds: 0.5 }),
  },
  music: {
    prompts: { words: { file: 'words.wav' } },
    classes: { talking: { folder: 'music/sales', announcement: { prompt: 'words', everySeconds: 1 } } },
  },
};

const music = (name: string) => ({ kind: 'music', music: name }) as const;

t.test('music as it is heard', async (t) => {
  const media = await startTestMedia(t, {}, setup);
  const { port } = media;
  const read = (name: string, count: number): boolean =>
    filesOf(media, name).filter(({ seconds }) => seconds !== undefined).length === count;
  await until('all folders are read', () => read('sales', 1) && read('talking', 1) && read('parts', 1) && read('list', 2));

  /** A held phone that hears nothing yet, and goes on transmitting. */
  async function held(
    t: Parameters<typeof talkingPhones>[0],
  ): Promise<{ callId: Parameters<typeof port.gate>[0]; caller: RtpEndpoint }> {
    const { callId, caller } = await talkingPhones(t, media);
    await port.gate(callId);
    await caller.during(3);
    caller.forget();
    return { callId, caller };
  }

  t.test('each class is heard as itself, and is changed during play in one stream', async (t) => {
    const { callId, caller } = await held(t);
    await port.play(callId, 'caller', music('sales'));
    t.same((await caller.next(20)).tones(...ALL), [SALES]);
    await port.play(callId, 'caller', music('default'));
    await caller.next(2);
    const changed = await caller.next(20);
    t.same(changed.tones(...ALL), [MUSIC_HERTZ]);
    t.equal(changed.sequenceBreaks, 0);
    await port.delete(callId);
  });

  t.test('a class that nobody has, and one with nothing to play, are heard as default, and health says so', async (t) => {
    const { callId, caller } = await held(t);
    for (const name of ['nobody', 'empty']) {
      await port.play(callId, 'caller', music(name));
      await caller.next(2);
      t.same((await caller.next(10)).tones(...ALL), [MUSIC_HERTZ]);
      t.match(media.health().problems.join('\n'), `music class ${name} is asked for and has nothing to play`);
    }
    await port.delete(callId);
  });

  t.test('the files of a class follow each other without a gap and come round again', async (t) => {
    const { callId, caller } = await held(t);
    await port.play(callId, 'caller', music('list'));
    const heard = await caller.next(30 * 5 - 5);
    t.same(runs(heard, FIRST, SECOND), [FIRST, SECOND, FIRST, SECOND, FIRST]);
    t.equal(heard.perSsrc.size, 1);
    const counted = await port.musicPackets(callId);
    t.ok(Math.abs(counted.caller - caller.heard.count) <= 2, `${counted.caller} counted, ${caller.heard.count} heard`);
    t.comment(`longest gap ${heard.longestGapMs.toFixed(1)} ms, ${heard.sequenceBreaks} packets out of order`);
    await port.delete(callId);
  });

  t.test('a second hold goes on where the music stopped, and the loop comes round', async (t) => {
    const { callId, caller } = await held(t);
    await port.play(callId, 'caller', music('parts'));
    await caller.next(35); // half a second of the first tone, then the second; past a second it would be too near to the end to go on there
    await port.stop(callId, 'caller');
    await caller.during(3); // whatever was on its way
    caller.forget();
    await port.play(callId, 'caller', music('parts'));
    const after = await caller.next(240);
    t.same(runs(after, FIRST, SECOND), [SECOND, FIRST, SECOND, FIRST, SECOND], 'from then on it is the whole file');
    const left = after.packets.findIndex((packet) => only(packet).packetsWith(FIRST) > 0);
    t.ok(left >= 35 && left <= 75, `35 of the 100 packets of the file were heard; it comes round after ${left}`);
    t.equal(after.sequenceBreaks, 0);
    t.same(
      after.packets.slice(1).filter(({ marker }) => marker),
      [],
      'the rest and the loop are one sound',
    );
    await port.delete(callId);
  });

  t.test('an announcement comes between the music, and the music goes on', async (t) => {
    const { callId, caller } = await held(t);
    await port.play(callId, 'caller', music('talking'));
    const heard = await caller.next(50 + 25 + 40);
    t.same(runs(heard, SALES, WORDS), [SALES, WORDS, SALES]);
    t.ok(Math.abs(heard.packetsWith(WORDS) - 25) <= 1);
    t.equal(heard.sequenceBreaks, 0);
    await port.delete(callId);
  });

  t.test('a beep over music, over ringing and over nothing', async (t) => {
    const { callId, caller } = await held(t);
    t.equal(await port.interject(callId, 'caller', { kind: 'beep' }), 400);
    const alone = await caller.during(40);
    t.same(alone.tones(...ALL), [BEEP]);
    t.ok(alone.count >= 19 && alone.count <= 20, 'once: the first packet may have come before anybody listened');
    await port.play(callId, 'caller', music('sales'));
    await caller.next(10);
    await port.interject(callId, 'caller', { kind: 'beep' });
    const over = await caller.next(50);
    t.same(runs(over, SALES, BEEP).slice(-2), [BEEP, SALES]);
    await port.play(callId, 'caller', { kind: 'ringback' });
    await caller.next(10);
    await port.interject(callId, 'caller', { kind: 'beep' });
    const ringing = await caller.next(50);
    t.same(runs(ringing, RINGBACK_HERTZ, BEEP).slice(-2), [BEEP, RINGBACK_HERTZ]);
    await port.delete(callId);
  });

  t.test('a prompt is spoken once, and lasts as long as is said', async (t) => {
    const { callId, caller } = await held(t);
    const ms = await port.interject(callId, 'caller', { kind: 'prompt', prompt: { text: 'Your call is parked on slot four' } });
    t.ok(ms > 1000 && ms < 6000, `${ms} ms`);
    const heard = await caller.during(ms / 20 + 20);
    t.ok(Math.abs(heard.count - ms / 20) <= 1);
    t.ok(heard.packets.filter(({ payload }) => new Set(payload).size > 20).length > 20, 'it is no silence');
    await t.rejects(port.interject(callId, 'caller', { kind: 'prompt', prompt: { name: 'nowhere' } }), { code: 'media_failed' });
    await port.delete(callId);
  });
});

/** The tones in the order they are heard, each run once. A packet with two of them is a change. */
function runs(heard: Heard, ...candidates: readonly number[]): number[] {
  const found: number[] = [];
  const each = candidates.map((hertz) => new Set(heard.packets.filter((packet) => only(packet).packetsWith(hertz) > 0)));
  for (const packet of heard.packets) {
    const tones = candidates.filter((_hertz, at) => each[at]?.has(packet) === true);
    if (tones.length === 1 && tones[0] !== undefined && found.at(-1) !== tones[0]) found.push(tones[0]);
  }
  return found;
}

const only = (packet: RtpPacket): Heard => new Heard([packet]);

const filesOf = (media: TestMedia, name: string) => media.music.list().find((one) => one.name === name)?.files ?? [];
