/**
 * Goal: a file that is brought is in its class when it can be played, and leaves nothing behind when it cannot; no name leads out of the
 * folder. Method: the real library and the real ffmpeg.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { findProgram } from '#media/find-program.js';
import { MusicCache } from '#media/music-cache.js';
import { MusicLibrary } from '#media/music-library.js';
import { MusicShelf } from '#media/music-shelf.js';
import { PLAIN_MUSIC } from '../support/media-fixture.js';
import { toneWav } from '../support/wav.js';

const tone = (seconds: number, hertz = 500): Buffer => toneWav({ hertz, seconds });

async function* sent(content: Buffer | string): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content);
  for (let at = 0; at < bytes.length; at += 10_000) {
    await Promise.resolve();
    yield bytes.subarray(at, at + 10_000);
  }
}

async function newShelf(t: { teardown: (fn: () => void) => void }, limits: Partial<typeof PLAIN_MUSIC.limits> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-shelf-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'music/default'), { recursive: true });
  const music = { ...PLAIN_MUSIC, limits: { ...PLAIN_MUSIC.limits, ...limits } };
  const config = { folder, music };
  const clock = new RealClock();
  const log = createLogger('silent');
  const cache = await MusicCache.open(config, clock, findProgram('ffmpeg'));
  const library = await MusicLibrary.open({ config, cache, clock, log });
  t.teardown(() => library.close());
  const shelf = new MusicShelf({ library, cache, limits: music.limits, log });
  const leftOver = (): string[] => readdirSync(cache.folder).filter((name) => name.endsWith('.part'));
  return { folder, library, shelf, leftOver };
}

t.test('a file makes its class, is listed with its seconds, and is played', async (t) => {
  const { folder, library, shelf, leftOver } = await newShelf(t);
  t.same(await shelf.bring('sales', 'one.wav', sent(tone(2))), { class: 'sales', name: 'one.wav', seconds: 2, replaced: false });
  t.same(
    shelf.list().find(({ name }) => name === 'sales'),
    { name: 'sales', order: 'in-order', files: [{ name: 'one.wav', seconds: 2 }], problems: [] },
  );
  t.equal(library.musicOf('sales').playlist.pieces[0].ms, 2000);
  t.ok(existsSync(join(folder, 'music/sales/one.wav')));
  t.match(await shelf.bring('sales', 'one.wav', sent(tone(3))), { seconds: 3, replaced: true });
  t.equal(library.musicOf('sales').playlist.pieces[0].ms, 3000);
  t.match(await shelf.bring('sales', undefined, sent(tone(1))), { name: /^[0-9a-z]{12}\.audio$/, seconds: 1 });
  t.same(leftOver(), []);
});

t.test('what cannot be played is refused with the reason, and leaves nothing', async (t) => {
  const { folder, shelf, leftOver } = await newShelf(t, { maxSeconds: 2, maxUploadBytes: 200_000 });
  writeFileSync(join(folder, 'own.wav'), tone(1));
  const refusals: [string, Buffer | string, object][] = [
    [
      'garbage.mp3',
      'this is no music',
      { code: 'bad_request', field: 'body', message: /garbage\.mp3 cannot be played: ffmpeg cannot read it: ./ },
    ],
    [
      'list.m3u8',
      `#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:2,\nfile://${join(folder, 'own.wav')}\n#EXT-X-ENDLIST\n`,
      { code: 'bad_request', field: 'body', message: /cannot be played/ },
    ],
    ['nothing.mp3', '', { code: 'bad_request', field: 'body' }],
    ['silent.wav', toneWav({ hertz: 500, seconds: 1, amplitude: 0 }), { code: 'bad_request', message: /it is silent/ }],
    ['long.wav', tone(3), { code: 'bad_request', message: /longer than 2 s/ }],
    ['huge.wav', tone(60), { code: 'body_too_large', http: 413 }],
  ];
  for (const [name, content, refusal] of refusals) {
    const error = await shelf.bring('sales', name, sent(content)).then(
      () => undefined,
      (reason: unknown) => reason as { code: string; message: string },
    );
    t.match(error, refusal, name);
    t.notMatch(error?.message, folder, 'it does not say where things lie');
  }
  t.notOk(existsSync(join(folder, 'music/sales')));
  t.same(leftOver(), []);
  await t.rejects(
    shelf.bring(
      'sales',
      'broken.wav',
      (async function* () {
        yield await Promise.resolve(tone(1).subarray(0, 500));
        throw new Error('the sender went away');
      })(),
    ),
    { message: 'the sender went away' },
  );
  t.same(leftOver(), []);
});

t.test('no name leads out of the folder of its class', async (t) => {
  const { folder, shelf } = await newShelf(t);
  for (const [name, kept] of [
    ['../../accounts.yaml', 'accounts.yaml'],
    ['..\\..\\x.wav', 'x.wav'],
    ['/etc/y.wav', 'y.wav'],
    ['.hidden.wav', 'hidden.wav'],
    ['n\u00e4me\u0000|;$(x).wav', 'n_me_____x_.wav'],
    [`${'l'.repeat(240)}.wav`, `${'l'.repeat(96)}.wav`],
  ] as const) {
    const made = await shelf.bring('sales', name, sent(tone(1)));
    t.match(made.name, /^[0-9A-Za-z_-][0-9A-Za-z._ -]{0,99}$/, JSON.stringify(name));
    t.equal(made.name, kept);
    t.ok(existsSync(join(folder, 'music/sales', made.name)));
  }
  t.same(readdirSync(folder).sort(), ['music', 'music-cache']);
  t.same(readdirSync(join(folder, 'music')).sort(), ['default', 'sales']);
  for (const name of ['..', '...', '/', 'README.md', 'x.part', ' ']) {
    await t.rejects(shelf.bring('sales', name, sent(tone(1))), { code: 'bad_request', field: 'name' }, name);
  }
  for (const name of ['..', '../x', 'a b', '', '.x', 'x'.repeat(65)]) {
    await t.rejects(shelf.bring(name, 'a.wav', sent(tone(1))), { code: 'bad_request', field: 'class' }, name);
  }
});

t.test('there are so many classes and files, and no more', async (t) => {
  const { shelf } = await newShelf(t, { maxClasses: 2, maxFiles: 1 });
  await shelf.bring('sales', 'a.wav', sent(tone(1)));
  await t.rejects(shelf.bring('sales', 'b.wav', sent(tone(1))), { code: 'music_full' });
  await t.rejects(shelf.bring('support', 'a.wav', sent(tone(1))), { code: 'music_full' });
  t.match(await shelf.bring('sales', 'a.wav', sent(tone(2))), { replaced: true }, 'another in the place of one is no more');
});

t.test('a file is taken away once, by its exact name', async (t) => {
  const { folder, library, shelf } = await newShelf(t);
  await shelf.bring('sales', 'a.wav', sent(tone(1)));
  writeFileSync(join(folder, 'music/sales/README.md'), 'stays');
  for (const name of ['../sales/a.wav', 'README.md', 'b.wav', '..']) {
    await t.rejects(shelf.takeAway('sales', name), { code: 'music_not_found' }, name);
  }
  await t.rejects(shelf.takeAway('nobody', 'a.wav'), { code: 'music_not_found' });
  await shelf.takeAway('sales', 'a.wav');
  await t.rejects(shelf.takeAway('sales', 'a.wav'), { code: 'music_not_found' });
  t.same(readdirSync(join(folder, 'music/sales')), ['README.md']);
  t.equal(library.musicOf('sales').playlist.pieces[0], library.first, 'default is played');
});

t.test('more uploads at once than two are told to come again', async (t) => {
  const { shelf } = await newShelf(t);
  const files = ['a', 'b', 'c'].map((name, index) => shelf.bring('sales', `${name}.wav`, sent(tone(1, 500 + index))));
  const done = await Promise.allSettled(files);
  t.same(
    done.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected'],
  );
  t.match(done[2], { reason: { code: 'busy' } });
  await shelf.bring('sales', 'c.wav', sent(tone(1)));
});
