/** recordings: listed, looked at, listened to and deleted over HTTP, with a folder made for the test behind them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { buildApp } from '#http/app.js';
import { byteRange } from '#http/byte-range.js';
import type { RecordingsPort, RecordingView } from '#http/read-models.js';
import { RecordingNotFound, WrongMoment } from '#kit/errors.js';
import { FakeCalls, callView } from '../support/fake-calls.js';
import { BEARER, fixture } from '../support/http-fixture.js';

const SOUND = Buffer.from(Array.from({ length: 1000 }, (_, index) => index & 0xff));

function view(id: string, facts: Partial<RecordingView> = {}): RecordingView {
  const usual = { callId: 'call1', parties: { caller: '101', callee: '102' }, startedAt: '2026-11-21T10:00:00.000Z' };
  return { id, ...usual, state: 'completed', format: 'wav', seconds: 1, bytes: SOUND.length, ...facts };
}

async function house(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'sound-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'a'), SOUND);
  writeFileSync(join(folder, 'b'), SOUND);
  const all = new Map(
    [view('a'), view('b', { format: 'mp3' }), view('c', { state: 'recording' }), view('gone')].map((one) => [one.id, one]),
  );
  const asked: [number, number][] = [];
  const get = (id: string): RecordingView => {
    const found = all.get(id);
    if (found === undefined) throw new RecordingNotFound(id);
    return found;
  };
  const completed = (id: string): RecordingView => {
    if (get(id).state === 'recording') throw new WrongMoment('not completed', 'recording');
    return get(id);
  };
  const recordings: RecordingsPort = {
    list: (skip, limit) => {
      asked.push([skip, limit]);
      return { total: all.size, recordings: [...all.values()].slice(skip, skip + limit) };
    },
    get,
    fileOf: (id) => ({ path: join(folder, id), facts: completed(id) }),
    remove: (id) => Promise.resolve().then(() => void all.delete(completed(id).id)),
  };
  const calls = new FakeCalls(callView());
  const { app, stop } = await buildApp({ ...fixture(calls).deps, recordings });
  t.teardown(stop);
  const ask = (method: 'GET' | 'DELETE' | 'HEAD' | 'POST', url: string, headers: Record<string, string> = {}, payload?: object) =>
    app.inject({ method, url, headers: { ...BEARER, ...headers }, ...(payload === undefined ? {} : { payload }) });
  return { app, ask, asked, all, calls };
}

t.test('nobody without credentials hears or deletes anything', async (t) => {
  const { app, all } = await house(t);
  for (const [method, url] of [
    ['GET', '/recordings'],
    ['GET', '/recordings/a'],
    ['GET', '/recordings/a/audio'],
    ['GET', '/history'],
    ['DELETE', '/recordings/a'],
    ['POST', '/calls/call1/recording'],
  ] as const) {
    t.equal((await app.inject({ method, url })).statusCode, 401, `${method} ${url}`);
  }
  t.equal(all.size, 4);
});

t.test('recordings are listed page by page', async (t) => {
  const { ask, asked } = await house(t);
  const page = await ask('GET', '/recordings?page=2&limit=3');
  t.match(page.json(), { total: 4, page: 2, recordings: [{ id: 'gone' }] });
  await ask('GET', '/recordings');
  t.same(asked, [
    [3, 3],
    [0, 100],
  ]);
  for (const wrong of ['limit=0', 'limit=1001', 'page=x', 'pages=1'])
    t.equal((await ask('GET', `/recordings?${wrong}`)).statusCode, 400, wrong);
});

t.test('sound is sent whole, or the part that is asked for', async (t) => {
  const { ask } = await house(t);
  const whole = await ask('GET', '/recordings/a/audio');
  t.equal(whole.statusCode, 200);
  t.same(whole.rawPayload, SOUND);
  t.match(whole.headers, {
    'content-type': 'audio/wav',
    'content-length': '1000',
    'accept-ranges': 'bytes',
    'cache-control': 'no-store',
  });
  t.equal((await ask('GET', '/recordings/b/audio')).headers['content-type'], 'audio/mpeg');
  const part = await ask('GET', '/recordings/a/audio', { range: 'bytes=100-199' });
  t.equal(part.statusCode, 206);
  t.equal(part.headers['content-range'], 'bytes 100-199/1000');
  t.same(part.rawPayload, SOUND.subarray(100, 200));
});

t.test('what is not there, not yet there, or nowhere is refused', async (t) => {
  const { ask, all } = await house(t);
  t.match((await ask('GET', '/recordings/none')).json(), { status: 404, code: 'recording_not_found' });
  t.match((await ask('GET', '/recordings/gone/audio')).json(), { status: 404, code: 'recording_not_found' }, 'its file is gone');
  t.match((await ask('GET', '/recordings/c/audio')).json(), { status: 409, code: 'wrong_moment', state: 'recording' });
  t.equal((await ask('DELETE', '/recordings/c')).statusCode, 409);
  for (const path of ['..%2f..%2fetc%2fpasswd', '%2e%2e', '..%5c..', 'a%00', '%2fetc%2fpasswd'])
    t.equal((await ask('GET', `/recordings/${path}/audio`)).statusCode, 404, path);
  t.equal((await ask('DELETE', '/recordings/a')).statusCode, 204);
  t.equal((await ask('DELETE', '/recordings/a')).statusCode, 404);
  t.equal(all.size, 3);
});

t.test('a recording is asked for with its limits', async (t) => {
  const { ask, calls } = await house(t);
  await ask('POST', '/calls/call1/recording', {}, { format: 'mp3', maxSec: 60, silenceSec: 2.5 });
  t.same(calls.last, { kind: 'record.start', callId: 'call1', format: 'mp3', maxSec: 60, silenceSec: 2.5 });
  await ask('DELETE', '/calls/call1/recording');
  t.same(calls.last, { kind: 'record.stop', callId: 'call1' });
  const before = calls.asked.length;
  for (const wrong of [{ format: 'ogg' }, { maxSec: 0 }, { silenceSec: '3' }, { folder: '/etc' }])
    t.equal((await ask('POST', '/calls/call1/recording', {}, wrong)).statusCode, 400, JSON.stringify(wrong));
  t.equal(calls.asked.length, before);
});

t.test('the history is asked for by what is known of a call', async (t) => {
  const { ask, calls } = await house(t);
  const found = await ask('GET', '/history?number=101&since=2026-11-21T10:00:00Z&cause=refused&page=2&rows=5');
  t.same(found.json(), { total: 0, page: 2, calls: [] });
  t.same(calls.last, { kind: 'history.find', number: '101', since: '2026-11-21T10:00:00Z', cause: 'refused', page: 2, rows: 5 });
  for (const wrong of ['page=0', 'rows=x', 'number=a%20b', 'what=1'])
    t.equal((await ask('GET', `/history?${wrong}`)).statusCode, 400, wrong);
});

t.test('a range is what RFC 9110 §14.1.2 says, and what means nothing is the whole file', (t) => {
  const of = (header: string | undefined) => byteRange(header, 1000);
  t.same(of('bytes=0-0'), { first: 0, last: 0 });
  t.same(of('bytes=990-'), { first: 990, last: 999 });
  t.same(of('bytes=990-5000'), { first: 990, last: 999 });
  t.same(of('bytes=-10'), { first: 990, last: 999 });
  t.same(of('bytes=-5000'), { first: 0, last: 999 });
  for (const nothing of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=1000-',
    'bytes=-0',
    'bytes=0-1,5-6',
    'items=0-1',
  ])
    t.equal(of(nothing), undefined, String(nothing));
  t.equal(byteRange('bytes=0-', 0), undefined, 'an empty file has no part');
  t.end();
});
