/**
 * soak: many calls, one after the other at a steady rate, each anchored, held, resumed and hung up over the API; does anything grow? Prints
 * memory, open files and the live maps of every part after each tenth of the calls (10,000 at least at full length), and the slopes at
 * the end. `npm run bench -- soak`, or `node --import=tsx test/bench/soak.ts [--calls N] [--rate N]`
 */
import { readdirSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { rtpengineOf } from '../support/child-processes.js';
import { rtpengineSessions } from '../support/rtpengine-calls.js';
import { until } from '../support/until.js';
import { HoldClient, load } from './sipp/hold-client.js';
import { Load, sleep } from './sipp/load.js';
import { Probed } from './sipp/probed.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, memoryOf, type Product } from './sipp/product.js';

const CALLS = 100_000;
const RATE = 40;
const HELD_MS = 300;
/** Longer than any transaction lives (RFC 3261 §17: 32 s), so that what is left then is left for good. */
const QUIET_MS = 40_000;
const MOST_TOGETHER = 500;
const CONNECTIONS = 8;
const NO_SINK = 9;
/** The first part warms up: it says nothing of growth. */
const WARM_SHARE = 0.25;

type Sample = Readonly<Record<string, number>>;
type Done = { calls: number; holds: number; failed: number; firstFault: string };

const named = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};

/** Every call that is answered is held, resumed and hung up. */
async function follow({ holdfast }: Product, client: HoldClient, done: Done): Promise<IncomingMessage> {
  const one = async (id: string): Promise<void> => {
    try {
      await client.ask('PUT', `/calls/${id}/hold`);
      await sleep(HELD_MS);
      await client.ask('DELETE', `/calls/${id}/hold`);
      done.holds++;
    } catch (error) {
      done.failed++;
      done.firstFault ||= String(error);
    }
    await client.ask('DELETE', `/calls/${id}`).catch((error: unknown) => {
      done.firstFault ||= String(error);
    });
    done.calls++;
  };
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${holdfast.base}/events`, { headers: { authorization: 'Bearer demo-token' } }, resolve).once('error', reject);
  });
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    const lines = (text + part).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const { kind, callId } = JSON.parse(line.slice(5)) as { kind: string; callId?: string };
      if (kind === 'call.answered' && callId !== undefined) void one(callId);
    }
  });
  stream.on('error', () => undefined); // it ends with the product
  return stream;
}

const filesOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

async function sample(probed: Probed, calls: number): Promise<Sample> {
  const { holdfast } = probed.product;
  const media = rtpengineOf(holdfast.pid);
  const memory = memoryOf(holdfast);
  return {
    calls,
    'node RSS MB': memory.node,
    'rtpengine RSS MB': memory.rtpengine,
    'node files': filesOf(holdfast.pid),
    'rtpengine files': filesOf(media),
    'rtpengine sessions': await rtpengineSessions(media),
    ...(await probed.sizes()),
  };
}

function show(title: string, { calls, ...rest }: Sample): void {
  const parts = Object.entries(rest).map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(1)}`);
  console.log(`${title.padEnd(8)} ${calls} calls: ${parts.join(', ')}; ${load()}`);
}

/** Least squares over the samples after the warm-up. @returns growth for each thousand calls. */
function slope(samples: readonly Sample[], name: string): number {
  const points = samples.map((one) => [(one['calls'] ?? 0) / 1000, one[name] ?? 0] as const);
  const mean = (index: 0 | 1): number => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [meanX, meanY] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? Number.NaN : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

function showSlopes(samples: readonly Sample[], before: Sample, after: Sample): void {
  const [first, last] = [samples[0]?.['calls'] ?? 0, samples.at(-1)?.['calls'] ?? 0];
  const steady = samples.filter((one) => (one['calls'] ?? 0) >= first + WARM_SHARE * (last - first));
  console.log(
    `growth for each 1000 calls, from call ${steady[0]?.['calls']} to call ${last}; and what is left when all is quiet:`,
  );
  for (const name of Object.keys(after).filter((one) => one !== 'calls')) {
    const [was, is] = [before[name] ?? 0, after[name] ?? 0];
    console.log(
      `  ${name.padEnd(22)} ${slope(steady, name).toFixed(3).padStart(9)}   ${was.toFixed(1)} before, ${is.toFixed(1)} after`,
    );
  }
}

const [calls, rate] = [named('calls', CALLS), named('rate', RATE)];
const each = Math.max(500, Math.min(10_000, Math.ceil(calls / 10)));
const longestSec = Math.ceil((3 * calls) / rate) + 120;
const probed = await Probed.start({ rtpPorts: 4 * MOST_TOGETHER + 400, store: true });
const { product } = probed;
const client = new HoldClient(product.holdfast.base, CONNECTIONS);
const done: Done = { calls: 0, holds: 0, failed: 0, firstFault: '' };
const media = ['-key', 'sink', String(NO_SINK)];
const stream = await follow(product, client, done);
const loads: Load[] = [];
try {
  const before = await sample(probed, 0);
  show('before', before);
  const started = performance.now();
  loads.push(await Load.start({ scenario: 'uas-held', host: CALLED_HOST, port: product.answererPort, longestSec, more: media }));
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  const more = ['-s', CALLED_NUMBER, '-r', String(rate), '-m', String(calls), '-l', String(MOST_TOGETHER), ...media];
  const caller = await Load.start({ scenario: 'uac-held', host: CALLER_HOST, target, longestSec, more });
  loads.push(caller);
  const samples: Sample[] = [];
  let over = false;
  void caller.ended.then(() => (over = true));
  for (let next = each; next <= calls; next += each) {
    await until(`${next} calls`, () => over || done.calls >= next, longestSec * 1000);
    samples.push(await sample(probed, done.calls));
    show('', samples.at(-1) as Sample);
  }
  await until('the last call', () => over, 60_000);
  const seconds = (performance.now() - started) / 1000;
  const counts = await caller.counts();
  const result = `${done.calls} calls in ${seconds.toFixed(0)} s (${(done.calls / seconds).toFixed(1)}/s), ${done.holds} held and resumed, ${done.failed} not`;
  console.log(`${result}; SIPp: ${counts.failed} failed, ${counts.retransmissions} retransmissions`);
  const metrics = await product.holdfast.api<string>('GET', '/metrics');
  for (const line of metrics.body.split('\n').filter((one) => /^holdfast_(calls_total|guard_\w+)/.test(one)))
    console.log(`  ${line}`);
  if (done.firstFault !== '') console.log(`the first fault: ${done.firstFault}`);
  await sleep(QUIET_MS);
  const after = await sample(probed, done.calls);
  show('after', after);
  showSlopes(samples, before, after);
} finally {
  stream.destroy();
  client.close();
  await probed.stop();
  await Promise.all(loads.map((one) => one.stop()));
}
