import t from 'tap';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { startMedia } from '#media/media.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { freePorts } from '../support/free-ports.js';
import { LossyProxy } from '../support/lossy-proxy.js';
import {
  CALLEE_HERTZ,
  CALLER_HERTZ,
  MUSIC_HERTZ,
  startTestMedia,
  talkingPhones,
  testMediaConfig,
  TONES,
} from '../support/media-fixture.js';
import { until } from '../support/until.js';

const log = createLogger('silent');

t.test('a healthy room says so: version, files, no problems', async (t) => {
  const media = await startTestMedia(t);
  const health = media.health();
  t.match(health, { rtpengine: 'up', music: 'files' });
  t.same(health.problems, []);
  t.match(health.version, /^\d+\.\d+/);
});

t.test('without ffmpeg callers hear the music of Holdfast instead of silence, and health says why', async (t) => {
  const config = await testMediaConfig(t);
  const media = await startMedia(config, new RealClock(), log, () => ({ ffmpeg: undefined, espeak: undefined }));
  t.teardown(() => media.stop());
  t.match(media.health(), { music: 'generated-tone', problems: [/ffmpeg is not installed/] });
  const { callId, caller } = await talkingPhones(t, media);
  await media.port.gate(callId);
  await caller.during(2);
  await media.port.play(callId, 'caller', { kind: 'music', music: 'default' });
  const heard = await caller.next(20);
  t.equal(heard.perSsrc.size, 1);
  t.equal(heard.sequenceBreaks, 0);
  t.ok(
    heard.packets.some((packet) => new Set(packet.payload).size > 20),
    'it is no silence',
  );
});

t.test('too few ports or files for the calls allowed is told at start', async (t) => {
  const config = await testMediaConfig(t);
  const media = await startMedia({ ...config, sip: { ...config.sip, maxCalls: 50_000_000 } }, new RealClock(), log);
  t.teardown(() => media.stop());
  t.match(media.health().problems, [/rtpengine\.portMin to rtpengine\.portMax is room for 30 calls/, /open files/]);
});

t.test('a music folder with nothing but garbage does not keep the room from starting', async (t) => {
  const config = await testMediaConfig(t);
  const folder = join(config.folder, 'music/default');
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
  writeFileSync(join(folder, 'a.ogg'), 'OggS and then nothing');
  const media = await startMedia(config, new RealClock(), log);
  t.teardown(() => media.stop());
  t.match(media.health(), { rtpengine: 'up', music: 'generated-tone', problems: [/a\.ogg is not played/] });
});

t.test('commands and replies that get lost on the way change nothing but the time it takes', async (t) => {
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...(await freePorts()) };
  const rtpengine = await RtpengineProcess.start(options, new RealClock(), log);
  t.teardown(() => rtpengine.stop());
  const proxy = await LossyProxy.open(rtpengine.target.port);
  t.teardown(() => proxy.close());
  const media = await startTestMedia(t, { ng: `127.0.0.1:${proxy.port}` });
  for (const losing of ['commands', 'replies'] as const) {
    proxy.losing = losing;
    const before = proxy.lost;
    const { callId, caller, callee } = await talkingPhones(t, media);
    await media.port.gate(callId);
    await caller.during(2);
    callee.forget();
    await media.port.play(callId, 'callee', { kind: 'music', music: 'default' });
    await until('music arrives', () => callee.heard.count >= 25);
    const music = callee.heard;
    t.same(music.tones(...TONES), [MUSIC_HERTZ], `losing ${losing}`);
    t.equal(music.packets[0]?.marker, true);
    t.equal(music.packets.filter((packet) => packet.marker).length, 1, 'a repeated command did not start it twice');
    t.equal(music.sequenceBreaks, 0);
    await media.port.stop(callId, 'callee');
    await media.port.ungate(callId);
    await callee.next(2);
    t.same((await callee.next(10)).tones(...TONES), [CALLER_HERTZ]);
    t.same((await caller.next(10)).tones(...TONES), [CALLEE_HERTZ]);
    await media.port.delete(callId);
    t.ok(proxy.lost - before >= 9, 'each command lost something');
    proxy.losing = 'nothing';
  }
});
