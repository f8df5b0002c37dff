import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { findProgram } from '#media/find-program.js';
import { writeMatroska } from '#media/matroska.js';
import { MusicProbe } from '#media/music-probe.js';
import { NgClient } from '#media/ng-client.js';
import { NgCommands } from '#media/ng-commands.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import type { Piece } from '#media/piece.js';
import { Sounds } from '#media/sounds.js';
import { chime, ringback } from '#media/tones.js';
import { freePorts } from '../support/free-ports.js';
import { toneWav } from '../support/wav.js';

const clock = new RealClock();
const log = createLogger('silent');

t.test('files are heard once before anybody relies on them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-probe-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const good = join(folder, 'good.mka');
  const flac = join(folder, 'music.flac');
  writeFileSync(good, writeMatroska(ringback()));
  writeFileSync(join(folder, 'tone.wav'), toneWav({ hertz: 700, seconds: 2 }));
  execFileSync(findProgram('ffmpeg') ?? '', ['-v', 'error', '-i', join(folder, 'tone.wav'), flac]);

  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...(await freePorts()) };
  const rtpengine = await RtpengineProcess.start(options, clock, log);
  const ng = new NgClient(rtpengine.target, clock, log, '127.0.0.1');
  t.teardown(async () => {
    ng.close();
    await rtpengine.stop();
  });
  const commands = new NgCommands(ng);
  await commands.ping();
  const probe = new MusicProbe(commands, '127.0.0.1', clock);
  const newSounds = (): Sounds =>
    new Sounds({ ng: commands, head: '', standIn: writeMatroska(chime()), onGone: () => undefined, log });
  const piece = (file: string): Piece => ({ name: file, file, ms: 2000 });

  t.test('what is heard is played', async (t) => {
    const sounds = newSounds();
    t.same((await probe.check(sounds, [piece(good), piece(good)])).problems, []);
    t.same(sounds.problems, []);
    t.same(sounds.of(piece(good)), { file: good });
  });

  t.test('a file that rtpengine takes and plays as silence is replaced by the chime for good', async (t) => {
    const sounds = newSounds();
    t.same((await probe.check(sounds, [piece(flac), piece(good)])).problems, []);
    t.match(sounds.problems, [/a tone is played instead of .*music\.flac: rtpengine takes it, and nothing is heard/]);
    t.ok('blob' in sounds.of(piece(flac)));
    t.equal(sounds.standsInFor(piece(flac)), true);
    t.match(sounds.of(piece(good)), { file: good });
  });

  t.test('a file that rtpengine refuses is told, and tried again each time: it may come back', async (t) => {
    const sounds = newSounds();
    const missing = piece(join(folder, 'missing.mka'));
    await probe.check(sounds, [piece(good), missing]);
    t.match(sounds.problems, [/missing\.mka: rtpengine refused playMedia/]);
    t.match(sounds.of(missing), { file: missing.file });
  });

  t.test('where nothing arrives at all, nothing is said against the files', async (t) => {
    const unreachable = new MusicProbe(commands, '192.0.2.9', clock); // not an address of this machine
    const sounds = newSounds();
    t.match(await unreachable.check(sounds, [piece(good)]), {
      problems: [/nothing that rtpengine plays arrives at 192\.0\.2\.9/],
    });
    t.same(sounds.problems, []);
    t.match(sounds.of(piece(good)), { file: good });
  });
});
