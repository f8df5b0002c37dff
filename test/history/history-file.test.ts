/**
 * Goal: the history survives whatever ends the program, and never grows without end. Method: real files, a moved clock.
 */
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { CallRecord } from '#calls/history-commands.js';
import type { CallId } from '#core/leg.js';
import { HistoryFile } from '#history/history-file.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'history-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function record(index: number, more: Partial<CallRecord> = {}): CallRecord {
  const createdAt = new Date(1_700_000_000_000 + index * 1000).toISOString();
  const parties = { caller: '101', callee: `ünïcode ${index}` };
  const usual = { origin: 'phone', cause: 'caller-hung-up', holds: 0, heldMs: 0, recordings: [] } as const;
  return { id: `call${index}` as CallId, parties, createdAt, endedAt: createdAt, ...usual, ...more };
}

const open = (folder: string, maxCalls = 100, clock = new FakeClock()): HistoryFile =>
  new HistoryFile({ folder, maxCalls, clock, log: createLogger('silent') });

const idsOf = (file: HistoryFile): string[] => file.earlier.map(({ id }) => id);

t.test('what was written is there after a restart, the last word of each call', async (t) => {
  const folder = folderOf(t);
  const file = open(folder);
  file.write(record(1));
  file.write(record(2));
  file.write(record(1, { recordings: ['one'], transferredTo: { number: '103' } }));
  await file.close();
  await file.close();
  const [first, second, ...more] = open(folder).earlier;
  t.match(first, { ...record(1), recordings: ['one'], transferredTo: { number: '103' } });
  t.match(second, record(2));
  t.same(more, []);
});

t.test('lines are written in batches, and no timer is left while nothing ends', async (t) => {
  const folder = folderOf(t);
  const clock = new FakeClock();
  const file = open(folder, 100, clock);
  t.same(clock.pending(), []);
  for (let index = 0; index < 10; index++) file.write(record(index));
  t.same(clock.pending(), ['history'], 'one timer for all of them');
  t.same(readdirSync(folder), [], 'no call waits for the disk');
  clock.advance(500);
  t.same(clock.pending(), []);
  await file.close();
  t.equal(idsOf(open(folder)).length, 10);
});

t.test('a line that a crash tore is left out, and spoils no other', async (t) => {
  const folder = folderOf(t);
  const file = open(folder);
  file.write(record(1));
  file.write(record(2));
  await file.close();
  const path = join(folder, 'calls.jsonl');
  const whole = readFileSync(path);
  for (let cut = 1; cut < 60; cut++) {
    writeFileSync(path, whole.subarray(0, whole.length - cut));
    const torn = open(folder);
    // A line that lacks only its end of line is whole.
    t.same(idsOf(torn), cut === 1 ? ['call1', 'call2'] : ['call1'], `${cut} bytes are missing`);
    torn.write(record(3));
    await torn.close();
    t.same(idsOf(open(folder)), cut === 1 ? ['call1', 'call2', 'call3'] : ['call1', 'call3']);
  }
});

t.test('lines that no history wrote are left out', (t) => {
  const folder = folderOf(t);
  const good = JSON.stringify(record(1));
  const bad = [
    '',
    '[]',
    'null',
    '{"id":"x"}',
    good.replace('"phone"', '"mars"'),
    good.replace(/"endedAt":"[^"]*"/, '"endedAt":"never"'),
  ];
  writeFileSync(join(folder, 'calls.jsonl'), [...bad, good, ''].join('\n'));
  t.same(idsOf(open(folder)), ['call1']);
  t.end();
});

t.test('there are never more than two files, and always enough calls in them', async (t) => {
  const folder = folderOf(t);
  for (let index = 0; index < 50; index++) {
    const file = open(folder, 7);
    file.write(record(index));
    await file.close();
    const found = idsOf(open(folder, 7));
    t.equal(found.length, Math.min(index + 1, 7));
    t.equal(found.at(-1), `call${index}`);
    const lines = readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n');
    t.ok(lines.length <= 7);
  }
  t.same(readdirSync(folder).sort(), ['calls.1.jsonl', 'calls.jsonl']);
});

t.test('a folder that cannot be written costs the history its file, and nobody anything else', async (t) => {
  const folder = folderOf(t);
  appendFileSync(join(folder, 'file'), '');
  const file = open(join(folder, 'file', 'below'));
  file.write(record(1));
  await file.close();
  t.same(file.earlier, []);
});
