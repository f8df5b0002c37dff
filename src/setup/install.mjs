/**
 * install: what has to be there before anything can be built: Node, npm modules, Debian packages. Plain JavaScript, because
 * nothing is installed yet. Says what it does, and does nothing twice.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OLDEST_NODE = 20;

/** Debian packages by the program they bring. */
export const RTPENGINE = {
  program: 'rtpengine',
  package: 'rtpengine-daemon',
  why: 'media and music on hold',
  oldest: [10, 5],
  service: 'rtpengine-daemon',
};
export const FFMPEG = { program: 'ffmpeg', package: 'ffmpeg', why: 'reading music files' };
/** Everything but spoken prompts works without it. */
export const ESPEAK = { program: 'espeak-ng', package: 'espeak-ng', why: 'speaking prompts', optional: true };
export const SIPP = { program: 'sipp', package: 'sip-tester', why: 'test phones' };
export const TSHARK = { program: 'tshark', package: 'tshark', why: 'seeing what reaches the test phones' };
export const REDIS = {
  program: 'redis-server',
  package: 'redis-server',
  why: 'tests of an rtpengine that remembers',
  optional: true,
  service: 'redis-server',
};
export const BARESIP = { program: 'baresip', package: 'baresip-core', why: 'test phones' };

export class SetupError extends Error {}

const say = (text) => process.stderr.write(`holdfast: ${text}\n`);

export function ensureNode() {
  const [major] = process.versions.node.split('.').map(Number);
  if (major < OLDEST_NODE) throw new SetupError(`Node ${OLDEST_NODE} or newer is needed; this is ${process.version}`);
}

/** npm modules, exactly as package-lock.json has them; installed again only when it has changed. */
export function ensureModules() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const stamp = join(ROOT, 'node_modules', '.holdfast-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  // npm ci empties the folder first, and a link may lead into somebody else's.
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink() === true)
    throw new SetupError('node_modules is a link, and what it leads to does not fit package-lock.json; remove the link');
  say('installing npm modules (npm ci)');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--include=dev'], 'npm ci failed');
  writeFileSync(stamp, lock);
}

/** Runs a program in the project's folder with its output shown. */
function run(program, args, failure) {
  const done = spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (done.status !== 0) throw new SetupError(`${failure} (${program} ${args.join(' ')})`);
}

const PLACES = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/sbin'];
const findProgram = (name) => PLACES.map((folder) => join(folder, name)).find((path) => existsSync(path));

/** Debian packages that are missing are installed when we may (root, or sudo without a password); otherwise one line says what to type. */
export function ensurePackages(wanted) {
  const missing = wanted.filter(({ program }) => findProgram(program) === undefined);
  if (missing.length > 0) {
    try {
      installPackages(missing);
    } catch (error) {
      if (!(error instanceof SetupError) || missing.some(({ optional }) => optional !== true)) throw error;
      say(`going on without ${missing.map((one) => one.package).join(', ')}: ${error.message}`);
    }
  }
  for (const { program, oldest } of wanted) if (oldest !== undefined) checkVersion(program, oldest);
}

function installPackages(missing) {
  const names = missing.map((one) => one.package);
  const reasons = missing.map((one) => `${one.package} (${one.why})`).join(', ');
  const apt = findProgram('apt-get');
  const asRoot = process.getuid?.() === 0 ? [] : mayUseSudo() ? ['sudo', '-n'] : undefined;
  const byHand = `install ${names.join(' ')}, for example: sudo apt-get install ${names.join(' ')}`;
  if (apt === undefined) throw new SetupError(`this is no Debian or Ubuntu; ${byHand}`);
  if (asRoot === undefined) throw new SetupError(`missing: ${reasons}; ${byHand}`);
  say(`installing Debian packages: ${reasons}`);
  const noService = blockServices(asRoot);
  // Named on the command line, because sudo drops the environment.
  const aptGet = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', apt];
  try {
    const install = [...aptGet, 'install', '-y', '-qq', '--no-install-recommends', ...names];
    const first = spawnSync(install[0], install.slice(1), { stdio: 'ignore' });
    if (first.signal === 'SIGINT') throw new SetupError('interrupted');
    if (first.status !== 0) {
      // A fresh machine has no package lists yet.
      const update = [...aptGet, 'update', '-qq'];
      run(update[0], update.slice(1), 'apt-get update failed');
      run(install[0], install.slice(1), `apt-get install failed; ${byHand}`);
    }
    for (const { service } of missing) if (service !== undefined) disableService(service, asRoot);
  } finally {
    noService();
  }
}

const mayUseSudo = () => findProgram('sudo') !== undefined && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;

const POLICY = '/usr/sbin/policy-rc.d';
const POLICY_MARK = '# holdfast, for the time of an installation';

/** rtpengine-daemon would start a service of its own on ports we may want; Debian's policy file keeps it from that while we install. */
function blockServices(asRoot) {
  // Somebody else's policy stays; one of ours that is still there was left by an installation that was killed.
  if (existsSync(POLICY) && !readFileSync(POLICY, 'utf8').includes(POLICY_MARK)) return () => undefined;
  // Ctrl-C ends apt and then comes back here, so that the policy never outlives the installation.
  const stay = () => undefined;
  process.on('SIGINT', stay);
  asRootShell(`printf '#!/bin/sh\\n${POLICY_MARK}\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`, asRoot);
  return () => {
    asRootShell(`rm -f ${POLICY}`, asRoot);
    process.off('SIGINT', stay);
  };
}

/** Not started now is not enough: the package has enabled it for the next boot. Only for one that was not installed before. */
function disableService(service, asRoot) {
  asRootShell(`systemctl disable ${service} || update-rc.d ${service} disable`, asRoot);
}

function asRootShell(script, asRoot) {
  const [program, ...args] = [...asRoot, 'sh', '-c', script];
  spawnSync(program, args, { stdio: 'ignore' });
}

function checkVersion(program, oldest) {
  const path = findProgram(program);
  const printed = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const found = /([0-9]+)\.([0-9]+)/.exec(`${printed.stdout}${printed.stderr}`);
  if (found === null) return;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new SetupError(`${program} ${found[0]} is too old: ${oldest.join('.')} or newer is needed`);
}

/** dist/ follows src/: built when any source is newer or gone, and quick when nothing has changed. */
export function ensureBuilt() {
  const stamp = join(ROOT, 'dist', '.holdfast-sources');
  const sources = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;
  say('building');
  // What was built from a file that is gone must go too; tsc does not look.
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'], 'the build failed');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, sources);
}

/** Path, size and time of every source: enough to see a change, and read in milliseconds. */
function fingerprint() {
  const lines = [];
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith('.ts')) {
        const { size, mtimeMs } = statSync(path);
        lines.push(`${path} ${size} ${mtimeMs}`);
      }
    }
  };
  walk(join(ROOT, 'src'));
  for (const name of ['tsconfig.json', 'package-lock.json']) lines.push(`${name} ${statSync(join(ROOT, name)).mtimeMs}`);
  return lines.sort().join('\n');
}

/** Runs a step of a setup script; a SetupError is one clear line, everything else a fault to be seen whole. */
export async function asSetup(step) {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exit(1);
  }
}
