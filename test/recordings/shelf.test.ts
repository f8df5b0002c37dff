/**
 * Goal: the shelf shows what there is, mends what a crash left, and never has more than it may. Method: real files.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createLogger } from '#kit/log.js';
import type { RecordingFacts } from '#recordings/facts.js';
import { Shelf } from '#recordings/shelf.js';
import { WavFile } from '#recordings/wav-file.js';
import { wavHead } from '#recordings/wav.js';

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'shelf-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const open = (folder: string, limits: { maxBytes?: number; maxFiles?: number } = {}): Promise<Shelf> =>
  Shelf.open({ folder, maxBytes: 1e9, maxFiles: 100, ...limits, log: createLogger('silent') });

const idOf = (index: number): string => `recording${String(index).padStart(7, '0')}`;

function facts(index: number, more: Partial<RecordingFacts> = {}): RecordingFacts {
  const startedAt = new Date(1_700_000_000_000 + index * 1000).toISOString();
  const parties = { caller: '101', callee: '102' };
  const id = idOf(index);
  return { id, callId: `call${index}`, parties, startedAt, state: 'completed', format: 'wav', seconds: 1, bytes: 1000, ...more };
}

async function fill(shelf: Shelf, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    await shelf.put(facts(index));
    writeFileSync(shelf.pathOf(facts(index)), Buffer.alloc(1000));
  }
}

t.test('what was put is there after a restart, newest first', async (t) => {
  const folder = folderOf(t);
  await fill(await open(folder), 3);
  const again = await open(folder);
  t.same(
    again.list().map(({ id }) => id),
    [idOf(2), idOf(1), idOf(0)],
  );
  t.same(again.get(idOf(1)), facts(1));
});

t.test('what a crash left half-written is a whole WAV, up to the last whole sample', async (t) => {
  const folder = folderOf(t);
  const shelf = await open(folder);
  await shelf.put(facts(1, { state: 'recording', format: 'mp3', seconds: 0, bytes: 0 }));
  const path = shelf.pathOf({ id: idOf(1), format: 'wav' });
  writeFileSync(path, Buffer.concat([wavHead(0), Buffer.alloc(32_000 + 3, 1)]));
  const again = await open(folder);
  const found = again.get(idOf(1));
  t.match(found, { state: 'completed', format: 'wav', seconds: 1, bytes: 32_044 });
  t.match(found?.problem, /ended/);
  const wav = readFileSync(path);
  t.equal(wav.length, 32_044);
  t.same(wav.subarray(0, 44), wavHead(32_000));
  t.same((await open(folder)).get(idOf(1)), found, 'mended once, and kept so');
});

t.test('the oldest go when there are too many, or too much', async (t) => {
  const folder = folderOf(t);
  await fill(await open(folder), 5);
  const shelf = await open(folder, { maxFiles: 4, maxBytes: 3500 });
  t.same(
    shelf.list().map(({ id }) => id),
    [idOf(4), idOf(3), idOf(2)],
  );
  t.equal(readdirSync(folder).length, 6, 'with their files');
  t.equal(await shelf.makeRoom(1000), true);
  t.equal(shelf.list().length, 2, 'what goes on counts');
  t.equal(await shelf.makeRoom(4000), false, 'and may be too much by itself');
  t.equal(shelf.list().length, 0);
});

t.test('what goes on is never taken away to make room', async (t) => {
  const shelf = await open(folderOf(t), { maxFiles: 1 });
  await shelf.put(facts(1, { state: 'recording' }));
  t.equal(await shelf.makeRoom(0, 1), false);
  t.ok(shelf.get(idOf(1)));
});

t.test('files of strangers are left alone, and lead nowhere', async (t) => {
  const folder = folderOf(t);
  const outside = join(folder, '..', `${idOf(9)}.wav`);
  const strange = { 'notes.json': '{}', [`${idOf(1)}.json`]: 'no json', [`${idOf(2)}.json`]: JSON.stringify(facts(3)) };
  for (const [name, text] of Object.entries(strange)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, `${idOf(4)}.json`), JSON.stringify({ ...facts(4), id: '../../etc/passwd' }));
  const shelf = await open(folder);
  t.same(shelf.list(), []);
  await shelf.remove('../../etc/passwd');
  await shelf.remove(`../${idOf(9)}`);
  t.notOk(existsSync(outside));
  t.equal(readdirSync(folder).length, 4);
});

t.test('a recording whose sound is gone is not shown', async (t) => {
  const folder = folderOf(t);
  await fill(await open(folder), 2);
  rmSync(join(folder, `${idOf(0)}.wav`));
  t.same(
    (await open(folder)).list().map(({ id }) => id),
    [idOf(1)],
  );
});

t.test('a folder that cannot be made is an empty shelf', async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, 'file'), '');
  t.same((await open(join(folder, 'file', 'below'))).list(), []);
});

t.test('a disk that stands still is told of after a while, and nobody waits for it', async (t) => {
  const file = await WavFile.create(join(folderOf(t), 'one.wav'));
  for (let index = 0; index < 100; index++) file.append(Buffer.alloc(32));
  t.equal(file.problem, 'the disk is too slow', 'all in one turn: none could be written yet');
  await file.finish();
  t.equal(file.bytes % 32, 0);
});
