/**
 * test: `npm test [-- FOLDER-OR-FILE ...]`: installs, builds, checks types, lint and format, runs the tests with tap, and ends with
 * one line that counts: `N passed, N failed`. A check, a file that crashes and a failed assertion each count as one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import {
  asSetup,
  BARESIP,
  ensureBuilt,
  ensureModules,
  ensureNode,
  ensurePackages,
  ESPEAK,
  FFMPEG,
  REDIS,
  ROOT,
  RTPENGINE,
  SIPP,
  TSHARK,
} from './install.mjs';
import { readLogs } from './log-secrets.mjs';

const chosen = process.argv.slice(2).filter((word) => !word.startsWith('-'));

await asSetup(() => {
  ensureNode();
  ensurePackages([RTPENGINE, FFMPEG, ESPEAK, SIPP, BARESIP, TSHARK, REDIS]);
  ensureModules();
  ensureBuilt();
});

const bin = (path) => join(ROOT, 'node_modules', path);
/** The longest first: two run at a time. */
const CHECKS = [
  ['lint', [bin('eslint/bin/eslint.js'), '--config', '.config/eslint.config.js', 'src', 'test']],
  ['types of the tests', [bin('typescript/bin/tsc'), '-p', 'test/tsconfig.json']],
  ['format', [bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', 'src/**/*.{ts,mjs}', 'test/**/*.ts']],
];

let passed = 0;
let failed = 0;
let skipped = 0;

function check([name, args]) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
    child.on('close', (code) => {
      running.delete(child);
      if (code === 0) passed++;
      else failed++;
      console.log(`${code === 0 ? 'ok' : 'NOT OK'}  ${name}`);
      if (code !== 0) console.log(said);
      resolve();
    });
  });
}

function testFiles(path) {
  if (!statSync(path).isDirectory()) return path.endsWith('.test.ts') ? [path] : [];
  return readdirSync(path)
    .sort()
    .flatMap((name) => testFiles(join(path, name)));
}

const files = (chosen.length > 0 ? chosen.map((path) => join(ROOT, path)) : [join(ROOT, 'test')]).flatMap(testFiles);
/** Files that look at every packet's time, or keep a dozen phones busy, run alone: two of them on two cores would measure each other. */
const isAlone = (file) =>
  /\/test\/(media|engine|fuzz)\//.test(file) && !/\/(rtpengine-keeper|music-library|music-shelf|prompts)\.test/.test(file);
/** Phones that talk, and are mostly waited for. */
const isScenario = (file) => !isAlone(file) && /\/test\/(interop|scenarios|conformance)\//.test(file);
/** Begun first, so that nobody waits for one of them alone at the end. */
const LONG = ['kill-anywhere', 'conference', 'crooked', 'transfer', 'scenarios/tls', 'conformance/holdfast', 'restart'];
const rank = (file) => {
  const at = LONG.findIndex((name) => file.endsWith(`/${name}.test.ts`));
  return at < 0 ? LONG.length : at;
};
const alone = files.filter(isAlone);
const scenarios = files.filter(isScenario).sort((one, other) => rank(one) - rank(other));
const light = files.filter((file) => !isAlone(file) && !isScenario(file));

/** What the programs under test print is kept until the end (test/support/kept-logs.ts). */
const KEPT_LOGS = mkdtempSync(join(tmpdir(), 'holdfast-logs-'));

const FILE_MS = 330_000;
/** tap's own limit of 30 s for a file is for machines that do nothing else; hung tests are found all the same. */
const TAP_SECONDS = 300;

/** Each file leads a process group, so that what it has started ends with it when it hangs, or when we are stopped. */
const running = new Set();
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    return; // it has ended already
  }
}
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    running.forEach(endGroup);
    rmSync(KEPT_LOGS, { recursive: true, force: true });
    process.exit(1);
  });

/** One file in a process of its own. TAP is what it prints: every assertion of a test is a line under it. */
function runFile(file) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--import=tsx', file], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { TAP_TIMEOUT: String(TAP_SECONDS), ...process.env, TAP: '1', HOLDFAST_KEPT_LOGS: KEPT_LOGS },
      detached: true,
    });
    running.add(child);
    const startMs = performance.now();
    let tap = '';
    let errors = '';
    const slow = setTimeout(() => endGroup(child), FILE_MS);
    child.stdout.on('data', (data) => (tap += data));
    child.stderr.on('data', (data) => (errors += data));
    child.on('close', (code, signal) => {
      running.delete(child);
      clearTimeout(slow);
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      report(relative(ROOT, file), tap, errors, code, signal, seconds);
      resolve();
    });
  });
}

/** tap counts its assertions itself: `# { total: 11, pass: 10, fail: 1 }` at the end; the failed ones are read for the report. */
function count(tap) {
  const lines = tap.split('\n');
  const summary = lines.findLast((line) => line.startsWith('# { total:')) ?? '';
  const number = (word) => Number(new RegExp(`\\b${word}: ([0-9]+)`).exec(summary)?.[1] ?? 0);
  const failures = [];
  lines.forEach((line, index) => {
    const title = /^\s*not ok [0-9]+ - (?!.*# time=)(.*)$/.exec(line)?.[1];
    if (title !== undefined) failures.push([title, ...diagnostics(lines, index)].join('\n      '));
  });
  return { ok: number('pass'), notOk: number('fail'), skip: number('skip') + number('todo'), failures };
}

/** The YAML block that explains a failure. */
function diagnostics(lines, index) {
  if (!/^\s*---/.test(lines[index + 1] ?? '')) return [];
  const end = lines.findIndex((line, at) => at > index + 1 && /^\s*\.\.\.\s*$/.test(line));
  return lines.slice(index + 2, Math.min(end, index + 40)).map((line) => line.trimEnd());
}

function report(name, tap, errors, code, signal, seconds) {
  const points = count(tap);
  // A file that ends badly without a failed assertion crashed, or ran out of time: that is a failure too.
  const crashed = code !== 0 && points.notOk === 0;
  passed += points.ok;
  failed += points.notOk + (crashed ? 1 : 0);
  skipped += points.skip;
  const good = points.notOk === 0 && !crashed;
  console.log(
    `${good ? 'ok' : 'NOT OK'}  ${name}  (${points.ok} passed${points.notOk > 0 ? `, ${points.notOk} failed` : ''}${points.skip > 0 ? `, ${points.skip} skipped` : ''}; ${seconds} s)`,
  );
  for (const failure of points.failures) console.log(`    ${failure}`);
  if (crashed) console.log(`    ended with ${signal ?? `code ${code}`}\n${tap.slice(-2000)}\n${errors.slice(-4000)}`);
  else if (!good && errors !== '') console.log(errors.slice(-4000));
}

async function runAll(list, atOnce, run = runFile) {
  const waiting = [...list];
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await run(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

if (chosen.length === 0) await runAll(CHECKS, 2, check);
await runAll(light, 2);
await runAll(alone, 1);
await runAll(scenarios, 2);
checkLogs();

/** No secret in any log. A whole run that has kept none has not looked. */
function checkLogs() {
  const { logs, lines, secrets, complaints } = readLogs(KEPT_LOGS);
  rmSync(KEPT_LOGS, { recursive: true, force: true });
  if (logs === 0 && chosen.length > 0) return;
  const good = complaints.length === 0 && logs > 0;
  if (good) passed++;
  else failed++;
  console.log(`${good ? 'ok' : 'NOT OK'}  no secret in ${logs} logs (${lines} lines, ${secrets} secrets looked for)`);
  for (const complaint of complaints) console.log(`    ${complaint}`);
}

if (passed + failed === 0) {
  console.log('no test was run');
  failed++;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed === 0 ? 0 : 1);
