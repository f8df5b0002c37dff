/**
 * recordings: what recording costs this process: so many calls at once, both parties talking, files written. RTP comes from a process of its own.
 * `node --import=tsx test/bench/recordings.ts [calls]`
 */
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { CallId } from '#core/leg.js';
import { RealClock } from '#kit/clock.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import { createLogger } from '#kit/log.js';
import { Recordings } from '#recordings/recordings.js';

const SECONDS = 10;
const PACKET_MS = 20;

async function measure(calls: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const sender = fork(fileURLToPath(import.meta.url), ['send'], { stdio: 'inherit' });
  const port = await new Promise<number>((resolve) => sender.once('message', (said) => resolve(said as number)));
  const tap = { from: { address: '127.0.0.1', port }, translates: false, end: () => Promise.resolve() };
  const ports: number[] = [];
  const recordings = await Recordings.open({
    folder,
    limits: { maxSeconds: 1000, maxBytes: 1e12, maxFiles: 10_000, maxAtOnce: 10_000 },
    taps: { tap: (_leg, to) => (ports.push(to.port), Promise.resolve(tap)) },
    address: '127.0.0.1',
    publish: () => undefined,
    subscribe: () => () => undefined,
    ffmpeg: () => undefined,
    clock: new RealClock(),
    steady: new MonotonicClock(),
    log: createLogger('silent'),
  });
  const parties = { caller: '101', callee: '102' };
  for (let index = 0; index < calls; index++)
    await recordings.start({ callId: `call${index}` as CallId, parties, format: 'wav' });
  const idle = calls === 0;
  if (!idle) sender.send(ports);
  await pause(1000);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.cpuUsage();
  await pause(SECONDS * 1000);
  const { user, system } = process.cpuUsage(before);
  const percent = (user + system) / SECONDS / 10_000;
  process.stdout.write(
    `${calls} calls: ${percent.toFixed(1)} % of a core, ${(percent / Math.max(1, calls)).toFixed(3)} each; event loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms\n`,
  );
  await recordings.close();
  sender.kill();
  rmSync(folder, { recursive: true, force: true });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function send(): void {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1', () => process.send?.(socket.address().port));
  process.once('message', (ports) => {
    const packet = Buffer.alloc(172, 0x55);
    packet.writeUInt16BE(0x8000, 0);
    let sequence = 0;
    setInterval(() => {
      packet.writeUInt16BE(sequence & 0xffff, 2);
      packet.writeUInt32BE((sequence++ * 160) >>> 0, 4);
      for (const port of ports as number[]) socket.send(Buffer.from(packet), port, '127.0.0.1');
    }, PACKET_MS);
  });
}

if (process.argv[2] === 'send') send();
else for (const calls of process.argv[2] === undefined ? [0, 10, 50] : [Number(process.argv[2])]) await measure(calls);
