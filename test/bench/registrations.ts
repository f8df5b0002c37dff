/**
 * registrations: how many phones a second can register with digest. Each registration is REGISTER, 401, REGISTER, 200; SIPp is
 * offered MD5 alone. `npm run bench -- registrations`
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Load, type Counts } from './sipp/load.js';
import { phoneNumbers, startProduct } from './sipp/product.js';

const PHONES = 1000;
const RATES = [500, 1000, 2000, 3000, 4000, 5000];
const SECONDS = 4;
const TAIL_SEC = 8;
/** SIPp begins late and quietly slows down when it cannot keep the pace it was told. */
const KEPT_PACE = 0.85;

type Row = Counts & Readonly<{ attained: number }>;

async function run(rate: number, seconds: number, target: string, phones: string): Promise<Row> {
  const more = ['-inf', phones, '-auth_uri', target, '-r', String(rate), '-m', String(rate * seconds)];
  more.push('-l', '10000', '-timeout', `${seconds + TAIL_SEC}s`);
  const started = performance.now();
  const load = await Load.start({ scenario: 'registers', host: '127.0.0.1', target, longestSec: seconds + TAIL_SEC + 5, more });
  await load.ended;
  const attained = (rate * seconds * 1000) / (performance.now() - started);
  const counts = await load.counts();
  await load.stop();
  return { ...counts, attained, failed: Math.max(counts.failed, rate * seconds - counts.done) };
}

/** @returns the highest rate without a failure and with less than 1 % retransmissions. */
async function climb(target: string, phones: string): Promise<number> {
  let best = 0;
  for (const rate of RATES) {
    const { done, failed, retransmissions, attained } = await run(rate, SECONDS, target, phones);
    const clean = failed === 0 && retransmissions < 0.01 * done && attained > KEPT_PACE * rate;
    const load = loadavg()[0]?.toFixed(2) ?? '';
    const verdict = clean ? '' : '  <- not clean';
    console.log(
      `${String(rate).padStart(4)}/s: ${done} done (${attained.toFixed(0)}/s), ${failed} failed, ${retransmissions} retransmissions, load ${load}${verdict}`,
    );
    if (!clean) break;
    best = rate;
  }
  return best;
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-phones-'));
const phones = join(folder, 'phones.csv');
const rows = phoneNumbers(PHONES).map((number) => `${number};[authentication username=${number} password=demo-${number}]`);
writeFileSync(phones, ['SEQUENTIAL', ...rows, ''].join('\n'));
const product = await startProduct({ phones: PHONES });
try {
  const target = `127.0.0.1:${product.holdfast.sipPort}`;
  await run(200, 3, target, phones); // so that what is measured is compiled code
  const best = await climb(target, phones);
  console.log(`highest clean rate: ${best} registrations/s (${2 * best} requests/s) of ${PHONES} phones`);
} finally {
  await product.stop();
  rmSync(folder, { recursive: true, force: true });
}
