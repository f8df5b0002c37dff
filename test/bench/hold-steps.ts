/**
 * hold-steps: how the time of one hold grows with the calls that are up (10, 100, 1000), one hold after the other; and how many holds a
 * second can be done by as many requests as a program likes to have open. `npm run bench -- hold-steps`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { HoldClient, load, percentiles } from './sipp/hold-client.js';
import { sleep } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { startProduct } from './sipp/product.js';
import { until } from '../support/until.js';

const STEPS = [10, 100, 1000];
const HOLDS = 300;
const OPEN_REQUESTS = 32;
const RATE_HOLDS = 1000;
const QUIET_MS = 2000;

type Proof = Readonly<{ ms: { settled?: number }; caller: { state: string }; callee: { state: string } }>;

async function oneAfterTheOther(client: HoldClient, ids: readonly string[], sink: MusicSink): Promise<void> {
  const [answers, settled, music, resumes]: [number[], number[], number[], number[]] = [[], [], [], []];
  let agreed = 0;
  for (let index = 0; index < HOLDS; index++) {
    const path = `/calls/${ids[index % ids.length] ?? ''}/hold`;
    sink.forget();
    const started = performance.now();
    const { ms, body } = await client.ask<Proof>('PUT', path);
    await until('both phones hear music', () => sink.firstHeard.length >= 2);
    answers.push(ms);
    if (body.ms.settled !== undefined) settled.push(body.ms.settled);
    music.push(...sink.firstHeard.map((at) => at - started));
    if (body.caller.state === 'agreed' && body.callee.state === 'agreed') agreed++;
    resumes.push((await client.ask('DELETE', path)).ms);
  }
  console.log(`${ids.length} calls up, ${HOLDS} holds one after the other, ${agreed} agreed by both; ${load()}`);
  percentiles('HTTP request to its answer', answers);
  percentiles('command to both 200s, by the proof', settled);
  percentiles('HTTP request to music at a phone', music);
  percentiles('resume: HTTP request to its answer', resumes);
}

/** Hold and resume in turn, by so many askers at once, each with calls of its own. */
async function perSecond(client: HoldClient, ids: readonly string[]): Promise<void> {
  const askers = Math.min(OPEN_REQUESTS, ids.length);
  const times: number[] = [];
  let left = RATE_HOLDS;
  const started = performance.now();
  const asker = async (first: number): Promise<void> => {
    for (let index = first; left > 0; index = index + askers < ids.length ? index + askers : first) {
      left--;
      const path = `/calls/${ids[index] ?? ''}/hold`;
      times.push((await client.ask('PUT', path)).ms);
      await client.ask('DELETE', path);
    }
  };
  await Promise.all(Array.from({ length: askers }, (_, first) => asker(first)));
  const seconds = (performance.now() - started) / 1000;
  console.log(
    `${ids.length} calls up, ${askers} requests open: ${(times.length / seconds).toFixed(0)} holds/s and as many resumes; ${load()}`,
  );
  percentiles('HTTP request to its answer', times);
}

const named = process.argv.slice(2).map(Number).filter(Boolean);
const steps = named.length > 0 ? named : STEPS;
const sink = await MusicSink.open();
const product = await startProduct({ rtpPorts: 4 * Math.max(...steps) + 100 });
const calls = new HeldCalls(product, sink.port);
const client = new HoldClient(product.holdfast.base, OPEN_REQUESTS);
try {
  let up = 0;
  for (const step of steps) {
    const ids = await calls.add(step - up);
    up = step;
    await sleep(QUIET_MS);
    sink.forgetAll(); // else the streams of the step before are taken for what is still on its way
    await oneAfterTheOther(client, ids, sink);
    sink.forget();
    await perSecond(client, ids);
  }
} finally {
  client.close();
  await product.stop();
  await calls.stop();
  sink.close();
}
