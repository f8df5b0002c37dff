/**
 * killed-engine: an engine in a process of its own with a store, that a test kills by SIGKILL, and what the store has then.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { KeptDialog } from '#engine/dialog/keeper.js';
import type { EngineOptions } from '#engine/options.js';
import { LmdbDisk } from '#store/lmdb-disk.js';
import type { Shelf } from '#store/disk.js';
import { textValueOf } from '#store/record.js';
import type { EngineHandle } from '#engine/engine.js';
import { appForTest, type TestApp } from './engine-fixture.js';
import { portOf, udpPhone, type RawPhone } from './raw-phone.js';
import { until } from './until.js';

const PROGRAM = fileURLToPath(new URL('../../dist/engine/main.js', import.meta.url));
const KEEPING = new URL('../../dist/engine-keeping.js', import.meta.url).href;
const SECRET = 'a secret of the test';

type Test = { teardown(fn: () => unknown): unknown; testdir(): string };
type Listening = Pick<EngineHandle, 'listening' | 'adminPort' | 'secret'>;

export type KilledEngine = Listening &
  Readonly<{
    pid: number;
    /** @param leave is done while it stands still: an application that goes, and that the engine must not see going. */
    kill: (leave?: () => void) => Promise<void>;
  }>;

/**
 * What the test reads of the store of an engine in another process, by folder. Opened before that engine and not beside it: whoever
 * opens an lmdb environment sets the number of its last transaction to what it has just read (mdb_env_open2), and a commit in between
 * is not seen by any reader until the next one.
 */
const readers = new Map<string, LmdbDisk>();

/** @param again on the ports of this one, as a restart is. */
export async function engineProcess(t: Pick<Test, 'teardown'>, folder: string, again?: Listening): Promise<KilledEngine> {
  const reader = folder === 'memory' ? undefined : await LmdbDisk.open(join(folder, 'engine'));
  if (reader !== undefined) readers.set(folder, reader);
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      HOLDFAST_ADDRESS: '127.0.0.1',
      HOLDFAST_SIP_PORT: String(again === undefined ? 0 : portOf(again, 'udp')),
      HOLDFAST_WS_PORT: String(again === undefined ? 0 : portOf(again, 'ws')),
      DRACHTIO_PORT: String(again?.adminPort ?? 0),
      DRACHTIO_SECRET: SECRET,
      HOLDFAST_LOG: 'silent',
      HOLDFAST_STORE: folder,
    },
  });
  const gone = once(child, 'exit');
  const kill = async (leave: () => void = () => undefined): Promise<void> => {
    child.kill('SIGSTOP');
    leave();
    child.kill('SIGKILL');
    await gone;
    // The next life finds nobody else there, as after a real kill.
    if (readers.get(folder) === reader) readers.delete(folder);
    await reader?.close();
  };
  t.teardown(() => kill());
  const listening: { protocol: 'udp' | 'tcp' | 'ws'; address: string; port: number }[] = [];
  let report = '';
  for await (const line of createInterface({ input: child.stdout })) {
    report += `${line}\n`;
    const [, protocol, address = '', port] = /^ {2}(udp|tcp|ws) +(\S+) port (\d+)$/.exec(line) ?? [];
    if (protocol === 'udp' || protocol === 'tcp' || protocol === 'ws') listening.push({ protocol, address, port: Number(port) });
    const admin = /connects to \S+ port (\d+)$/.exec(line)?.[1];
    if (admin !== undefined) return { listening, adminPort: Number(admin), secret: SECRET, kill, pid: child.pid ?? 0 };
  }
  throw new Error(`the engine did not start: ${report}`);
}

/** The same in this process: what a restart on the same ports is told. */
export const nextLife = (engine: Listening, folder: string): Partial<EngineOptions> => ({
  sipPort: portOf(engine, 'udp'),
  wsPort: portOf(engine, 'ws'),
  keep: keptIn(folder),
});

export const keptIn = (folder: string): NonNullable<EngineOptions['keep']> => ({
  module: KEEPING,
  folder: join(folder, 'engine'),
});

/** Waits until the disk has so many records in which this is said, written by whichever process. */
export const onDisk = (folder: string, shelf: Shelf, count: number, word = ''): Promise<void> =>
  onceOnDisk(folder, `${count} records of ${shelf}`, (disk) => recordsWith(disk, shelf, word) === count);

/** Waits until the dialogs on the disk are so. */
export const dialogsOnDisk = (folder: string, fit: (dialogs: readonly KeptDialog[]) => boolean): Promise<void> =>
  onceOnDisk(folder, 'the dialogs are written', (disk) =>
    fit([...disk.entries('dialogs')].map(([, bytes]) => textValueOf(bytes, []) as KeptDialog)),
  );

async function onceOnDisk(folder: string, what: string, fits: (disk: LmdbDisk) => boolean): Promise<void> {
  const reader = readers.get(folder);
  if (reader !== undefined) return until(what, () => fits(reader));
  // An engine on a thread of this process has the same environment as we.
  const disk = await LmdbDisk.open(join(folder, 'engine'));
  try {
    await until(what, () => fits(disk));
  } finally {
    await disk.close();
  }
}

const recordsWith = (disk: LmdbDisk, shelf: Shelf, word: string): number =>
  [...disk.entries(shelf)].filter(([, bytes]) => Buffer.from(bytes).includes(word)).length;

/** An engine that was killed while a phone was in the middle of something; it is not up yet again. */
export async function killedIn(t: Test, until: (app: TestApp, phone: RawPhone, folder: string) => Promise<void>) {
  const folder = t.testdir();
  const first = await engineProcess(t, folder);
  const app = await appForTest(t, first);
  const phone = await udpPhone(first);
  t.teardown(() => phone.close());
  await until(app, phone, folder);
  await first.kill(() => app.srf.disconnect());
  return { folder, phone, options: nextLife(first, folder), first };
}
