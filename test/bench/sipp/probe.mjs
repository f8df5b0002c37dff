/**
 * probe: loaded into the process that is measured (`--import`), and into each of its threads. At SIGUSR2 it does what the file `command`
 * in HOLDFAST_BENCH_PROBE says: `profile`, `stop` (writes THREAD.cpuprofile), `heap` (writes THREAD-N.heapsnapshot) or `sizes N` (writes
 * THREAD-N.sizes: memory in use, and how much is in the maps that could grow, found by their classes). What went wrong with that is in
 * THREAD.fault; and THREAD.here holds the number by which Linux knows the thread, because one that is ended from outside says no goodbye.
 */
import { Session } from 'node:inspector/promises';
import { readFileSync, readlinkSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getHeapStatistics, writeHeapSnapshot } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const folder = process.env.HOLDFAST_BENCH_PROBE;
const channel = new BroadcastChannel('holdfast bench probe');
channel.unref();
const session = new Session();
let heaps = 0;

/** Classes whose objects have a `size`, or a `health`, by the file of dist/ they stand in. */
const WATCHED = {
  TransactionLayer: 'engine/transaction/transaction-layer.js',
  DialogTable: 'engine/dialog/dialog-table.js',
  CallService: 'calls/call-service.js',
  Player: 'media/player.js',
  Playbacks: 'media/playbacks.js',
  SaidAndTold: 'media/fan/said.js',
  Store: 'store/store.js',
};

/** Looked for once, while the heap is small: they live as long as the program. */
let watched;

async function findWatched() {
  const found = [];
  for (const [name, file] of Object.entries(WATCHED)) {
    const module = await import(new URL(`../../../dist/${file}`, import.meta.url).href);
    globalThis.__watched = module[name].prototype;
    const { result } = await session.post('Runtime.evaluate', { expression: 'globalThis.__watched' });
    const { objects } = await session.post('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const keep = 'function () { globalThis.__watched = [...this]; }';
    await session.post('Runtime.callFunctionOn', { objectId: objects.objectId, functionDeclaration: keep });
    for (const object of globalThis.__watched) found.push([name, object]);
  }
  return found;
}

/** What is in use after the garbage is gone is what is kept. */
async function sizesNow() {
  session.connect();
  watched ??= await findWatched();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
  const found = Object.fromEntries(watched.map(([name, one]) => [name, one.size ?? one.health?.entries ?? 0]));
  return { heapMb: getHeapStatistics().used_heap_size / 2 ** 20, found };
}

async function obey(told) {
  const [command, look] = told.split(' ');
  if (command === 'profile') {
    session.connect();
    await session.post('Profiler.enable');
    await session.post('Profiler.start');
  } else if (command === 'stop') {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    writeFileSync(join(folder, `${threadId}.cpuprofile`), JSON.stringify(profile));
  } else if (command === 'heap') {
    writeHeapSnapshot(join(folder, `${threadId}-${++heaps}.heapsnapshot`));
  } else if (command === 'sizes') {
    const text = JSON.stringify(await sizesNow());
    whole(`${threadId}-${look}.sizes`, text);
  }
}

/** A file is there when all of it is. */
function whole(name, text) {
  writeFileSync(join(folder, `${name}.part`), text);
  renameSync(join(folder, `${name}.part`), join(folder, name));
}

const obeyed = (told) => obey(told).catch((error) => whole(`${threadId}.fault`, String(error?.stack ?? error)));

// It hears before it says that it is here: what was said between the two would be lost.
channel.onmessage = ({ data }) => void obeyed(data);
if (folder !== undefined) whole(`${threadId}.here`, readlinkSync('/proc/thread-self').split('/').at(-1));
if (isMainThread && folder !== undefined) {
  process.on('SIGUSR2', () => {
    const told = readFileSync(join(folder, 'command'), 'utf8');
    channel.postMessage(told);
    void obeyed(told);
  });
}
