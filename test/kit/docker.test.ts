/**
 * Goal: docker/ is right as far as it can be known without a container engine. Method: the files are read as the engine would read
 * them, checked against sip-config/ and the product's own configuration, and rtpengine's arguments are tried on a real rtpengine.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadConfig } from '#kit/config.js';
import { ENVIRONMENT } from '#kit/environment.js';
import t from 'tap';
import { parse } from 'yaml';
import { freePorts } from '../support/free-ports.js';
import { until } from '../support/until.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docker = join(root, 'docker');

type Service = Readonly<{
  image?: string;
  build?: { context: string; dockerfile: string };
  environment?: Readonly<Record<string, string>>;
  command?: readonly string[];
  volumes?: readonly string[];
  depends_on?: readonly string[];
}>;
type Compose = Readonly<{ services: Record<string, Service>; volumes: Record<string, unknown> }>;

/** Compose's own `${NAME:-default}`, with nothing set: what a first run gets. */
const filledIn = (text: string): string => text.replace(/\$\{[A-Z_]+:-([^}]*)\}/g, '$1');

const compose = parse(filledIn(readFileSync(join(docker, 'compose.yaml'), 'utf8'))) as Compose;
const service = (name: string): Service => compose.services[name] ?? {};
const after = (words: readonly string[], option: string): string[] =>
  words.flatMap((word, index) => (word === option ? [words[index + 1] ?? ''] : []));

/** What the application would be with the environment that the compose file gives it. */
const config = loadConfig(service('holdfast').environment ?? {}, join(root, 'sip-config'));

t.test('the compose file has the four services and names only what it defines', (t) => {
  t.same(Object.keys(compose.services).sort(), ['drachtio', 'holdfast', 'redis', 'rtpengine']);
  for (const [name, { depends_on = [], image, build }] of Object.entries(compose.services)) {
    for (const other of depends_on) t.ok(compose.services[other], `${name} waits for a service that exists: ${other}`);
    t.equal([image, build].filter((one) => one !== undefined).length, 1, `${name} is either pulled or built`);
  }
  t.end();
});

t.test('every file that is mounted, built from or copied exists', (t) => {
  for (const [name, { volumes = [] }] of Object.entries(compose.services)) {
    for (const volume of volumes) {
      const [source = '', target = ''] = volume.split(':');
      t.match(target, /^\//, `${name}: ${volume} is mounted at a whole path`);
      if (source.startsWith('.')) t.ok(existsSync(resolve(docker, source)), `${name} mounts ${source}`);
      else t.ok(source in compose.volumes, `${name} mounts the volume ${source}`);
    }
  }
  for (const { build } of Object.values(compose.services)) {
    if (build === undefined) continue;
    const context = resolve(docker, build.context);
    for (const source of copied(join(context, build.dockerfile))) t.ok(existsSync(join(context, source)), `copies ${source}`);
  }
  t.end();
});

/** What a Dockerfile takes from its context; `--from` takes from another stage. */
function copied(dockerfile: string): string[] {
  return readFileSync(dockerfile, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
}

t.test('all of sip-config is mounted where the application looks for it', (t) => {
  const mounted = (service('holdfast').volumes ?? []).map((volume) => volume.split(':').slice(0, 2).join(' '));
  for (const file of ['holdfast', 'accounts', 'trunks', 'music'].map((name) => `${name}.yaml`))
    t.ok(mounted.includes(`../sip-config/${file} /app/sip-config/${file}`), file);
  t.end();
});

t.test('the container engine is sent everything that the Dockerfile copies', (t) => {
  const ignore = readFileSync(join(docker, 'Dockerfile.dockerignore'), 'utf8').split('\n');
  for (const source of copied(join(docker, 'Dockerfile'))) t.ok(ignore.includes(`!${source.replace('./', '')}`), source);
  t.end();
});

t.test('only variables that the configuration knows are set', (t) => {
  t.strictSame(
    Object.keys(service('holdfast').environment ?? {}).filter((name) => !(name in ENVIRONMENT)),
    [],
  );
  t.end();
});

t.test('drachtio listens where the application and its phones look for it', (t) => {
  const command = service('drachtio').command ?? [];
  t.strictSame(after(command, '--address'), [config.drachtio.host]);
  t.strictSame(after(command, '--port'), [String(config.drachtio.port)]);
  t.strictSame(after(command, '--secret'), [config.drachtio.secret]);
  t.strictSame(after(command, '--contact'), [
    `sip:${config.address}:${config.sip.port};transport=udp,tcp`,
    `sip:${config.address}:${config.sip.wsPort};transport=ws`,
  ]);
  t.end();
});

t.test('rtpengine listens where the application looks for it, with the ports and patience of the configuration', (t) => {
  const { ng, portMin, portMax, timeoutSeconds, redis } = config.rtpengine;
  t.strictSame(service('rtpengine').command, [
    `--interface=${config.address}`,
    `--listen-ng=${ng}`,
    `--port-min=${portMin}`,
    `--port-max=${portMax}`,
    `--timeout=${timeoutSeconds}`,
    `--silent-timeout=${timeoutSeconds}`,
    `--redis=${redis}`,
    '--no-redis-required',
  ]);
  const music = /music:(\S+?)(:ro)?$/;
  const seenBy = (name: string): string | undefined => music.exec((service(name).volumes ?? []).join(' '))?.[1];
  t.equal(seenBy('rtpengine'), seenBy('holdfast'), 'both see the music under the same path');
  t.end();
});

t.test('a real rtpengine takes the arguments of its container', async (t) => {
  const dockerfile = readFileSync(join(docker, 'Dockerfile.rtpengine'), 'utf8');
  const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  const { portMin, portMax } = await freePorts(40);
  const [program = '', ...args] = [...entry, ...(service('rtpengine').command ?? [])].map((word) =>
    word
      .replace(/^(--listen-ng=).*/, `$1127.0.0.1:${portMin}`)
      .replace(/^(--port-min=).*/, `$1${portMin + 2}`)
      .replace(/^(--port-max=).*/, `$1${portMax}`),
  );
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said += data.toString()));
  t.teardown(() => child.kill('SIGKILL'));
  const hexPort = portMin.toString(16).toUpperCase().padStart(4, '0');
  await until('rtpengine listens', () => {
    if (child.exitCode !== null) throw new Error(`rtpengine ended with ${child.exitCode}: ${said}`);
    return readFileSync('/proc/net/udp', 'utf8').includes(`0100007F:${hexPort} `);
  });
  t.equal(child.exitCode, null);
});

t.test('the application starts from the build that the Dockerfile makes', (t) => {
  const dockerfile = readFileSync(join(docker, 'Dockerfile'), 'utf8');
  const entry = /import\('\/app\/(dist\/[^']+)'\)\.then\(\(\{ main \}\)/.exec(dockerfile)?.[1] ?? '';
  t.ok(existsSync(join(root, entry)), entry);
  t.equal(/^WORKDIR (.*)$/m.exec(dockerfile)?.[1], '/app');
  t.end();
});
