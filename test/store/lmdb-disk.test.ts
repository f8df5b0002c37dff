/**
 * Goal: what lmdb-disk.ts keeps outlives kill -9 whole. Method: a program that writes all the time is killed in the middle of it, at
 * several places, and what it has left is read.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { StoreFailed } from '#store/store-failed.js';
import { KEPT } from '../support/store-writer.js';

const writer = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url));

/** Kills it once it has said so many times that something is on the disk. @returns the last number it said. */
async function killedAfter(folder: string, words: number): Promise<number> {
  const child = spawn(process.execPath, ['--import=tsx', writer, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  let said = 0;
  let heard = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    said = Number(line);
    heard += 1;
    if (heard === words) child.kill('SIGKILL');
  }
  await gone;
  return said;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const numberIn = (bytes: Uint8Array | undefined): number => {
  const found = /^(\d+) x{3000} (\d+)$/.exec(bytes === undefined ? '' : text(bytes));
  return found?.[1] !== undefined && found[1] === found[2] ? Number(found[1]) : Number.NaN;
};

t.test('a writer that is killed leaves its last batch whole, or the one before it', async (t) => {
  const folder = t.testdir();
  for (const words of [1, 3, 10, 25, 60]) {
    const said = await killedAfter(folder, words);
    const disk = await LmdbDisk.open(folder);
    const calls = new Map(disk.entries('calls'));
    const dialogs = new Map(disk.entries('dialogs'));
    const left = numberIn(calls.get('number'));
    t.ok(left >= said, `killed after ${words} words: ${said} had been promised, ${left} is there`);
    t.equal(numberIn(dialogs.get('number')), left, 'both shelves are of the same batch');
    const keys = [...calls].filter(([key]) => key !== 'number');
    t.ok(
      keys.every(([key, bytes]) => numberIn(bytes) === Number(key.slice(4))),
      'no value is torn',
    );
    t.same(
      keys.map(([key]) => Number(key.slice(4))).sort((a, b) => a - b),
      Array.from({ length: KEPT }, (_, index) => left - KEPT + 1 + index).filter((count) => count > 0),
      'what was taken away with the same batch is away, what was added is there',
    );
    await disk.commit([...calls.keys()].map((key) => ({ shelf: 'calls' as const, key, bytes: undefined })));
    await disk.close();
  }
});

t.test('a batch is read back in another life, shelf by shelf', async (t) => {
  const folder = join(t.testdir(), 'a.store');
  const first = await LmdbDisk.open(folder);
  await first.commit([
    { shelf: 'calls', key: 'a', bytes: Buffer.from('call') },
    { shelf: 'dialogs', key: 'a', bytes: Buffer.from('dialog') },
    { shelf: 'registrations', key: '101', bytes: Buffer.from('phone') },
  ]);
  await first.commit([{ shelf: 'dialogs', key: 'a', bytes: undefined }]);
  await first.close();
  await first.close();
  const second = await LmdbDisk.open(folder);
  t.same(
    [...second.entries('calls')].map(([key, bytes]) => [key, text(bytes)]),
    [['a', 'call']],
  );
  t.same([...second.entries('dialogs')], []);
  t.same(
    [...second.entries('registrations')].map(([key, bytes]) => [key, text(bytes)]),
    [['101', 'phone']],
  );
  await second.close();
});

const opener = fileURLToPath(new URL('../support/store-opener.ts', import.meta.url));

/** A program that opens it and reads all, and ends. */
async function openedElsewhere(folder: string): Promise<{ status: number | null; signal: string | null }> {
  const child = spawn(process.execPath, ['--import=tsx', opener, folder], { stdio: 'ignore' });
  return new Promise((resolve) => child.once('exit', (status, signal) => resolve({ status, signal })));
}

t.test('a file that is damaged ends who reads it, once; whoever comes next says so', async (t) => {
  const folder = t.testdir();
  const disk = await LmdbDisk.open(folder);
  const values = Array.from({ length: 300 }, (_, index) => ({ key: `k${index}`, bytes: Buffer.alloc(3000, index) }));
  await disk.commit(values.map((value) => ({ shelf: 'calls' as const, ...value })));
  await disk.close();
  t.same(await openedElsewhere(folder), { status: 0, signal: null });
  // lmdb maps the file: what is read behind its end is a signal.
  truncateSync(join(folder, 'data.mdb'), 16_384);
  t.equal((await openedElsewhere(folder)).signal, 'SIGBUS', 'who did not know');
  await t.rejects(LmdbDisk.open(folder), { name: 'StoreFailed', message: /damaged.*SIGBUS.*move it away/ });
  await t.rejects(LmdbDisk.open(folder), { message: /damaged/ }, 'as often as it is tried');
});

t.test('who was killed while it opened a good store leaves it good', async (t) => {
  const folder = t.testdir();
  const disk = await LmdbDisk.open(folder);
  await disk.commit([{ shelf: 'calls', key: 'a', bytes: Buffer.from('call') }]);
  await disk.close();
  writeFileSync(join(folder, 'opening'), '');
  const next = await LmdbDisk.open(folder);
  t.ok(existsSync(join(folder, 'opening')), 'until something is written');
  await next.commit([{ shelf: 'calls', key: 'b', bytes: Buffer.from('call') }]);
  t.same(
    [...next.entries('calls')].map(([key]) => key),
    ['a', 'b'],
  );
  t.notOk(existsSync(join(folder, 'opening')));
  await next.close();
});

t.test('a folder that cannot be one is refused in one line', async (t) => {
  const file = join(t.testdir(), 'file');
  writeFileSync(file, 'no folder');
  await t.rejects(LmdbDisk.open(file), StoreFailed);
});
