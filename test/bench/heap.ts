/**
 * heap: what a call that is up is made of in the heaps of the application and of the engine: snapshots before and after so many calls,
 * their difference by constructor, in bytes a call. `npm run bench -- heap`, or `node --import=tsx test/bench/heap.ts [calls]`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { load } from './sipp/hold-client.js';
import { sleep } from './sipp/load.js';
import { Probed } from './sipp/probed.js';

const BEFORE = 50;
const CALLS = 300;
const ROWS = 28;
/** Transactions of the set-ups are kept for 32 s (RFC 3261 §17); without this their records would be counted as the calls'. */
const QUIET_MS = Number(process.env['QUIET_MS'] ?? 3000);
const THREADS = 2;
/** Nobody listens there: these calls are silent. */
const NO_SINK = 9;
const TEXT_SHOWN = 28;

type Snapshot = Readonly<{
  snapshot: Readonly<{ meta: Readonly<{ node_fields: readonly string[]; node_types: readonly [readonly string[]] }> }>;
  nodes: readonly number[];
  strings: readonly string[];
}>;
type Sums = Map<string, { bytes: number; count: number }>;

/** Of texts their beginning stands for the kind. */
function sumsOf(text: string): Sums {
  const { snapshot, nodes, strings } = JSON.parse(text) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt, sizeAt] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const sums: Sums = new Map();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const type = types[0][nodes[at + typeAt] ?? 0] ?? '?';
    const name = strings[nodes[at + nameAt] ?? 0] ?? '?';
    const isText = type.endsWith('string');
    const key = `${type} ${isText ? JSON.stringify(name.slice(0, TEXT_SHOWN).replace(/[0-9a-f]{3,}/gi, '#')) : name}`;
    const sum = sums.get(key) ?? { bytes: 0, count: 0 };
    sum.bytes += nodes[at + sizeAt] ?? 0;
    sum.count++;
    sums.set(key, sum);
  }
  return sums;
}

function show(name: string, before: Sums, after: Sums, calls: number): void {
  const rows = [...after].map(([key, { bytes, count }]) => {
    const { bytes: bytesBefore, count: countBefore } = before.get(key) ?? { bytes: 0, count: 0 };
    return { key, bytes: (bytes - bytesBefore) / calls, count: (count - countBefore) / calls };
  });
  const total = rows.reduce((sum, { bytes }) => sum + bytes, 0);
  console.log(`thread ${name}: ${total.toFixed(0)} bytes of heap a call, of which`);
  for (const { key, bytes, count } of rows.sort((a, b) => b.bytes - a.bytes).slice(0, ROWS))
    console.log(`  ${bytes.toFixed(0).padStart(7)} bytes ${count.toFixed(1).padStart(7)} x ${key}`);
}

const more = Number(process.argv[2] ?? CALLS);
const probed = await Probed.start({ rtpPorts: 4 * (BEFORE + more) + 100 });
const calls = new HeldCalls(probed.product, NO_SINK);
try {
  await calls.add(BEFORE);
  await sleep(QUIET_MS);
  probed.tell('heap');
  await probed.files('.heapsnapshot', THREADS);
  await calls.add(more);
  await sleep(QUIET_MS);
  probed.tell('heap');
  const texts = await probed.files('.heapsnapshot', 2 * THREADS);
  console.log(`${more} calls more; ${load()}`);
  for (const thread of ['0', '1']) {
    const sums = (round: number): Sums => sumsOf(texts.get(`${thread}-${round}.heapsnapshot`) ?? '{}');
    show(thread, sums(1), sums(2), more);
  }
} finally {
  await probed.stop();
  await calls.stop();
}
