import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { composeMusic } from '#media/compose-music.js';
import { findProgram } from '#media/find-program.js';
import { PACKET_MS, SAMPLE_RATE, writeMatroska } from '#media/matroska.js';
import { chime, ringback } from '#media/tones.js';

const largest = (samples: Int16Array): number => samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);

const same = (a: Int16Array, b: Int16Array): boolean => a.length === b.length && a.every((sample, at) => sample === b[at]);

function loudest(samples: Int16Array, fromSeconds: number, toSeconds: number): number {
  return largest(samples.subarray(fromSeconds * SAMPLE_RATE, toSeconds * SAMPLE_RATE));
}

t.test('ringback: one second of sound, four of silence, and no click at either end', async (t) => {
  const samples = ringback();
  t.equal(samples.length, 5 * SAMPLE_RATE);
  t.ok(loudest(samples, 0.1, 0.9) > 5000);
  t.equal(loudest(samples, 1, 5), 0);
  t.ok(loudest(samples, 0, 0.001) < 1000, 'it swells');
  t.ok(loudest(samples, 0.999, 1) < 1000, 'it fades');
  t.ok(same(ringback(), samples), 'the same every time');
});

t.test('the chime fits a datagram, and its loop does not click', async (t) => {
  const samples = chime();
  t.ok(writeMatroska(samples).length < 60_000);
  t.ok(largest(samples) > 5000);
  t.ok(Math.abs(samples.at(-1) ?? 0) < 100);
  t.ok(same(chime(), samples), 'the same every time');
});

t.test('the music is 60 to 90 seconds long, never silent, never distorted, and its end runs into its beginning', async (t) => {
  const samples = composeMusic();
  const seconds = samples.length / SAMPLE_RATE;
  t.ok(seconds >= 60 && seconds <= 90);
  t.ok(largest(samples) < 16_000);
  for (let second = 0; second < seconds - 1; second++) {
    t.ok(loudest(samples, second, second + 1) > 3000, `second ${second} is heard`);
  }
  const steps = samples.map((sample, at) => Math.abs(sample - (samples.at(at - 1) ?? 0)));
  t.ok((steps[0] ?? 0) <= largest(steps.slice(1)), 'the step over the seam is like any other');
  t.ok(same(composeMusic(), samples), 'the same every time');
});

t.test('a Matroska file of ours is whole packets of 20 ms, in order, with the samples that went in', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-mka-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const ffmpeg = findProgram('ffmpeg') ?? '';
  const ffprobe = findProgram('ffprobe') ?? '';
  for (const length of [1, 160, 161, 40_000, 160 * 250 + 1, 123_457]) {
    const samples = Int16Array.from({ length }, (_, at) => ((at * 7919) % 65_536) - 32_768);
    const file = join(folder, `${length}.mka`);
    writeFileSync(file, writeMatroska(samples));
    const pcm = execFileSync(ffmpeg, ['-v', 'error', '-i', file, '-f', 's16le', '-'], { maxBuffer: 1e9 });
    const read = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.length / 2);
    const packets = Math.ceil(length / 160);
    t.equal(read.length, packets * 160);
    t.ok(same(read.subarray(0, length), samples));
    t.equal(largest(read.subarray(length)), 0, 'the rest of the last packet is silence');
    const shown = execFileSync(ffprobe, ['-v', 'error', '-show_entries', 'packet=pts,size', '-of', 'csv=p=0', file]).toString();
    const expected = Array.from({ length: packets }, (_, packet) => `${packet * PACKET_MS},320`);
    t.same(shown.trim().split('\n'), expected);
  }
});

t.test('programs are found in PATH first, then in the system folders; what is no program is passed over', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-path-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'sh'), 'not executable', { mode: 0o644 });
  t.match(findProgram('sh', folder), /^\/(usr\/)?bin\/sh$/);
  rmSync(join(folder, 'sh'));
  writeFileSync(join(folder, 'sh'), '#!/bin/sh\n', { mode: 0o755 });
  t.equal(findProgram('sh', folder), join(folder, 'sh'));
  t.equal(findProgram('no-such-program-anywhere', folder), undefined);
});
