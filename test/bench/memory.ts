/**
 * memory: what a call that is up costs in resident memory, in Holdfast and in rtpengine. `npm run bench -- memory`,
 * or `node --import=tsx test/bench/memory.ts [calls ...]`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { sleep } from './sipp/load.js';
import { memoryOf, startProduct } from './sipp/product.js';

const given = process.argv.slice(2).map(Number);
/** What is freed is given back in lumps: over few calls they are all one sees. */
const STEPS = given.length > 0 ? given : [200, 500, 2000];
/** Transactions of the set-ups are over by then (RFC 3261 §17: 32 s), and the collector of garbage has had its turn. */
const QUIET_MS = 40_000;
/** Nobody listens there: these calls are silent. */
const NO_SINK = 9;

type Memory = ReturnType<typeof memoryOf>;

const show = (calls: number, { node, rtpengine }: Memory): void =>
  console.log(`${String(calls).padStart(4)} calls: node ${node.toFixed(1)} MB, rtpengine ${rtpengine.toFixed(1)} MB`);

function showPerCall(from: number, to: number, before: Memory, after: Memory): void {
  const kb = (part: keyof Memory): string => ((1024 * (after[part] - before[part])) / (to - from)).toFixed(1);
  console.log(`  from ${from} to ${to}: ${kb('node')} kB a call in node, ${kb('rtpengine')} kB in rtpengine`);
}

const product = await startProduct({ rtpPorts: 4 * Math.max(...STEPS) + 400 });
const calls = new HeldCalls(product, NO_SINK);
try {
  await sleep(QUIET_MS);
  let [up, last] = [0, memoryOf(product.holdfast)];
  show(0, last);
  for (const step of STEPS) {
    await calls.add(step - up);
    await sleep(QUIET_MS);
    const now = memoryOf(product.holdfast);
    show(step, now);
    showPerCall(up, step, last, now);
    [up, last] = [step, now];
  }
} finally {
  await product.stop();
  await calls.stop();
}
