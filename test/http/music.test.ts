/** music: classes of music over HTTP, with a shelf made for the test behind it. */
import { request } from 'node:http';
import t from 'tap';
import type { MusicPort } from '#http/read-models.js';
import { buildApp } from '#http/app.js';
import { startHttp } from '#http/server.js';
import { BadRequest, BodyTooLarge, MusicFull, MusicNotFound } from '#kit/errors.js';
import { BASIC, BEARER, fixture } from '../support/http-fixture.js';

const CLASSES = [
  { name: 'default', order: 'in-order', files: [{ name: 'a.mp3', seconds: 3 }], problems: [] },
  { name: 'sales', order: 'shuffled', files: [{ name: 'b.mp3', problem: 'is not played' }], problems: ['b.mp3 is not played'] },
] as const;
const LIMIT = 100_000;

/** Keeps what it is brought, up to a limit. */
class Shelf implements MusicPort {
  readonly brought: { musicClass: string; name: string | undefined; bytes: number }[] = [];
  readonly taken: string[] = [];
  refusal: Error | undefined;

  missing(): readonly string[] {
    return ['slaes'];
  }

  list(): typeof CLASSES {
    return CLASSES;
  }

  async bring(musicClass: string, name: string | undefined, body: AsyncIterable<Uint8Array>) {
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      if (bytes > LIMIT) throw new BodyTooLarge(LIMIT);
    }
    if (this.refusal !== undefined) throw this.refusal;
    this.brought.push({ musicClass, name, bytes });
    return { class: musicClass, name: name ?? 'made up.mp3', seconds: 1.5, replaced: false };
  }

  takeAway(musicClass: string, name: string): Promise<void> {
    if (name !== 'a.mp3') return Promise.reject(new MusicNotFound(musicClass, name));
    this.taken.push(`${musicClass}/${name}`);
    return Promise.resolve();
  }
}

async function house(t: { teardown: (fn: () => Promise<void>) => void }) {
  const shelf = new Shelf();
  const { app, stop } = await buildApp({ ...fixture().deps, music: shelf });
  t.teardown(stop);
  return { shelf, app };
}

t.test('nobody without credentials sees, brings or takes away music', async (t) => {
  const { app, shelf } = await house(t);
  for (const [method, url] of [
    ['GET', '/music'],
    ['PUT', '/music/sales'],
    ['DELETE', '/music/default/a.mp3'],
  ] as const) {
    t.equal((await app.inject({ method, url })).statusCode, 401, `${method} ${url}`);
  }
  t.same([shelf.brought, shelf.taken], [[], []]);
});

t.test('the classes are listed with their files and what is wrong with them', async (t) => {
  const { app } = await house(t);
  const answer = await app.inject({ url: '/music', headers: BEARER });
  t.equal(answer.statusCode, 200);
  t.same(answer.json(), { classes: CLASSES, missing: ['slaes'] });
});

t.test('a file is brought as it is, of any audio type or none', async (t) => {
  const { app, shelf } = await house(t);
  for (const type of ['audio/mpeg', 'application/octet-stream', 'application/ogg', undefined]) {
    const headers = { ...BASIC, ...(type === undefined ? {} : { 'content-type': type }) };
    const answer = await app.inject({
      method: 'PUT',
      url: '/music/sales?name=a%20b.mp3',
      headers,
      payload: Buffer.alloc(70_000),
    });
    t.equal(answer.statusCode, 201, type ?? 'no type');
    t.equal(answer.headers.location, '/music/sales/a%20b.mp3');
    t.same(answer.json(), { class: 'sales', name: 'a b.mp3', seconds: 1.5, replaced: false });
  }
  t.same(
    shelf.brought,
    Array(4).fill({ musicClass: 'sales', name: 'a b.mp3', bytes: 70_000 }),
    'longer than http.bodyBytes, too',
  );
  const empty = await app.inject({ method: 'PUT', url: '/music/sales', headers: BASIC });
  t.equal(empty.statusCode, 201, 'what an empty body is worth is for the shelf to say');
});

t.test('a body that is no audio is refused before it is read', async (t) => {
  const { app, shelf } = await house(t);
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
    const headers = { ...BASIC, 'content-type': type };
    const answer = await app.inject({ method: 'PUT', url: '/music/sales', headers, payload: '{}' });
    t.match([answer.statusCode, answer.json()], [415, { code: 'unsupported_media_type' }], type);
  }
  t.same(shelf.brought, []);
});

t.test('what the shelf refuses is said as a problem, and the connection is not used again', async (t) => {
  const { app, shelf } = await house(t);
  for (const [refusal, status, code] of [
    [new BadRequest('body', 'x.mp3 cannot be played: ffmpeg cannot read it'), 400, 'bad_request'],
    [new MusicFull('there are 100 classes already'), 409, 'music_full'],
  ] as const) {
    shelf.refusal = refusal;
    const headers = { ...BASIC, 'content-type': 'audio/mpeg' };
    const answer = await app.inject({ method: 'PUT', url: '/music/sales', headers, payload: 'x' });
    t.match([answer.statusCode, answer.json()], [status, { code, detail: refusal.message }]);
    t.equal(answer.headers.connection, 'close');
  }
  const unknown = await app.inject({ method: 'PUT', url: '/music/sales?file=x', headers: BASIC });
  t.match([unknown.statusCode, unknown.json()], [400, { field: 'file' }]);
});

t.test('a file is taken away once', async (t) => {
  const { app, shelf } = await house(t);
  t.equal((await app.inject({ method: 'DELETE', url: '/music/default/a.mp3', headers: BASIC })).statusCode, 204);
  const gone = await app.inject({ method: 'DELETE', url: '/music/default/..%2Fmusic.yaml', headers: BASIC });
  t.match([gone.statusCode, gone.json()], [404, { code: 'music_not_found' }]);
  t.same(shelf.taken, ['default/a.mp3']);
});

t.test('a body without end is answered 413 as soon as it is too long', async (t) => {
  const parts = fixture();
  const http = await startHttp({ ...parts.deps, music: new Shelf() });
  t.teardown(() => {
    const stopped = http.stop();
    parts.clock.advance(10_000);
    return stopped;
  });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const upload = request(`${http.urls[0] ?? ''}/music/sales`, {
      method: 'PUT',
      headers: { ...BASIC, 'content-type': 'audio/mpeg' },
    });
    upload.on('response', (response) => {
      resolve(response.statusCode);
      upload.destroy();
    });
    upload.on('error', reject);
    const more = (): void => {
      if (!upload.destroyed) upload.write(Buffer.alloc(16_384), () => setImmediate(more));
    };
    more();
  });
  t.equal(status, 413);
});
