/**
 * overload: what becomes of calls when three times as many come as can be had: the best rate is found, then three times of it is offered,
 * while calls that are up are held and resumed one after the other. Printed: calls that were made to their end (goodput) against the
 * best, answer times of holds meanwhile, memory before and after. `npm run bench -- overload`
 */
import { HeldCalls } from './sipp/held-calls.js';
import { HoldClient, load, percentiles } from './sipp/hold-client.js';
import { Load, sleep, type Counts } from './sipp/load.js';
import { MusicSink } from './sipp/music-sink.js';
import { CALLED_NUMBER, CALLER_HOST, memoryOf, startProduct, type Product } from './sipp/product.js';

const RATES = [100, 200, 300, 400, 500, 600, 800, 1000, 1300, 1600];
const SECONDS = 8;
const CALL_MS = 200;
const HELD = 10;
const FACTOR = 3;
const OVERLOAD_SECONDS = 25;
/** Until the first refusals have come and the load is what it will be. */
const SETTLING_MS = 5000;
/** Transactions are over after 32 s (RFC 3261 §17), and a house that has been quiet for 40 s after that collects. */
const DRAIN_MS = 90_000;
/** A rate is sustained while nearly everything offered comes to its end. */
const SUSTAINED = 0.97;
const LONGEST_SEC = 600;

type Offer = Readonly<{ goodput: number; counts: Counts }>;

/** Offers calls for so long; goodput is measured when they have begun to come to an end. */
async function offer(product: Product, rate: number, seconds: number, settlingMs: number): Promise<Offer> {
  const more = ['-s', CALLED_NUMBER, '-r', String(rate), '-m', String(rate * seconds), '-d', String(CALL_MS), '-l', '100000'];
  const longestSec = seconds + 60;
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  const load = await Load.start({ scenario: 'uac-overload', host: CALLER_HOST, target, longestSec, more });
  await sleep(settlingMs);
  const before = await load.counts();
  await sleep(seconds * 1000 - settlingMs - 2500);
  const after = await load.counts();
  const goodput = (after.completed - before.completed) / (after.atSec - before.atSec);
  await Promise.race([load.ended, sleep(12_000)]);
  const counts = await load.counts();
  await load.stop();
  return { goodput, counts };
}

function show(name: string, rate: number, { goodput, counts }: Offer): void {
  const { completed, refused, failed, retransmissions } = counts;
  console.log(
    `${name.padEnd(9)} ${String(rate).padStart(4)}/s: goodput ${goodput.toFixed(0)}/s; in all ${completed} completed, ${refused} refused, ` +
      `${failed} failed, ${retransmissions} retransmissions, ${load()}`,
  );
}

/** @returns the best goodput, and the highest rate that was sustained. */
async function best(product: Product): Promise<Readonly<{ goodput: number; sustained: number }>> {
  let [goodput, sustained] = [0, RATES[0] ?? 1];
  for (const rate of RATES) {
    const offered = await offer(product, rate, SECONDS, 1500);
    show('ladder', rate, offered);
    goodput = Math.max(goodput, offered.goodput);
    if (offered.goodput < SUSTAINED * rate) break;
    sustained = rate;
  }
  return { goodput, sustained };
}

async function holdAll(client: HoldClient, ids: readonly string[], until: () => boolean): Promise<void> {
  const holds: number[] = [];
  let failed = 0;
  for (let one = 0; !until(); one++) {
    const path = `/calls/${ids[one % ids.length] ?? ''}/hold`;
    try {
      holds.push((await client.ask('PUT', path)).ms);
      await client.ask('DELETE', path);
    } catch (error) {
      failed += 1;
      if (failed < 4) console.log(String(error).slice(0, 200));
    }
    await sleep(50);
  }
  percentiles('holds during it', holds);
  console.log(`  ${failed} holds failed`);
}

const sink = await MusicSink.open();
const product = await startProduct({ rtpPorts: 16_000 });
const calls = new HeldCalls(product, sink.port, LONGEST_SEC);
const client = new HoldClient(product.holdfast.base, 4);
const memory = (when: string): void => {
  const { node, rtpengine } = memoryOf(product.holdfast);
  console.log(`memory ${when}: Node ${node.toFixed(0)} MB, rtpengine ${rtpengine.toFixed(0)} MB`);
};
try {
  await calls.add(1); // from now on somebody answers
  await offer(product, 100, 4, 1000); // so that what is measured is compiled code
  const top = await best(product);
  await sleep(DRAIN_MS);
  memory('before');
  // Only now: SIPp answers no question whether a call is still there, and sends no RTP, so an old one is ended.
  const ids = (await calls.add(HELD)).slice(-HELD);
  const rate = FACTOR * top.sustained;
  let over = false;
  const [offered] = await Promise.all([
    offer(product, rate, OVERLOAD_SECONDS, SETTLING_MS).finally(() => (over = true)),
    holdAll(client, ids, () => over),
  ]);
  show('overload', rate, offered);
  memory('at its end');
  await sleep(DRAIN_MS);
  memory('after');
  const again = await offer(product, top.sustained, SECONDS, 1500);
  show('afterwards', top.sustained, again);
  const ratio = offered.goodput / Math.max(1, top.goodput);
  console.log(
    `best ${top.goodput.toFixed(0)}/s (sustained ${top.sustained}/s); at ${FACTOR} times of that ${offered.goodput.toFixed(0)}/s: ` +
      `${ratio.toFixed(2)} of the best (mark 0.80)`,
  );
} finally {
  client.close();
  await product.stop();
  await calls.stop();
  sink.close();
}
