/**
 * hold: how long a hold takes. From the HTTP request to the proof (both phones have answered 200), and to the first packet of
 * music at each phone: 100 calls up, one hold after the other; then 200 calls, 200 requests at once. `npm run bench -- hold`
 */
import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';
import { HeldCalls } from './sipp/held-calls.js';
import { sleep } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { startProduct } from './sipp/product.js';
import { until } from '../support/until.js';

const CALLS = 100;
const ROUNDS = 3;
const AT_ONCE = 200;
const REQUEST_MS = 10_000;

type Proof = Readonly<{ settled: boolean; ms: { settled: number }; caller: { state: string }; callee: { state: string } }>;
type Answer = Readonly<{ ms: number; proof: Proof }>;

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

/** Measured at the client, body read. */
function ask(method: 'PUT' | 'DELETE', base: string, callId: string): Promise<Answer> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { authorization: 'Bearer demo-token' };
    const options = { method, agent, headers, signal: AbortSignal.timeout(REQUEST_MS) };
    const asked = request(`${base}/calls/${callId}/hold`, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => {
        const ms = performance.now() - started;
        if (answer.statusCode === 200) resolve({ ms, proof: JSON.parse(text) as Proof });
        else reject(new Error(`${method} hold was answered ${answer.statusCode}: ${text}`));
      });
    });
    asked.once('error', reject).end();
  });
}

function percentiles(name: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string =>
    (sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0).toFixed(1);
  console.log(`  ${name.padEnd(34)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  longest ${at(1)} ms  (${sorted.length})`);
}

const agreed = ({ proof }: Answer): boolean => proof.caller.state === 'agreed' && proof.callee.state === 'agreed';

async function oneAfterTheOther(base: string, ids: readonly string[], sink: MusicSink): Promise<void> {
  const holds: Answer[] = [];
  const resumes: Answer[] = [];
  const music: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const id of ids) {
      sink.forget();
      const started = performance.now();
      holds.push(await ask('PUT', base, id));
      await until('both phones hear music', () => sink.firstHeard.length >= 2);
      music.push(...sink.firstHeard.map((ms) => ms - started));
      resumes.push(await ask('DELETE', base, id));
    }
  }
  console.log(
    `${ids.length} calls up, ${holds.length} holds one after the other, ${holds.filter(agreed).length} agreed by both:`,
  );
  const ms = holds.map((one) => one.ms);
  percentiles('HTTP request to its answer', ms);
  percentiles('command to both 200s, by the proof', holds.map((one) => one.proof.ms.settled)); // prettier-ignore
  percentiles('HTTP request to music at a phone', music);
  percentiles('resume: HTTP request to both 200s', resumes.map((one) => one.ms)); // prettier-ignore
  console.log('  first mark: p99 under 25 ms');
  sink.forget();
}

async function allAtOnce(base: string, ids: readonly string[], sink: MusicSink): Promise<void> {
  sink.forget();
  const started = performance.now();
  const holds = await Promise.all(ids.map((id) => ask('PUT', base, id)));
  const took = performance.now() - started;
  await sleep(500);
  const music = sink.firstHeard.map((ms) => ms - started);
  console.log(
    `${ids.length} calls up, ${ids.length} holds by as many requests at once, ${holds.filter(agreed).length} agreed by both:`,
  );
  console.log(`  all answered after ${took.toFixed(0)} ms (first mark: under 1000)`);
  percentiles('HTTP request to both 200s', holds.map((one) => one.ms)); // prettier-ignore
  percentiles('HTTP request to music at a phone', music);
  const resuming = performance.now();
  await Promise.all(ids.map((id) => ask('DELETE', base, id)));
  console.log(`  all resumed after ${(performance.now() - resuming).toFixed(0)} ms; load ${loadavg()[0]?.toFixed(2) ?? ''}`);
}

const sink = await MusicSink.open();
const product = await startProduct({ rtpPorts: 1600 });
const calls = new HeldCalls(product, sink.port);
try {
  const { base } = product.holdfast;
  const ids = await calls.add(CALLS);
  await sleep(500);
  await oneAfterTheOther(base, ids, sink);
  await sleep(1000);
  await allAtOnce(base, await calls.add(AT_ONCE - CALLS), sink);
} finally {
  agent.destroy();
  await product.stop();
  await calls.stop();
  sink.close();
}
