/**
 * store: what keeping a call costs: hold and resume of 200 calls of quiet phones, first without a store and then over lmdb, by the
 * time of the thread that runs the calls; and how long a batch takes to reach the disk. `npm run bench -- store`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { CallShelf, callBytes, callFrom } from '#store/call-shelf.js';
import { LmdbDisk } from '#store/lmdb-disk.js';
import { Store } from '#store/store.js';
import { talking } from '../support/call-fixture.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { storedCall } from '../support/stored-call.js';

const CALLS = 200;
const ROUNDS = 20;
/** Hold, two answers, resume, two answers. */
const STEPS = 6;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** @returns microseconds of this thread for one step. */
async function perStep(calls: QuietCalls): Promise<number> {
  const ids = [];
  for (let count = 0; count < CALLS; count += 1) ids.push(await calls.talks());
  let micros = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const before = process.cpuUsage();
    await Promise.all(ids.map((id) => calls.holds(id)));
    for (const id of ids) calls.service.dispatch(id, { kind: 'resume.requested', holder: 'controller' });
    await Promise.all(ids.map((id) => calls.answers(id, 'sendrecv')));
    const { user, system } = process.cpuUsage(before);
    if (round > 0) micros += user + system; // the first one warms up
  }
  return micros / (ROUNDS * CALLS * STEPS);
}

function codec(): void {
  const stored = storedCall(talking().call);
  const bytes = callBytes(stored);
  const time = (what: () => void): string => {
    for (let warm = 0; warm < 2000; warm += 1) what();
    const from = performance.now();
    for (let run = 0; run < 20_000; run += 1) what();
    return ((performance.now() - from) / 20).toFixed(1);
  };
  say(
    `one call is ${bytes.length} bytes; ${time(() => callBytes(stored))} us to write, ${time(() => callFrom(bytes))} us to read`,
  );
}

async function main(): Promise<void> {
  codec();
  const log = createLogger('silent');
  const clock = new RealClock();
  const without = await perStep(new QuietCalls(undefined, clock));
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-store-'));
  const store = new Store(await LmdbDisk.open(folder), clock, log);
  const withStore = await perStep(new QuietCalls(new CallShelf(store, log), clock));
  const from = performance.now();
  await store.flush();
  const { batches, entries, pending } = store.health;
  say(`a step costs ${without.toFixed(1)} us without a store, ${withStore.toFixed(1)} us with one (all threads, lmdb's own too)`);
  say(`${(ROUNDS + 1) * CALLS * STEPS} steps in ${batches} batches; ${entries} entries, ${pending} pending`);
  say(
    `the last batch took ${(performance.now() - from).toFixed(1)} ms; the file is ${statSync(join(folder, 'data.mdb')).size} bytes`,
  );
  await store.close();
  rmSync(folder, { recursive: true });
  process.exit(0); // what the quiet calls still wait for
}

await main();
