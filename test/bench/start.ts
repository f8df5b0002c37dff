/**
 * start: how long it takes from the start of the process until it serves, with everything installed and built; the first time with music
 * that has to be made, then with music that is there. `npm run bench -- start`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Holdfast } from '../support/holdfast.js';
import { toneWav } from '../support/wav.js';
import { load, percentiles } from './sipp/hold-client.js';

const ROUNDS = 5;

async function once(folder: string): Promise<number> {
  const started = performance.now();
  const holdfast = await Holdfast.start({ environment: { HOLDFAST_CONFIG: folder } });
  const ms = performance.now() - started;
  await holdfast.stop();
  return ms;
}

/** A house as it is delivered, with a minute of music. */
function furnish(folder: string): void {
  writeFileSync(join(folder, 'holdfast.yaml'), 'log: info\n');
  writeFileSync(join(folder, 'accounts.yaml'), "phones:\n  - { number: '101', password: demo-101 }\n");
  mkdirSync(join(folder, 'music/default'), { recursive: true });
  writeFileSync(join(folder, 'music/default/tone.wav'), toneWav({ hertz: 440, seconds: 60 }));
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-start-'));
try {
  furnish(folder);
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) times.push(await once(folder));
  const [first = Number.NaN, ...others] = times;
  console.log(`the first start took ${first.toFixed(0)} ms; ${load()}`);
  percentiles('the others', others);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
