/**
 * setups: how many calls a second SIPp can set up through Holdfast with their media anchored in rtpengine, and beside it what this machine lets
 * anybody do: the same calls through a bare B2BUA on an engine that does only what it must, anchored by the same three commands
 * (test/support/bare-b2bua.ts), and from SIPp straight to SIPp. Each call is INVITE, 180, 200, ACK, 200 ms, BYE. `npm run bench -- setups`; `setups memory`: without a store
 */
import { loadavg } from 'node:os';
import { Load, type Counts } from './sipp/load.js';
import { CALLED_HOST, CALLED_NUMBER, CALLER_HOST, startProduct, type Product } from './sipp/product.js';
import { startBareB2bua } from '../support/bare-b2bua.js';
import { freePorts } from '../support/free-ports.js';

const RATES = [50, 100, 200, 400, 500, 600, 700, 800, 900, 1000, 1200, 1400, 1600];
const SECONDS = 5;
const CALL_MS = 200;
/** After the last call has begun; a call that SIPp has given up by then is a failed one. */
const TAIL_SEC = 12;

/** SIPp begins late and quietly slows down when it cannot keep the pace it was told. */
const KEPT_PACE = 0.85;

type Row = Readonly<{ counts: Counts; attained: number; clean: boolean }>;

/** Retransmissions of both ends are counted: a lost answer is repeated by the one that answers. */
async function run(rate: number, seconds: number, target: string, answererPort: number): Promise<Row> {
  const longestSec = seconds + TAIL_SEC + 5;
  const answerer = await Load.start({ scenario: 'uas', host: CALLED_HOST, port: answererPort, longestSec });
  const started = performance.now();
  const more = ['-s', CALLED_NUMBER, '-r', String(rate), '-m', String(rate * seconds), '-d', String(CALL_MS)];
  more.push('-l', '10000', '-timeout', `${seconds + TAIL_SEC}s`);
  const caller = await Load.start({ scenario: 'uac', host: CALLER_HOST, target, longestSec, more });
  await caller.ended;
  const attained = (rate * seconds * 1000) / (performance.now() - started - CALL_MS);
  const [there, here] = [await answerer.counts(), await caller.counts()];
  await Promise.all([caller.stop(), answerer.stop()]);
  const failed = Math.max(here.failed, rate * seconds - here.done);
  const retransmissions = here.retransmissions + there.retransmissions;
  const clean = failed === 0 && retransmissions < 0.01 * here.done && attained > KEPT_PACE * rate;
  return { counts: { ...here, failed, retransmissions }, attained, clean };
}

function show(name: string, rate: number, row: Row): void {
  const { done, failed, retransmissions } = row.counts;
  const share = ((100 * retransmissions) / Math.max(1, done)).toFixed(2);
  const load = loadavg()[0]?.toFixed(2) ?? '';
  console.log(
    `${name.padEnd(9)} ${String(rate).padStart(4)}/s: ${done} done (${row.attained.toFixed(0)}/s), ${failed} failed, ${retransmissions} retransmissions (${share} %), ` +
      `load ${load}${row.clean ? '' : '  <- not clean'}`,
  );
}

/** Steps upwards until one is not clean; that one is tried once more, because a neighbour may have taken the processor. */
async function highest(name: string, target: string, answererPort: number): Promise<number> {
  let best = 0;
  for (const rate of RATES) {
    let row = await run(rate, SECONDS, target, answererPort);
    show(name, rate, row);
    if (!row.clean) {
      row = await run(rate, SECONDS, target, answererPort);
      show(name, rate, row);
    }
    if (!row.clean) break;
    best = rate;
  }
  return best;
}

async function through(product: Product): Promise<number> {
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  await run(200, 5, target, product.answererPort); // so that what is measured is compiled code
  return highest('Holdfast', target, product.answererPort);
}

const store = process.argv[2] !== 'memory';
console.log(`store ${store ? 'on, as shipped' : 'off'}`);
const product = await startProduct({ rtpPorts: 8000, store });
let anchored = 0;
try {
  anchored = await through(product);
} finally {
  await product.stop();
}
const { portMin } = await freePorts(16);
const bare = await startBareB2bua('floor', portMin, 8000);
await run(200, 5, bare.target, portMin);
const least = await highest('bare', bare.target, portMin);
bare.kill();
const phones = await highest('phones', `127.0.0.1:${portMin}`, portMin);
const most = RATES.at(-1);
const name = (rate: number): string => `${rate}${rate === most ? ' or more' : ''}`;
console.log(
  `highest clean rate: ${anchored} set-ups/s anchored (first mark 400); a bare B2BUA on a bare engine, anchored ${name(least)}: ` +
    `${(anchored / Math.max(1, least)).toFixed(2)} of it; SIPp straight to SIPp ${name(phones)}`,
);
