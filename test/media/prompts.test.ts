/**
 * Goal: words are spoken once and found again, whatever stands in them is text and nothing else, and what cannot be spoken is said clearly.
 * Method: the real espeak-ng and ffmpeg.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RealClock } from '#kit/clock.js';
import { findProgram } from '#media/find-program.js';
import { MusicCache } from '#media/music-cache.js';
import { Prompts } from '#media/prompts.js';
import { PLAIN_MUSIC, type MusicConfig } from '../support/media-fixture.js';
import { toneWav } from '../support/wav.js';

const clock = new RealClock();

async function newPrompts(
  t: { teardown: (fn: () => void) => void },
  change: Partial<MusicConfig> = {},
  espeak = findProgram('espeak-ng'),
) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-prompts-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const config = { folder, music: { ...PLAIN_MUSIC, ...change } };
  const cache = await MusicCache.open(config, clock, findProgram('ffmpeg'));
  const kept = (): string[] => readdirSync(cache.folder).filter((name) => name.startsWith('prompt'));
  return { folder, kept, prompts: new Prompts({ config, cache, clock, findEspeak: () => espeak }) };
}

t.test('a text is spoken once; asked for again, and at the same time, it is the same file', async (t) => {
  const { prompts, kept } = await newPrompts(t);
  const both = await Promise.all([prompts.get({ text: 'Please hold the line' }), prompts.get({ text: 'Please hold the line' })]);
  t.same(both[0], both[1]);
  t.ok(both[0].ms > 500 && both[0].ms < 5000, `${both[0].ms} ms`);
  const made = statSync(both[0].file).ino;
  t.same(await prompts.get({ text: 'Please hold the line' }), both[0]);
  t.equal(statSync(both[0].file).ino, made);
  t.equal(kept().length, 1, 'nothing half made is left');
  t.not((await prompts.get({ text: 'Another text' })).file, both[0].file);
});

t.test('prompts have names in music.yaml: texts with a voice, and files', async (t) => {
  const { prompts, folder } = await newPrompts(t, {
    prompts: { hello: { text: 'Hello' }, hallo: { text: 'Hello', language: 'de', voice: 'f3' }, tone: { file: 'tone.wav' } },
  });
  writeFileSync(join(folder, 'tone.wav'), toneWav({ hertz: 500, seconds: 2 }));
  const hello = await prompts.get({ name: 'hello' });
  t.not((await prompts.get({ name: 'hallo' })).file, hello.file, 'the voice is part of what it is');
  t.equal((await prompts.get({ text: 'Hello' })).file, hello.file);
  t.equal((await prompts.get({ name: 'tone' })).ms, 2000);
  writeFileSync(join(folder, 'tone.wav'), toneWav({ hertz: 500, seconds: 3 }));
  t.equal((await prompts.get({ name: 'tone' })).ms, 3000, 'a file that has changed is read again');
  await t.rejects(prompts.get({ name: 'nobody' }), { code: 'media_failed', message: /no prompt nobody/ });
  await t.rejects(prompts.get({ name: 'constructor' }), { code: 'media_failed' });
});

t.test('no text is a command, an option or a file', async (t) => {
  const { prompts, folder } = await newPrompts(t);
  for (const text of [
    '$(touch hurt); `touch hurt` | touch hurt',
    '-w hurt.wav',
    '--help',
    '-f /etc/passwd',
    '<speak>x</speak>',
    'ünïcode ✓',
  ]) {
    t.ok((await prompts.get({ text })).ms > 0, text);
  }
  t.same(readdirSync(folder), ['music-cache']);
  t.notOk(existsSync('hurt') || existsSync('hurt.wav'));
});

t.test('texts have a length, and what is not used for longest makes room', async (t) => {
  const { prompts, kept } = await newPrompts(t, { limits: { ...PLAIN_MUSIC.limits, maxPrompts: 2 } });
  for (const text of ['', '   ', 'x'.repeat(501)]) await t.rejects(prompts.get({ text }), { code: 'media_failed' });
  const one = await prompts.get({ text: 'one' });
  const two = await prompts.get({ text: 'two' });
  await prompts.get({ text: 'one' });
  const three = await prompts.get({ text: 'three' });
  t.equal(kept().length, 2);
  t.same(
    [one, two, three].map(({ file }) => existsSync(file)),
    [true, false, true],
  );
  t.ok((await prompts.get({ text: 'two' })).ms > 0, 'it is made again');
});

t.test('what is missing or wrong is said in one sentence', async (t) => {
  const missing = await newPrompts(t, {}, '/nowhere/espeak-ng');
  await t.rejects(missing.prompts.get({ text: 'hello' }), {
    code: 'media_failed',
    message: /espeak-ng cannot speak this: it could not be started/,
  });
  const voiceless = await newPrompts(t, { language: 'klingonese' });
  await t.rejects(voiceless.prompts.get({ text: 'hello' }), {
    code: 'media_failed',
    message: 'espeak-ng has no voice "klingonese"',
  });
  t.same(voiceless.kept(), []);
  const written = await newPrompts(t, { prompts: { greeting: { file: 'greeting.wav' }, hello: { text: 'Hello' } } });
  t.same(written.prompts.problems, ['the file of prompt greeting is not there: greeting.wav']);
  await t.rejects(written.prompts.get({ name: 'greeting' }), {
    message: 'the file of prompt greeting is not there: greeting.wav',
  });
  writeFileSync(join(written.folder, 'greeting.wav'), toneWav({ hertz: 500, seconds: 1 }));
  t.same(written.prompts.problems, []);
  const bad = { both: { text: 'x', file: 'y' }, neither: { voice: 'f3' }, voiced: { file: 'y', voice: 'f3' } };
  for (const [name, prompt] of Object.entries(bad)) {
    await t.rejects(newPrompts(t, { prompts: { [name]: prompt } }), {
      code: 'config_error',
      message: new RegExp(`prompts\\.${name}`),
    });
  }
  const unknown = { sales: { announcement: { prompt: 'nobody', everySeconds: 10 } } };
  await t.rejects(newPrompts(t, { classes: unknown }), {
    code: 'config_error',
    message: /classes\.sales\.announcement\.prompt: found nobody/,
  });
});
