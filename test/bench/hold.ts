/**
 * hold: how long a hold takes. From the HTTP request to the proof (both phones have answered 200), and to the first packet of
 * music at each phone: 100 calls up, one hold after the other; then 200 calls, 200 requests at once. `npm run bench -- hold`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { HoldClient, load, percentiles, type Timed } from './sipp/hold-client.js';
import { sleep } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { startProduct } from './sipp/product.js';
import { until } from '../support/until.js';

const CALLS = 100;
const ROUNDS = 3;
const AT_ONCE = 200;

type Proof = Readonly<{ settled: boolean; ms: { settled: number }; caller: { state: string }; callee: { state: string } }>;
type Answer = Timed<Proof>;

const agreed = ({ body: proof }: Answer): boolean => proof.caller.state === 'agreed' && proof.callee.state === 'agreed';

async function oneAfterTheOther(client: HoldClient, ids: readonly string[], sink: MusicSink): Promise<void> {
  const holds: Answer[] = [];
  const resumes: Answer[] = [];
  const music: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const id of ids) {
      sink.forget();
      const started = performance.now();
      holds.push(await client.ask<Proof>('PUT', `/calls/${id}/hold`));
      await until('both phones hear music', () => sink.firstHeard.length >= 2);
      music.push(...sink.firstHeard.map((ms) => ms - started));
      resumes.push(await client.ask<Proof>('DELETE', `/calls/${id}/hold`));
    }
  }
  console.log(
    `${ids.length} calls up, ${holds.length} holds one after the other, ${holds.filter(agreed).length} agreed by both:`,
  );
  const ms = holds.map((one) => one.ms);
  percentiles('HTTP request to its answer', ms);
  percentiles('command to both 200s, by the proof', holds.map((one) => one.body.ms.settled)); // prettier-ignore
  percentiles('HTTP request to music at a phone', music);
  percentiles('resume: HTTP request to both 200s', resumes.map((one) => one.ms)); // prettier-ignore
  console.log('  first mark: p99 under 25 ms');
  sink.forget();
}

async function allAtOnce(client: HoldClient, ids: readonly string[], sink: MusicSink): Promise<void> {
  sink.forget();
  const started = performance.now();
  const holds = await Promise.all(ids.map((id) => client.ask<Proof>('PUT', `/calls/${id}/hold`)));
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
  await Promise.all(ids.map((id) => client.ask<Proof>('DELETE', `/calls/${id}/hold`)));
  console.log(`  all resumed after ${(performance.now() - resuming).toFixed(0)} ms; ${load()}`);
}

const sink = await MusicSink.open();
const product = await startProduct({ rtpPorts: 1600 });
const calls = new HeldCalls(product, sink.port);
const client = new HoldClient(product.holdfast.base, AT_ONCE);
try {
  const ids = await calls.add(CALLS);
  await sleep(500);
  await oneAfterTheOther(client, ids, sink);
  await sleep(1000);
  await allAtOnce(client, await calls.add(AT_ONCE - CALLS), sink);
} finally {
  client.close();
  await product.stop();
  await calls.stop();
  sink.close();
}
