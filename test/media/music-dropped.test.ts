/**
 * Goal: a file that is dropped into a folder while we run is heard, whatever its form; what is no music is named. And how long a party has
 * been silent. Method: a real rtpengine, and music that is tones.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { findProgram } from '#media/find-program.js';
import { CALLEE_HERTZ, openPhone, startTestMedia, talkingPhones, type TestMedia } from '../support/media-fixture.js';
import { until } from '../support/until.js';
import { toneWav } from '../support/wav.js';

t.test('while we run', async (t) => {
  const media = await startTestMedia(t);
  const { port } = media;

  t.test('files of every kind dropped in are heard without a restart; garbage is named', async (t) => {
    const { callId, caller } = await talkingPhones(t, media);
    await port.gate(callId);
    await caller.during(3);
    const formats = { 'a.ogg': 'libvorbis', 'b.mp3': 'libmp3lame', 'c.flac': 'flac', 'd.m4a': 'aac' };
    let hertz = 700;
    for (const [name, codec] of Object.entries(formats)) {
      const className = `drop-${name.slice(-3)}`;
      drop(media, className, name, encoded(t, name, codec, (hertz += 100)));
      await until(`${name} is playable`, () => filesOf(media, className).some((file) => file.seconds !== undefined));
      await port.play(callId, 'caller', { kind: 'music', music: className });
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
    // To another port of its own, told in a re-INVITE; where it sends to is as before.
    const moved = await openPhone(t);
    moved.obey(await port.offer(callId, 'callee', moved.sdp({ version: 2 })));
    await port.answer(callId, 'callee', caller.sdp({ version: 2 }));
    moved.obey(`c=IN IP4 127.0.0.1\r\nm=audio ${callee.target?.port ?? 0} RTP/AVP 0\r\n`);
    moved.talk(CALLEE_HERTZ);
    await until('the callee is heard again', async () => ((await port.silenceSec(callId)).callee ?? 9) <= 1);
    const silent = 'silent' as CallId;
    const nobody = await openPhone(t);
    await port.offer(silent, 'caller', nobody.sdp());
    t.same(await port.silenceSec(silent), { caller: undefined, callee: undefined });
    await port.delete(silent);
    await port.delete(callId);
  });
});

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
