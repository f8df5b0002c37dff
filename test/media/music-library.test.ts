import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RealClock, type Clock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { composeMusic } from '#media/compose-music.js';
import { findProgram } from '#media/find-program.js';
import { MusicCache } from '#media/music-cache.js';
import { MusicLibrary } from '#media/music-library.js';
import { FakeClock } from '../support/fake-clock.js';
import { PLAIN_MUSIC, type MusicConfig } from '../support/media-fixture.js';
import { toneWav } from '../support/wav.js';

const ffmpeg = findProgram('ffmpeg') ?? '';
const RATE = 8000;

function newFolder(t: { teardown: (fn: () => void) => void }, files: Record<string, Buffer | string> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-music-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'music'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'music', name), content);
  return folder;
}

type Opened = Readonly<{ library: MusicLibrary; cache: MusicCache; music: string; source: string; problems: readonly string[] }>;

/** Open, and read to the end. */
async function open(
  folder: string,
  withFfmpeg: string | null = ffmpeg,
  change: Partial<MusicConfig> = {},
  clock: Clock = new RealClock(),
): Promise<Opened> {
  const config = { folder, music: { ...PLAIN_MUSIC, default: 'music', ...change } };
  const cache = await MusicCache.open(config, new RealClock(), withFfmpeg ?? undefined);
  const library = await MusicLibrary.open({ config, cache, clock, log: createLogger('silent') });
  await library.rescan();
  t.teardown(() => library.close());
  return { library, cache, music: library.first.file, source: library.source, problems: library.problems };
}

/** What another program hears in a file of ours. */
function samplesOf(path: string): Int16Array {
  const pcm = execFileSync(ffmpeg, ['-v', 'error', '-i', path, '-f', 's16le', '-'], { maxBuffer: 1e9 });
  return new Int16Array(new Uint8Array(pcm).buffer);
}

const composed = composeMusic();
const isComposed = (path: string): boolean =>
  Buffer.compare(new Uint8Array(samplesOf(path).buffer), new Uint8Array(composed.buffer)) === 0;

/** The frequency of a pure tone, by its zero crossings. */
function hertzOf(samples: Int16Array): number {
  let crossings = 0;
  for (let at = 1; at < samples.length; at++) if ((samples[at - 1] ?? 0) < 0 !== (samples[at] ?? 0) < 0) crossings++;
  return Math.round((crossings * RATE) / (2 * samples.length));
}

/** A form that would bring rtpengine down or be played as silence, were it given to it. */
function encoded(t: { teardown: (fn: () => void) => void }, name: string, ...codec: string[]): Buffer {
  const folder = newFolder(t, { 'in.wav': toneWav({ hertz: 700, seconds: 1 }) });
  execFileSync(ffmpeg, ['-v', 'error', '-i', join(folder, 'music/in.wav'), ...codec, join(folder, name)]);
  return readFileSync(join(folder, name));
}

t.test('without a folder the music that ships is played, and made only once', async (t) => {
  const folder = newFolder(t);
  const library = await open(folder, null);
  t.equal(library.source, 'files');
  t.same(library.problems, []);
  t.ok(isComposed(library.music));
  const made = statSync(library.music).ino;
  const again = await open(folder, null);
  t.equal(again.music, library.music);
  t.equal(statSync(again.music).ino, made);
  t.match(readdirSync(join(folder, 'music-cache')).sort(), [/^beep-/, /^head-/, /^ringback-/, /^shipped-/]);
  t.equal(readdirSync(join(folder, 'music-cache')).length, 4, 'nothing half made');
});

t.test('the files of the folder are played one after the other in the order of their names', async (t) => {
  const folder = newFolder(t, {
    '2-second.wav': toneWav({ hertz: 1000, seconds: 1 }),
    '1-first.wav': toneWav({ hertz: 500, seconds: 1 }),
    'README.md': 'not music',
    '.hidden': 'not music either',
  });
  const library = await open(folder);
  t.equal(library.source, 'files');
  t.same(library.problems, []);
  const { playlist } = library.library.musicOf('default');
  t.equal(playlist.order, 'in-order');
  t.same(
    playlist.pieces.map(({ name, file, ms }) => [name, hertzOf(samplesOf(file)), ms]),
    [
      ['1-first.wav', 500, 1000],
      ['2-second.wav', 1000, 1000],
    ],
  );
});

t.test('whatever ffmpeg reads becomes plain samples: Vorbis never reaches rtpengine', async (t) => {
  const folder = newFolder(t, {
    'a.ogg': encoded(t, 'a.ogg', '-c:a', 'libvorbis'),
    'b.flac': encoded(t, 'b.flac', '-c:a', 'flac'),
    'c.mp3': encoded(t, 'c.mp3', '-ar', '44100', '-ac', '2'),
  });
  const library = await open(folder);
  t.equal(library.source, 'files');
  t.same(library.problems, []);
  t.ok(Math.abs(hertzOf(samplesOf(library.music).subarray(1000, 7000)) - 700) <= 2);
  t.match(readFileSync(library.music).toString('latin1'), 'A_PCM/INT/LIT');
});

t.test('a file made once is found again by its content, and needs no ffmpeg then', async (t) => {
  const folder = newFolder(t, { 'a.wav': toneWav({ hertz: 500, seconds: 1 }) });
  const first = await open(folder);
  const second = await open(folder, null);
  t.equal(second.music, first.music);
  t.equal(second.source, 'files');
  t.same(second.problems, []);
  writeFileSync(join(folder, 'music/a.wav'), toneWav({ hertz: 600, seconds: 1 }));
  const third = await open(folder);
  t.not(third.music, first.music);
  t.equal(hertzOf(samplesOf(third.music)), 600);
});

t.test('an unreadable file is left out and named; the others are played', async (t) => {
  const folder = newFolder(t, { 'a.mp3': 'this is no music', 'b.wav': toneWav({ hertz: 500, seconds: 1 }) });
  const library = await open(folder);
  t.match(library, { source: 'files', problems: [/a\.mp3 is not played: ffmpeg cannot read it: ./] });
  t.equal(hertzOf(samplesOf(library.music)), 500);
  t.match(await open(folder), { problems: [/a\.mp3/] }, 'the next start says it again');
});

t.test('when no file can be played, music of our own stands in', async (t) => {
  const silence = toneWav({ hertz: 500, seconds: 1, amplitude: 0 });
  const folder = newFolder(t, { 'a.mp3': 'this is no music', 'b.wav': silence, 'c.ogg': '' });
  const library = await open(folder);
  t.match(library, { source: 'generated-tone', problems: [/a\.mp3/, /b\.wav is not played: it is silent/, /c\.ogg/] });
  t.ok(isComposed(library.music));
});

t.test('without ffmpeg the music of Holdfast stands in, and health can say why', async (t) => {
  const folder = newFolder(t, { 'a.wav': toneWav({ hertz: 500, seconds: 1 }) });
  const library = await open(folder, null);
  t.match(library, { source: 'generated-tone', problems: [/ffmpeg is not installed/] });
  t.ok(isComposed(library.music));
  t.match(await open(folder, '/nowhere/ffmpeg'), { source: 'generated-tone', problems: [/could not be started/] });
});

t.test('a playlist cannot make us fetch addresses', async (t) => {
  let asked = 0;
  const server = createServer((socket) => {
    asked++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:${port}/a.ts\n#EXT-X-ENDLIST\n`;
  const folder = newFolder(t, { 'list.m3u8': playlist });
  t.match(await open(folder), { source: 'generated-tone', problems: [/list\.m3u8 is not played/] });
  t.equal(asked, 0);
});

t.test('a cache that cannot be written is replaced by the temporary folder', async (t) => {
  const folder = newFolder(t);
  writeFileSync(join(folder, 'blocked'), 'a file where the folder should be');
  const library = await open(folder, ffmpeg, { cache: 'blocked/cache' });
  t.match(library.problems, [/the music cache .*blocked\/cache cannot be written/]);
  t.ok(library.music.startsWith(tmpdir()));
  t.ok(isComposed(library.music));
});

t.test('a music folder that cannot be read is a problem, not a crash', async (t) => {
  const folder = newFolder(t);
  rmSync(join(folder, 'music'), { recursive: true });
  writeFileSync(join(folder, 'music'), 'a file where the folder should be');
  t.match(await open(folder), { source: 'files', problems: [/music cannot be read/] });
});

const tone = (hertz: number, seconds = 1): Buffer => toneWav({ hertz, seconds });
const names = ({ library }: Opened, name: string): string[] => library.musicOf(name).playlist.pieces.map((piece) => piece.name);

/** Files of classes, beside those of `default`. */
function withClasses(t: { teardown: (fn: () => void) => void }, files: Record<string, Buffer>): string {
  const folder = newFolder(t, { 'own.wav': tone(500) });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

t.test('every folder of music is a class; the configuration may say where it is, its order and its announcement', async (t) => {
  const folder = withClasses(t, {
    'music/sales/a.wav': tone(600),
    'elsewhere/b.wav': tone(700),
    'music/not a class/c.wav': tone(800),
  });
  const opened = await open(folder, ffmpeg, {
    prompts: { patience: { text: 'patience' } },
    classes: {
      support: { folder: 'elsewhere', order: 'shuffled', announcement: { text: 'hello', everySeconds: 30 } },
      vip: { folder: 'nowhere', announcement: { prompt: 'patience', everySeconds: 20 } },
    },
  });
  t.same(opened.problems, []);
  t.same(names(opened, 'sales'), ['a.wav']);
  t.same(names(opened, 'support'), ['b.wav']);
  t.match(opened.library.musicOf('support'), {
    playlist: { order: 'shuffled' },
    announcement: { prompt: { text: 'hello' }, everySeconds: 30 },
  });
  t.same(names(opened, 'vip'), ['own.wav']);
  t.match(opened.library.musicOf('vip').announcement, { prompt: { name: 'patience' }, everySeconds: 20 });
  t.same(names(opened, 'not a class'), ['own.wav']);
});

t.test('a class that nobody has, or that has nothing to play, is default, and is told until it has', async (t) => {
  const folder = withClasses(t, {});
  const opened = await open(folder);
  t.same(names(opened, 'sales'), ['own.wav']);
  t.match(opened.library.problems, [/music class sales is asked for and has nothing to play; default is played/]);
  mkdirSync(join(folder, 'music/sales'));
  writeFileSync(join(folder, 'music/sales/a.wav'), tone(600));
  await opened.library.rescan();
  t.same(names(opened, 'sales'), ['a.wav']);
  t.same(opened.library.problems, []);
  rmSync(join(folder, 'music/sales'), { recursive: true });
  await opened.library.rescan();
  t.same(names(opened, 'sales'), ['own.wav']);
  for (let one = 0; one < 100; one++) opened.library.musicOf(`nobody-${one}`);
  t.ok(opened.library.problems.length <= 20, 'the list has an end');
  t.ok(opened.library.missed.includes('nobody-99'), 'and has those that were asked for last');
});

t.test('what one request got wrong is nothing that is wrong with the house ten minutes later', async (t) => {
  const clock = new FakeClock();
  const { library } = await open(withClasses(t, {}), ffmpeg, {}, clock);
  library.musicOf('slaes');
  clock.advance(300_000);
  library.musicOf('vpi');
  t.same(library.missed, ['slaes', 'vpi']);
  clock.advance(300_001);
  t.same(library.missed, ['vpi']);
  t.match(library.problems, [/music class vpi is asked for/]);
});

t.test('there are limits to classes, files and seconds, and what is beyond is named', async (t) => {
  const folder = withClasses(t, {
    'music/a/1.wav': tone(500),
    'music/a/2.wav': tone(600),
    'music/a/3.wav': tone(700, 3),
    'music/b/1.wav': tone(500),
  });
  const opened = await open(folder, ffmpeg, { limits: { ...PLAIN_MUSIC.limits, maxClasses: 2, maxFiles: 2 } });
  t.same(names(opened, 'a'), ['1.wav', '2.wav']);
  t.match(opened.problems.join('\n'), /3 classes of music; b left out \(music\.limits\.maxClasses\)/);
  t.match(opened.problems.join('\n'), /has 3 files; the first 2 \(music\.limits\.maxFiles\) are played/);
  const short = await open(folder, ffmpeg, { limits: { ...PLAIN_MUSIC.limits, maxSeconds: 2 } });
  t.equal(short.library.musicOf('a').playlist.pieces[2]?.ms, 2000);
  t.match(short.problems, [/3\.wav is played for its first 2 s only/]);
  t.match((await open(folder, null, { limits: { ...PLAIN_MUSIC.limits, maxSeconds: 2 } })).problems, [
    /3\.wav is played for its first 2 s/,
  ]);
});

t.test('what has vanished from the cache is made again at the next look', async (t) => {
  const folder = withClasses(t, {});
  const opened = await open(folder);
  const { file } = opened.library.first;
  rmSync(file);
  await opened.library.rescan();
  t.equal(opened.library.first.file, file);
  t.equal(hertzOf(samplesOf(file)), 500);
});

t.test('nobody waits for the second file', async (t) => {
  const folder = withClasses(
    t,
    Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`music/many/${at}.wav`, tone(500 + at)])),
  );
  const config = { folder, music: { ...PLAIN_MUSIC, default: 'music' } };
  const clock = new RealClock();
  const cache = await MusicCache.open(config, clock, ffmpeg);
  const library = await MusicLibrary.open({ config, cache, clock, log: createLogger('silent') });
  t.teardown(() => library.close());
  t.equal(library.first.name, 'own.wav');
  t.ok(library.musicOf('many').playlist.pieces.length < 8, 'the others are not all there yet');
  await library.rescan();
  t.equal(library.musicOf('many').playlist.pieces.length, 8);
});

t.test(
  'a cache that somebody empties is filled again with the next look: what ships, what was decoded, and the head of parts',
  async (t) => {
    const folder = newFolder(t, { 'tone.wav': toneWav({ hertz: 440, seconds: 1 }) });
    const { library, cache } = await open(folder);
    const files = [library.first.file, library.ringback.file, library.beep.file, cache.head];
    rmSync(cache.folder, { recursive: true });
    await library.rescan();
    for (const file of files) t.ok(statSync(file).size > 0, file);
  },
);
