/**
 * memory: what a call that is up costs in resident memory, in Holdfast and in rtpengine. `npm run bench -- memory`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { sleep } from './sipp/load.js';
import { memoryOf, startProduct } from './sipp/product.js';

const STEPS = [200, 500];
/** The collector of garbage and the timers of the set-ups are given this long. */
const QUIET_MS = 4000;
/** Nobody listens there: these calls are silent. */
const NO_SINK = 9;

type Memory = ReturnType<typeof memoryOf>;

const show = (calls: number, { node, rtpengine }: Memory): void =>
  console.log(`${String(calls).padStart(4)} calls: node ${node.toFixed(1)} MB, rtpengine ${rtpengine.toFixed(1)} MB`);

function showPerCall(from: number, to: number, before: Memory, after: Memory): void {
  const kb = (part: keyof Memory): string => ((1024 * (after[part] - before[part])) / (to - from)).toFixed(1);
  console.log(`  from ${from} to ${to}: ${kb('node')} kB a call in node, ${kb('rtpengine')} kB in rtpengine`);
}

const product = await startProduct({ rtpPorts: 2400 });
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
