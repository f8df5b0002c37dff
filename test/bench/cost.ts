/**
 * cost: what one anchored set-up (INVITE, 180, 200, ACK, 200 ms, BYE) costs in processor time, by thread and process, from the scheduler's
 * own counters. It says far more than a rate on a machine that others use too, and whose sum is the ceiling of any rate.
 * `npm run bench -- cost`, or `node --import=tsx test/bench/cost.ts [calls a second [memory]]`; memory: without a store
 */
import { readdirSync, readFileSync } from 'node:fs';
import { rtpengineOf } from '../support/child-processes.js';
import { load } from './sipp/hold-client.js';
import { Load, sleep } from './sipp/load.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, startProduct } from './sipp/product.js';

const RATE = 200;
const WARM_MS = 4000;
const MEASURED_MS = 8000;
const CALL_MS = 200;
const LONGEST_SEC = 40;

/** Nanoseconds on a processor, by thread. */
function spent(pid: number): ReadonlyMap<string, number> {
  const threads = readdirSync(`/proc/${pid}/task`);
  return new Map(threads.map((tid) => [tid, Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0])]));
}

function since(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...after].map(([tid, ns]) => [tid, ns - (before.get(tid) ?? 0)] as const);
}

const sum = (rows: readonly (readonly [string, number])[]): number => rows.reduce((total, [, ns]) => total + ns, 0);

const rate = Number(process.argv[2] ?? RATE);
const product = await startProduct({ rtpPorts: 8000, store: process.argv[3] !== 'memory' });
try {
  const { pid } = product.holdfast;
  const media = rtpengineOf(pid);
  const answerer = await Load.start({ scenario: 'uas', host: CALLED_HOST, port: product.answererPort, longestSec: LONGEST_SEC });
  const more = ['-s', CALLED_NUMBER, '-r', String(rate), '-d', String(CALL_MS), '-l', '10000'];
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  // At half the rate first: a house that has just started compiles what it runs, and would refuse calls meanwhile.
  const slower = ['-s', CALLED_NUMBER, '-r', String(Math.ceil(rate / 2)), '-d', String(CALL_MS)];
  const warming = await Load.start({ scenario: 'uac', host: CALLER_HOST, target, longestSec: LONGEST_SEC, more: slower });
  await sleep(WARM_MS);
  await warming.stop();
  const caller = await Load.start({ scenario: 'uac', host: CALLER_HOST, target, longestSec: LONGEST_SEC, more });
  await sleep(WARM_MS);
  const [node, rtp, calls] = [spent(pid), spent(media), (await caller.counts()).done];
  await sleep(MEASURED_MS);
  const [nodeRows, rtpRows, counts] = [since(node, spent(pid)), since(rtp, spent(media)), await caller.counts()];
  const done = counts.done - calls;
  const each = (ns: number): string => `${(ns / 1000 / done).toFixed(0).padStart(6)} us`;
  const main = nodeRows.find(([tid]) => Number(tid) === pid)?.[1] ?? 0;
  const [engine = 0, ...others] = nodeRows
    .filter(([tid]) => Number(tid) !== pid)
    .map(([, ns]) => ns)
    .sort((a, b) => b - a);
  console.log(`${done} set-ups at ${rate}/s, ${counts.failed} failed, ${counts.retransmissions} retransmissions; ${load()}`);
  console.log(`application thread ${each(main)}`);
  console.log(`engine thread      ${each(engine)}`);
  console.log(`V8's helpers       ${each(others.reduce((total, ns) => total + ns, 0))}`);
  console.log(`rtpengine          ${each(sum(rtpRows))}`);
  console.log(`together           ${each(sum(nodeRows) + sum(rtpRows))}`);
  await Promise.all([caller.stop(), answerer.stop()]);
} finally {
  await product.stop();
}
