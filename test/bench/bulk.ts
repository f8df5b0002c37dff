/**
 * bulk: how long it takes to hold and to resume many calls with one request, until its answer and until music is at every phone.
 * `npm run bench -- bulk`, or `node --import=tsx test/bench/bulk.ts [alone] [calls ...]`; alone: music is not shared, however many hear it
 */
import type { BulkReport } from '#calls/bulk-commands.js';
import { rtpengineOf } from '../support/child-processes.js';
import { HeldCalls } from './sipp/held-calls.js';
import { HoldClient, load, percentiles } from './sipp/hold-client.js';
import { sleep } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { cpuTicks } from './sipp/music-listener.js';
import { startProduct, type Product } from './sipp/product.js';

const STEPS = [100, 500];
const ROUNDS = 5;
/** Packets on the way, and the timers of the last re-INVITE. */
const QUIET_MS = 1500;

async function round({ holdfast }: Product, client: HoldClient, sink: MusicSink, calls: number, index: number): Promise<void> {
  sink.forgetAll();
  const pids = [holdfast.pid, rtpengineOf(holdfast.pid)];
  const ticks = pids.map(cpuTicks);
  const started = performance.now();
  const { ms, body } = await client.ask<BulkReport>('PUT', '/calls/hold', { all: true });
  const spentMs = pids.map((pid, at) => 10 * (cpuTicks(pid) - (ticks[at] ?? 0)));
  await sleep(QUIET_MS);
  const music = sink.firstHeard.map((at) => at - started);
  const { done, unchanged, pending, failed } = body.counts;
  console.log(
    `  round ${index}: answered after ${ms.toFixed(0)} ms (inside ${body.ms.toFixed(0)}), ${done} held, ${unchanged} unchanged, ${pending} pending, ` +
      `${failed} failed; music on ${music.length} of ${2 * calls} phones, the last after ${Math.max(0, ...music).toFixed(0)} ms`,
  );
  console.log(`           processor until the answer: Holdfast ${spentMs[0]} ms, rtpengine ${spentMs[1]} ms`);
  percentiles('request to music at a phone', music);
  const back = await client.ask<BulkReport>('DELETE', '/calls/hold', { all: true });
  console.log(`           resumed after ${back.ms.toFixed(0)} ms (${back.body.counts.done} of ${calls}); ${load()}`);
  await sleep(QUIET_MS);
}

const named = process.argv.slice(2).map(Number).filter(Boolean);
const steps = named.length > 0 ? named : STEPS;
const most = Math.max(...steps);
const sink = await MusicSink.open();
const product = await startProduct({ rtpPorts: 4 * most + 400, alone: process.argv.includes('alone') });
const calls = new HeldCalls(product, sink.port);
const client = new HoldClient(product.holdfast.base, 2);
try {
  let up = 0;
  for (const step of steps) {
    await calls.add(step - up);
    up = step;
    await sleep(QUIET_MS);
    console.log(`${step} calls up, held by one request:`);
    for (let index = 1; index <= ROUNDS; index++) await round(product, client, sink, step, index);
  }
} finally {
  client.close();
  await product.stop();
  await calls.stop();
  sink.close();
}
