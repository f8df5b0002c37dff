/**
 * engine: how many calls a second go through a bare drachtio-srf B2BUA (no media, no policy) between two SIPp's: on the embedded engine, and by
 * turns on one that does only what it must (test/support/floor-engine.ts), so that both were measured on the same machine in the same minutes.
 * Printed, never asserted. `node --import tsx test/bench/engine.ts [rates...]`
 * With DRACHTIO_HOST, DRACHTIO_PORT, DRACHTIO_SECRET and DRACHTIO_SIP (host:port) it is a real drachtio-server that is measured.
 */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { cpus, loadavg, tmpdir } from 'node:os';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startBareB2bua, type BareB2bua } from '../support/bare-b2bua.js';

const SECONDS = 8;
const CALL_MS = 200;

const freeUdpPort = (): Promise<number> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });

/** Milliseconds of processor that each thread of this process has had. */
const threadCpu = (pid: number): Map<string, number> =>
  new Map(
    readdirSync(`/proc/${pid}/task`).map((tid) => {
      const [ns = '0'] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ');
      return [tid, Number(ns) / 1e6];
    }),
  );

type Spent = Readonly<{ application: number; engine: number; all: number }>;

/** Microseconds a call: of the main thread, of the one that was busiest beside it, and of all with V8's helpers. */
function spentA(call: number, pid: number, before: ReadonlyMap<string, number>): Spent {
  const after = threadCpu(pid);
  const rows = [...after].map(([tid, ms]) => ({ tid, us: ((ms - (before.get(tid) ?? 0)) * 1000) / Math.max(1, call) }));
  const application = rows.find(({ tid }) => tid === String(pid))?.us ?? 0;
  const engine = Math.max(...rows.filter(({ tid }) => tid !== String(pid)).map(({ us }) => us));
  return { application, engine, all: rows.reduce((sum, { us }) => sum + us, 0) };
}

type Run = { code: number; failed: number; retransmissions: number; done: number };

function sipp(folder: string, args: string[]): { child: ReturnType<typeof spawn>; ended: Promise<number> } {
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
  return { child, ended: new Promise((resolve) => child.once('exit', (code) => resolve(code ?? -1))) };
}

let runs = 0;

async function callers(folder: string, target: string, rate: number, seconds: number): Promise<Run> {
  const stat = join(folder, `stat-${(runs += 1)}.csv`);
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

/** @returns microseconds of processor a call in the process of the B2BUA. */
async function measured(house: BareB2bua, folder: string, rate: number): Promise<number> {
  const before = threadCpu(house.pid);
  const run = await callers(folder, house.target, rate, SECONDS);
  const { application, engine, all } = spentA(run.done, house.pid, before);
  // What is still being hung up when SIPp has its last 200 gets a moment.
  for (let turn = 0; turn < 300 && (await house.legs()) > 0; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(
    `${rate}/s ${house.name}: ${run.done} done, ${run.failed} failed, ${run.retransmissions} retransmissions; CPU a call: ` +
      `${Math.round(all)} us (application ${Math.round(application)}, busiest other thread ${Math.round(engine)}); legs left ${await house.legs()}`,
  );
  return all;
}

const rates = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'engine-bench-'));
const uasPort = await freeUdpPort();
const first = await startBareB2bua(process.env['DRACHTIO_HOST'] === undefined ? 'ours' : 'drachtio-server', uasPort);
const least = await startBareB2bua('floor', uasPort);
const callee = sipp(folder, ['-sn', 'uas', '-i', '127.0.0.1', '-p', String(uasPort), '-nostdin', '-buff_size', '4194304']);

console.log(
  `${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}, ${process.version}; calls of ${CALL_MS} ms, ${SECONDS} s a row`,
);
for (const one of [first, least]) for (const rate of [200, 1000]) await callers(folder, one.target, rate, 3); // warm
for (const rate of rates.length > 0 ? rates : [500, 1000, 1500, 2000, 2500]) {
  const ours = await measured(first, folder, rate);
  const floorUs = await measured(least, folder, rate);
  console.log(`${rate}/s: ${first.name} needs ${(ours / floorUs).toFixed(2)} of the floor`);
}
callee.child.kill('SIGKILL');
first.kill();
least.kill();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
