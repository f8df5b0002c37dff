/**
 * bench: `npm run bench [-- NAME ... [FIGURE or --FLAG ...]]`: installs, builds, and runs the measurements of test/bench; all of them when none
 * is named. Figures and flags are given to each that is named. They print figures and judge nothing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { benchWords } from './bench-words.mjs';
import {
  asSetup,
  BARESIP,
  ensureBuilt,
  ensureModules,
  ensureNode,
  ensurePackages,
  FFMPEG,
  ROOT,
  RTPENGINE,
  SIPP,
} from './install.mjs';

await asSetup(() => {
  ensureNode();
  ensurePackages([RTPENGINE, FFMPEG, SIPP, BARESIP]);
  ensureModules();
  ensureBuilt();
});

const folder = join(ROOT, 'test/bench');
const all = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3));
const { names: named, given } = benchWords(process.argv.slice(2));

console.log(
  `${cpus().length} cores, ${cpus()[0]?.model ?? 'unknown'}, load ${loadavg()
    .map((one) => one.toFixed(2))
    .join(' ')}, Node ${process.version}`,
);
for (const name of named.length > 0 ? named : all) {
  if (!existsSync(join(folder, `${name}.ts`))) {
    console.error(`no measurement is called ${name}; there are: ${all.join(', ')}`);
    process.exit(1);
  }
  console.log(`\n== ${name}`);
  spawnSync(process.execPath, ['--import=tsx', join(folder, `${name}.ts`), ...(named.length > 0 ? given : [])], {
    cwd: ROOT,
    stdio: 'inherit',
  });
}
