/**
 * bulk: how long it takes to hold and to resume many calls with one request, until its answer and until music is at every phone; and the
 * least that can take here: a bare B2BUA on an engine that does only what it must (test/support/floor-engine.ts), which sends the same re-INVITEs and
 * gates the same calls, without music, store, events or a policy.
 * `npm run bench -- bulk`, or `node --import=tsx test/bench/bulk.ts [alone] [calls ...]`; alone: music is not shared, however many hear it
 */
import type { BulkReport } from '#calls/bulk-commands.js';
import { startBareB2bua } from '../support/bare-b2bua.js';
import { rtpengineOf } from '../support/child-processes.js';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/until.js';
import { HeldCalls } from './sipp/held-calls.js';
import { HoldClient, load, percentiles } from './sipp/hold-client.js';
import { Load, sleep } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { cpuTicks } from './sipp/music-listener.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, startProduct, type Product } from './sipp/product.js';

const STEPS = [100, 500];
const ROUNDS = 5;
const [FLOOR_RATE, FLOOR_ROUNDS, FLOOR_CALLS] = [100, 4, 1000];
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

/** It knows a call for half a minute only: all calls at once, and few rounds. */
async function floor(count: number): Promise<void> {
  const longestSec = 60;
  const more = ['-key', 'sink', String(sink.port)];
  const { portMin: port } = await freePorts(16);
  const bare = await startBareB2bua('floor', port, 4 * count + 400);
  const answerer = await Load.start({ scenario: 'uas-held', host: CALLED_HOST, port, longestSec, more });
  const rate = ['-r', String(FLOOR_RATE), '-m', String(count), '-l', String(count), '-s', CALLED_NUMBER];
  const caller = await Load.start({
    scenario: 'uac-held',
    host: CALLER_HOST,
    target: bare.target,
    longestSec,
    more: [...rate, ...more],
  });
  try {
    await until('all calls are up', async () => (await bare.legs()) === 2 * count);
    for (let index = 1; index <= FLOOR_ROUNDS; index++) {
      const [heldMs, held] = await timed(() => bare.holdAll('sendonly'));
      await sleep(QUIET_MS);
      const [resumedMs] = await timed(() => bare.holdAll('sendrecv'));
      console.log(
        `  floor ${index}: ${held} of ${count} held after ${heldMs.toFixed(0)} ms, resumed after ${resumedMs.toFixed(0)} ms; ${load()}`,
      );
      await sleep(QUIET_MS);
    }
  } finally {
    bare.kill();
    await Promise.all([caller.stop(), answerer.stop()]);
  }
}

async function timed<T>(what: () => Promise<T>): Promise<readonly [ms: number, result: T]> {
  const started = performance.now();
  const result = await what();
  return [performance.now() - started, result];
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
}
try {
  await floor(Math.min(most, FLOOR_CALLS));
} finally {
  sink.close();
}
