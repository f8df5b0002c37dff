/**
 * fuzz: `npm run fuzz -- --minutes N | --shots N [--seed S]`: installs, builds, and throws damaged messages at a Holdfast with a call on hold
 * (test/fuzz/). Without minutes it is the short run that the tests have.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { asSetup, ensureBuilt, ensureModules, ensureNode, ensurePackages, FFMPEG, ROOT, RTPENGINE } from './install.mjs';

await asSetup(() => {
  ensureNode();
  ensurePackages([RTPENGINE, FFMPEG]);
  ensureModules();
  ensureBuilt();
});

const valueOf = (name) => {
  const at = process.argv.indexOf(`--${name}`);
  const joined = process.argv.find((word) => word.startsWith(`--${name}=`))?.split('=')[1];
  const value = joined ?? (at < 0 ? undefined : process.argv[at + 1]);
  if (value !== undefined && !(Number(value) >= 0)) {
    console.error(`--${name}: found ${value}, expected a number`);
    process.exit(1);
  }
  return value;
};

const minutes = valueOf('minutes') ?? '0';
const shots = valueOf('shots') ?? '0';
const seed = valueOf('seed') ?? String(Math.floor(Math.random() * 2 ** 31));
console.log(`seed ${seed}, ${minutes} minutes, ${shots} shots`);
const { status } = spawnSync(process.execPath, ['--import=tsx', join(ROOT, 'test/fuzz/hostile.test.ts')], {
  cwd: ROOT,
  stdio: 'inherit',
  env: {
    ...process.env,
    TAP_TIMEOUT: String(Number(minutes) * 60 + Number(shots) * 0.1 + 300),
    FUZZ_MINUTES: minutes,
    FUZZ_SHOTS: shots,
    FUZZ_SEED: seed,
  },
});
process.exit(status ?? 1);
