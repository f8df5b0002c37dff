/**
 * profile: where the processor's time goes, thread by thread and part by part, while SIPp sets calls up through Holdfast.
 * `npm run bench -- profile`, or `node --import=tsx test/bench/profile.ts [calls a second] [functions]` to see single functions as well
 */
import { load } from './sipp/hold-client.js';
import { Load, sleep } from './sipp/load.js';
import { Probed } from './sipp/probed.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, type Product } from './sipp/product.js';

const RATE = 200;
const WARM_MS = 3000;
const PROFILE_MS = 6000;
const CALL_MS = 200;
const LONGEST_SEC = 25;
const ROWS = 30;
/** The application and the engine. */
const THREADS = 2;

type Node = Readonly<{ id: number; callFrame: Readonly<{ functionName: string; url: string }> }>;
type Profile = Readonly<{ nodes: readonly Node[]; samples: readonly number[]; timeDeltas: readonly number[] }>;

/** The part of the house, or of what it stands on, that a function belongs to. */
function partOf({ callFrame: { functionName, url } }: Node): string {
  if (url === '') return functionName.startsWith('(') ? functionName : 'in V8 and C++';
  const module = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (module !== undefined) return module;
  const room = /\/dist\/(?:([^/]+)\/)?(?:([^/]+)\/)?[^/]+$/.exec(url);
  if (room !== null) return `holdfast ${[room[1], room[2]].filter((name) => name !== undefined).join('/') || 'main'}`;
  return url.startsWith('node:') ? 'node itself' : 'other';
}

function show(name: string, text: string): void {
  const profile = JSON.parse(text) as Profile;
  const parts = new Map(profile.nodes.map((node) => [node.id, partOf(node)]));
  const sums = new Map<string, number>();
  profile.samples.forEach((id, index) => {
    const part = parts.get(id) ?? 'other';
    sums.set(part, (sums.get(part) ?? 0) + (profile.timeDeltas[index] ?? 0));
  });
  const total = [...sums.values()].reduce((sum, us) => sum + us, 0);
  const idle = sums.get('(idle)') ?? 0;
  sums.delete('(idle)');
  console.log(`thread ${name}: busy ${((100 * (total - idle)) / total).toFixed(0)} % of the time, of which`);
  print(sums, total - idle);
  if (process.argv[3] === 'functions') print(byFunction(profile), total - idle);
}

function byFunction({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const names = new Map(nodes.map((node) => [node.id, `${node.callFrame.functionName || '(anonymous)'} ${partOf(node)}`]));
  const sums = new Map<string, number>();
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '';
    sums.set(name, (sums.get(name) ?? 0) + (timeDeltas[index] ?? 0));
  });
  for (const name of sums.keys()) if (name.startsWith('(idle)')) sums.delete(name);
  return sums;
}

function print(sums: ReadonlyMap<string, number>, busy: number): void {
  const rows = [...sums].sort((a, b) => b[1] - a[1]).slice(0, ROWS);
  for (const [part, us] of rows) console.log(`  ${part.padEnd(48)} ${((100 * us) / busy).toFixed(1).padStart(5)} %`);
}

async function calls(product: Product, rate: number, during: () => Promise<void>): Promise<void> {
  const answerer = await Load.start({ scenario: 'uas', host: CALLED_HOST, port: product.answererPort, longestSec: LONGEST_SEC });
  const more = ['-s', CALLED_NUMBER, '-r', String(rate), '-d', String(CALL_MS), '-l', '10000'];
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  const caller = await Load.start({ scenario: 'uac', host: CALLER_HOST, target, longestSec: LONGEST_SEC, more });
  await during();
  const { failed, retransmissions } = await caller.counts();
  console.log(`${rate} set-ups/s, ${failed} failed, ${retransmissions} retransmissions; ${load()}`);
  await Promise.all([caller.stop(), answerer.stop()]);
}

const rate = Number(process.argv[2] ?? RATE);
const probed = await Probed.start({ rtpPorts: 4000 });
try {
  await calls(probed.product, rate, async () => {
    await sleep(WARM_MS);
    probed.tell('profile');
    await sleep(PROFILE_MS);
    probed.tell('stop');
  });
  for (const [name, text] of await probed.files('.cpuprofile', THREADS)) show(name.replace('.cpuprofile', ''), text);
} finally {
  await probed.stop();
}
