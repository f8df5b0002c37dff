/**
 * probe: loaded into the process that is measured (`--import`), and into each of its threads. At SIGUSR2 it does what the file `command`
 * in HOLDFAST_BENCH_PROBE says: `profile`, `stop` (writes THREAD.cpuprofile) or `heap` (writes THREAD-N.heapsnapshot).
 */
import { Session } from 'node:inspector/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeHeapSnapshot } from 'node:v8';
import { BroadcastChannel, isMainThread, threadId } from 'node:worker_threads';

const folder = process.env.HOLDFAST_BENCH_PROBE;
const channel = new BroadcastChannel('holdfast bench probe');
channel.unref();
const session = new Session();
let heaps = 0;

async function obey(command) {
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
  }
}

channel.onmessage = ({ data }) => void obey(data);
if (isMainThread && folder !== undefined) {
  process.on('SIGUSR2', () => {
    const command = readFileSync(join(folder, 'command'), 'utf8');
    channel.postMessage(command);
    void obey(command);
  });
}
