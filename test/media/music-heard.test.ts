/**
 * Goal: what listeners really hear of classes, playlists, announcements and interjections. Method: a real rtpengine, and music that is
 * tones: which frequency arrives says which file is played, and where in it.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { findProgram } from '#media/find-program.js';
import { MUSIC_HERTZ, RINGBACK_HERTZ, startTestMedia, talkingPhones, type TestMedia } from '../support/media-fixture.js';
import type { Heard } from '../support/heard.js';
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
    'music/parts/parts.wav': tonesWav({ hertz: FIRST, seconds: 1 }, { hertz: SECOND, seconds: 2 }),
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
    t.equal(heard.sequenceBreaks, 0);
    t.equal(heard.perSsrc.size, 1);
    const counted = await port.musicPackets(callId);
    t.ok(Math.abs(counted.caller - caller.heard.count) <= 2, `${counted.caller} counted, ${caller.heard.count} heard`);
    t.comment(`longest gap ${heard.longestGapMs.toFixed(1)} ms`);
    await port.delete(callId);
  });

  t.test('a second hold goes on where the music stopped, and the loop comes round', async (t) => {
    const { callId, caller } = await held(t);
    await port.play(callId, 'caller', music('parts'));
    const before = await caller.next(100); // a second of each tone
    t.same(runs(before, FIRST, SECOND), [FIRST, SECOND]);
    await port.stop(callId, 'caller');
    await caller.during(5);
    caller.forget();
    await port.play(callId, 'caller', music('parts'));
    const after = await caller.next(130);
    t.same(runs(after, FIRST, SECOND), [SECOND, FIRST, SECOND]);
    const rest = after.packetsWith(SECOND);
    t.ok(rest >= 75 && rest <= 95, `a second of the second tone was left and the loop has begun it again: ${rest} packets of it`);
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

  t.test('files of every kind dropped in are heard without a restart; garbage is named', async (t) => {
    const { callId, caller } = await held(t);
    const formats = { 'a.ogg': 'libvorbis', 'b.mp3': 'libmp3lame', 'c.flac': 'flac', 'd.m4a': 'aac' };
    let hertz = 700;
    for (const [name, codec] of Object.entries(formats)) {
      const className = `drop-${name.slice(-3)}`;
      drop(media, className, name, encoded(t, name, codec, (hertz += 100)));
      await until(`${name} is playable`, () => filesOf(media, className).some((file) => file.seconds !== undefined));
      await port.play(callId, 'caller', music(className));
      await caller.next(3);
      t.same((await caller.next(10)).tones(800, 900, 1000, 1100), [hertz], name);
    }
    drop(media, 'drop-bad', 'x.mp3', Buffer.from('this is no music'));
    await until('garbage is named', () =>
      media.health().problems.some((problem) => /x\.mp3 is not played: ffmpeg/.test(problem)),
    );
    await port.delete(callId);
  });

  t.test('seconds of silence are counted per party, and by a new port as well', async (t) => {
    const { callId, caller, callee } = await talkingPhones(t, media);
    const talking = await port.silenceSec(callId);
    t.ok((talking.caller ?? 99) <= 1 && (talking.callee ?? 99) <= 1);
    callee.hush();
    await until('the callee is silent', async () => ((await port.silenceSec(callId)).callee ?? 0) >= 2);
    t.ok(((await port.silenceSec(callId)).caller ?? 99) <= 1);
    caller.hush();
    const silent = 'silent' as typeof callId;
    const nobody = (await talkingPhones(t, media)).caller;
    nobody.hush();
    await port.offer(silent, 'caller', nobody.sdp());
    t.same(await port.silenceSec(silent), { caller: undefined, callee: undefined });
    await port.delete(silent);
    await port.delete(callId);
  });
});

/** The tones in the order they are heard, each run once. A packet with two of them is a change. */
function runs(heard: Heard, ...candidates: readonly number[]): number[] {
  const found: number[] = [];
  const each = candidates.map((hertz) => new Set(heard.packets.filter((packet) => only(heard, packet).packetsWith(hertz) > 0)));
  for (const packet of heard.packets) {
    const tones = candidates.filter((_hertz, at) => each[at]?.has(packet) === true);
    if (tones.length === 1 && tones[0] !== undefined && found.at(-1) !== tones[0]) found.push(tones[0]);
  }
  return found;
}

const only = (heard: Heard, packet: Heard['packets'][number]): Heard =>
  new (heard.constructor as new (packets: Heard['packets']) => Heard)([packet]);

const filesOf = (media: TestMedia, name: string) => media.music.list().find((one) => one.name === name)?.files ?? [];

/** As people do it: written elsewhere, then copied. */
function drop(media: TestMedia, className: string, name: string, content: Buffer): void {
  const folder = join(media.config.folder, 'music', className);
  mkdirSync(folder);
  const elsewhere = join(media.config.folder, name);
  writeFileSync(elsewhere, content);
  copyFileSync(elsewhere, join(folder, name));
}

function encoded(t: { teardown: (fn: () => void) => void }, name: string, codec: string, hertz: number): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-encode-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'in.wav'), toneWav({ hertz, seconds: 1 }));
  execFileSync(findProgram('ffmpeg') ?? '', ['-v', 'error', '-i', join(folder, 'in.wav'), '-c:a', codec, join(folder, name)]);
  return readFileSync(join(folder, name));
}
