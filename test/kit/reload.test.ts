/**
 * Goal: a configuration that is read again is put in force where it can be, refused whole where it is wrong, and the signals of the
 * system drain, end, and end at once. src/ itself has no room, so its parts are tested here.
 */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadConfig, type Config } from '#kit/config.js';
import { ConfigSource, type ConfigReader } from '#kit/config-source.js';
import { FakeClock } from '../support/fake-clock.js';
import { ConfigError } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { Accounts } from '#registrar/accounts.js';
import { Trunks } from '#registrar/trunks.js';
import { Reload, type Reloadable } from '../../dist/reload.js';
import { drainOnce, endOnce } from '../../dist/signals.js';

const log = createLogger('silent');

function folderOf(
  t: Test,
  files: Readonly<Record<string, string>>,
): { load: () => Config; write: (file: string, text: string) => void } {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-reload-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text);
  for (const [file, text] of Object.entries(files)) write(file, text);
  return { load: () => loadConfig({ HOLDFAST_CONFIG: folder }, folder), write };
}

const room = (keys: readonly string[], hear: (config: Config) => void): Reloadable => ({
  keys,
  prepare: (config) => {
    const trunks = new Trunks(config.trunks);
    return () => {
      t.type(trunks, Trunks);
      hear(config);
    };
  },
});

const readerOf = (read: () => Config): ConfigReader => ({ read, inForce: () => undefined });

const PHONES = (...numbers: string[]): string =>
  `phones: [${numbers.map((number) => `{ number: '${number}', password: secret-${number} }`).join(', ')}]`;

t.test('what has changed is put in force, once, and what cannot be is named until the restart', async (t) => {
  const { load, write } = folderOf(t, { 'accounts.yaml': PHONES('101') });
  const heard: number[] = [];
  const reload = new Reload(
    load(),
    readerOf(load),
    [room(['accounts.phones', 'trunks'], ({ accounts }) => heard.push(accounts.phones.length))],
    log,
  );
  t.same(reload.run(), { applied: [], needsRestart: [] });
  write('accounts.yaml', PHONES('101', '102'));
  write('holdfast.yaml', 'sip: { port: 5070 }');
  t.same(reload.run(), { applied: ['accounts.phones'], needsRestart: ['sip.port'] });
  t.same(reload.run(), { applied: [], needsRestart: ['sip.port'] });
  t.same(heard, [2]);
});

t.test('a configuration with one mistake changes nothing, in whichever file it is', async (t) => {
  const { load, write } = folderOf(t, { 'accounts.yaml': PHONES('101') });
  const heard: string[] = [];
  const rooms = [room(['accounts.phones'], () => heard.push('phones')), room(['trunks'], () => heard.push('trunks'))];
  const reload = new Reload(load(), readerOf(load), rooms, log);
  write('accounts.yaml', PHONES('101', '102'));
  for (const [file, text] of [
    ['guards.yaml', 'bans: { failures: many }'],
    ['guards.yaml', 'nonsense: true'],
    ['limits.yaml', 'drainSeconds: -1'],
    ['trunks.yaml', "trunks: [{ name: a, uri: 'sip:192.0.2.1', from: [nobody] }]"],
  ] as const) {
    write(file, text);
    t.throws(() => reload.run(), ConfigError, text);
    reload.tryRun(); // and whoever only sends a signal hears of it in the log
    write(file, '');
  }
  t.same(heard, []);
  t.same(reload.run().applied, ['accounts.phones']);
});

t.test('accounts and trunks are replaced under those who know them', async (t) => {
  const accounts = new Accounts([{ number: '101', password: 'a' }], 'holdfast');
  accounts.replaceBy(new Accounts([{ number: '102', password: 'b' }], 'holdfast'));
  t.equal(accounts.find('101'), undefined);
  t.equal(accounts.find('102')?.number, '102');
  t.same([...accounts.numbers], ['102']);
});

t.test('the first SIGTERM lets calls go on, the second ends them; ending twice is ending once', async (t) => {
  const said: string[] = [];
  let allEnded: () => void = () => undefined;
  const running = {
    drain: () => new Promise<void>((resolve) => (allEnded = resolve)),
    stop: () => Promise.resolve(void said.push('stop')),
  };
  const end = endOnce(running, log, (code) => said.push(`exit ${code}`));
  const term = drainOnce(running, log, end);
  term();
  await Promise.resolve();
  t.same(said, [], 'calls go on');
  term();
  allEnded();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, ['stop', 'exit 0']);
});

t.test('a SIGTERM without a second one ends when the last call has', async (t) => {
  const said: string[] = [];
  let allEnded: () => void = () => undefined;
  const running = {
    drain: () => new Promise<void>((resolve) => (allEnded = resolve)),
    stop: () => Promise.resolve(void said.push('stop')),
  };
  drainOnce(
    running,
    log,
    endOnce(running, log, () => said.push('exit')),
  )();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, []);
  allEnded();
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, ['stop', 'exit']);
});

t.test('a file that is gone is not read as its defaults while the house runs: accounts and guards would fall away', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-reload-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'accounts.yaml');
  writeFileSync(file, PHONES('101'));
  const source = new ConfigSource({ HOLDFAST_CONFIG: folder }, folder);
  t.equal(source.read().accounts.phones.length, 1);
  source.inForce();
  renameSync(file, `${file}.old`);
  for (const _ of [1, 2]) t.throws(() => source.read(), { message: /^accounts.yaml: is gone/ });
  writeFileSync(file, '');
  t.equal(source.read().accounts.phones.length, 0, 'an empty one is meant');
  const guards = join(folder, 'guards.yaml');
  writeFileSync(guards, '');
  source.read();
  rmSync(guards);
  t.equal(source.read().accounts.phones.length, 0, 'one that was read and refused may go again');
});

t.test('rooms that do not close, or fail to, do not keep the program from ending', async (t) => {
  const said: string[] = [];
  const clock = new FakeClock();
  const ends = (stop: () => Promise<void>): void =>
    endOnce({ stop }, log, (code) => said.push(`exit ${code}`), clock)('SIGTERM', 0);
  ends(() => Promise.reject(new Error('a fault')));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, ['exit 0']);
  ends(() => new Promise(() => undefined));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(said.length, 1);
  clock.advance(15_000);
  await new Promise((resolve) => setImmediate(resolve));
  t.same(said, ['exit 0', 'exit 0']);
});
