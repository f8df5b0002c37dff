/**
 * engine: how many calls a second go through a bare drachtio-srf B2BUA (no media, no policy) on the embedded engine, between
 * two SIPp's. Printed, never asserted. `node --import tsx test/bench/engine.ts [rates...]`
 * With DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET and DRACHTIO_SIP (host:port) it is a real drachtio-server that is measured.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { cpus, loadavg, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startEngineThread } from '#engine/thread.js';
import { createLogger } from '#kit/log.js';
import { newSrf, type AppRequest, type AppResponse } from '../support/engine-fixture.js';

const SECONDS = 8;
const CALL_MS = 200;

process.env = { ...process.env }; // drachtio-srf reads it for every header

const freeUdpPort = (): Promise<number> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

/** Milliseconds of CPU of this thread and of the busiest other one: the engine. */
function threadCpu(): { mainMs: number; engineMs: number } {
  let mainMs = 0;
  let engineMs = 0;
  for (const tid of readdirSync('/proc/self/task')) {
    const [ns = '0'] = readFileSync(`/proc/self/task/${tid}/schedstat`, 'utf8').split(' ');
    const ms = Number(ns) / 1e6;
    if (tid === String(process.pid)) mainMs = ms;
    else engineMs = Math.max(engineMs, ms);
  }
  return { mainMs, engineMs };
}

type Run = { code: number; failed: number; retransmissions: number; done: number };

function sipp(folder: string, args: string[]): { child: ReturnType<typeof spawn>; ended: Promise<number> } {
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code ?? -1))) };
}

async function callers(folder: string, target: string, rate: number, seconds: number): Promise<Run> {
  const stat = join(folder, `stat-${rate}-${seconds}.csv`);
  const args = [
    '-sn',
    'uac',
    '-i',
    '127.0.0.1',
    '-p',
    String(await freeUdpPort()),
    '-r',
    String(rate),
    '-m',
    String(rate * seconds),
  ];
  args.push(
    '-d',
    String(CALL_MS),
    '-l',
    '20000',
    '-trace_stat',
    '-stf',
    stat,
    '-fd',
    '1',
    '-nostdin',
    '-timeout',
    String(seconds + 15),
    '-buff_size',
    '4194304',
  );
  const { ended } = sipp(folder, [...args, target]);
  const code = await ended;
  const [head = '', ...rows] = readFileSync(stat, 'utf8').trim().split('\n');
  const names = head.split(';');
  const last = (rows.at(-1) ?? '').split(';');
  const field = (name: string): number => Number(last[names.indexOf(name)] ?? 0);
  return { code, failed: field('FailedCall(C)'), retransmissions: field('Retransmissions(C)'), done: field('SuccessfulCall(C)') };
}

const rates = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'engine-bench-'));
const { DRACHTIO_HOST: host, DRACHTIO_PORT: adminPort = '9022', DRACHTIO_SECRET: secret = 'cymru' } = process.env;
const engine =
  host === undefined
    ? await startEngineThread({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0 }, createLogger('warn'))
    : undefined;
const srf = newSrf();
const uasPort = await freeUdpPort();
let legs = 0;
srf.use('invite', (request: AppRequest, response: AppResponse) => {
  srf
    .createB2BUA(request, response, `sip:uas@127.0.0.1:${uasPort}`, { localSdpB: request.body })
    .then(({ uas, uac }) => {
      legs += 2;
      const other = { uas: uac, uac: uas };
      uas.on('destroy', () => void other.uas.destroy().finally(() => (legs -= 2)));
      uac.on('destroy', () => void other.uac.destroy().finally(() => (legs -= 2)));
    })
    .catch(() => undefined);
});
const ready = new Promise((resolve) => srf.on('connect', resolve));
srf.connect(
  engine === undefined
    ? { host, port: Number(adminPort), secret }
    : { host: '127.0.0.1', port: engine.adminPort, secret: engine.secret },
);
await ready;
const callee = sipp(folder, ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(uasPort), '-nostdin', '-buff_size', '4194304']);
const port = engine?.listening.find((one) => one.protocol === 'udp')?.port ?? 5060;
const target = process.env['DRACHTIO_SIP'] ?? `127.0.0.1:${port}`;

console.log(
  `${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, ${process.version}; calls of ${CALL_MS} ms, ${SECONDS} s a row`,
);
await callers(folder, target, 200, 3); // warm
for (const rate of rates.length > 0 ? rates : [500, 1000, 1500, 2000, 2500]) {
  const before = threadCpu();
  const run = await callers(folder, target, rate, SECONDS);
  const after = threadCpu();
  // What is still being hung up when SIPp has its last 200 gets a moment.
  for (let turn = 0; legs > 0 && turn < 300; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  const perCall = (ms: number): string => `${Math.round((ms * 1000) / Math.max(1, run.done))} us`;
  console.log(
    `${rate}/s: ${run.done} done, ${run.failed} failed, ${run.retransmissions} retransmissions; ` +
      `CPU a call: application ${perCall(after.mainMs - before.mainMs)}, ${engine === undefined ? 'busiest other thread' : 'engine'} ${perCall(after.engineMs - before.engineMs)}; legs left ${legs}`,
  );
}
callee.child.kill('SIGKILL');
srf.disconnect();
await engine?.stop();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
