/**
 * store-writer: a program of its own that writes to a store until somebody kills it. Every state it writes is one number, said in two
 * places and by ten keys that move on with it, so a torn one shows. What has reached the disk it says on its standard output.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { Store } from '#store/store.js';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';

/** So many keys are there at any time. */
export const KEPT = 10;

export const payload = (count: number): Uint8Array => Buffer.from(`${count} ${'x'.repeat(3000)} ${count}`);

async function writeForEver(folder: string): Promise<void> {
  const store = new Store(await LmdbDisk.open(folder), new RealClock(), createLogger('silent'), { commitMs: 1 });
  for (let count = 1; ; count += 1) {
    const now = count;
    store.changed('calls', 'number', () => payload(now));
    store.changed('dialogs', 'number', () => payload(now));
    store.changed('calls', `key ${now}`, () => payload(now));
    store.remove('calls', `key ${now - KEPT}`);
    if (count % 5 === 0) {
      await store.flush();
      process.stdout.write(`${count}\n`);
    } else await turn();
  }
}

const [, , folder] = process.argv;
if (process.argv[1]?.endsWith('store-writer.ts') === true && folder !== undefined) await writeForEver(folder);
