import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { ENGINE_VERSION } from '#engine/engine.js';
import { readOptions } from '#engine/main.js';
import { startEngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';
import { disconnected, newSrf } from '../support/engine-fixture.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

t.test('the thread says where it listens, and stopping it twice is stopping it once', async (t) => {
  const engine = await startEngineThread({ addresses: ['127.0.0.1', '::1'], sipPort: 0, wsPort: 0 }, createLogger('silent'));
  const ports = (protocol: string): number[] =>
    engine.listening.filter((one) => one.protocol === protocol).map((one) => one.port);
  t.same(ports('udp'), ports('tcp'), 'UDP and TCP have the same number');
  t.equal(new Set(ports('udp')).size, 1, 'on every address');
  t.equal(new Set(ports('ws')).size, 1);
  const exits: string[] = [];
  engine.onExit((why) => exits.push(why));
  await Promise.all([engine.stop(), engine.stop()]);
  await engine.stop();
  t.same(exits, [], 'an end that was asked for is no news');
});

t.test('a thread that cannot listen says what is in the way', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const started = startEngineThread({ addresses: ['127.0.0.1'], sipPort: port, wsPort: 0 }, createLogger('silent'));
  await t.rejects(started, {
    code: 'engine_start',
    message: new RegExp(`port ${port} \\(tcp\\): another program.*HOLDFAST_SIP_PORT`),
  });
});

t.test('npm run engine: options from the environment, wrong ones named', (t) => {
  t.same(readOptions({}), { addresses: ['127.0.0.1'], sipPort: 5060, wsPort: 5066, adminPort: 9022, secret: 'cymru' });
  const given = {
    HOLDFAST_ADDRESS: '10.0.0.1, ::1',
    HOLDFAST_SIP_PORT: '0',
    HOLDFAST_WS_PORT: '8080',
    DRACHTIO_PORT: '1',
    DRACHTIO_SECRET: 's',
  };
  t.same(readOptions(given), { addresses: ['10.0.0.1', '::1'], sipPort: 0, wsPort: 8080, adminPort: 1, secret: 's' });
  const { keep } = readOptions({ HOLDFAST_STORE: '/var/lib/holdfast' });
  t.equal(keep?.folder, '/var/lib/holdfast/engine');
  t.throws(
    () => readOptions({ HOLDFAST_ADDRESS: '127.0.0.1,localhost' }),
    /HOLDFAST_ADDRESS: found "localhost", expected IP addresses/,
  );
  t.throws(() => readOptions({ DRACHTIO_PORT: '70000' }), /DRACHTIO_PORT: found "70000", expected a port number/);
  t.end();
});

t.test('npm run engine: prints where it listens, serves, and ends on SIGTERM', async (t) => {
  const env = {
    PATH: process.env['PATH'],
    HOLDFAST_SIP_PORT: '0',
    HOLDFAST_WS_PORT: '0',
    DRACHTIO_PORT: '0',
    DRACHTIO_SECRET: 'x',
    HOLDFAST_LOG: 'silent',
  };
  const code = "import { main } from '#engine/main.js'; await main();";
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { cwd: root, env });
  t.teardown(() => child.kill('SIGKILL'));
  let printed = '';
  while (!/connects to .* port \d+/.test(printed)) printed += String((await once(child.stdout, 'data'))[0]);
  t.match(printed, /udp +127\.0\.0\.1 port \d+/);
  const srf = newSrf();
  srf.on('error', () => undefined);
  const ready = new Promise((resolve) =>
    srf.on('connect', (_error: unknown, _ports: string, version: string) => resolve(version)),
  );
  srf.connect({
    host: '127.0.0.1',
    port: Number(/connects to .* port (\d+)/.exec(printed)?.[1]),
    secret: 'x',
    reconnect: { maxAttempts: 1 },
  });
  t.equal(await ready, ENGINE_VERSION);
  disconnected(srf);
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null]);
});
