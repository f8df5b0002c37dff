/**
 * fan-out: what rtpengine pays for each listener of music: played to each alone, from files of 16 bit and of µ-law, in packets of 20 and
 * of 40 ms; and one stream given out to all (music-fan). `npm run bench -- fan-out`, or
 * `node --import=tsx test/bench/fan-out.ts [listeners ...]`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '#kit/clock.js';
import { newCallId } from '#kit/ids.js';
import { createLogger } from '#kit/log.js';
import { MusicFan } from '#media/music-fan.js';
import { NgClient } from '#media/ng-client.js';
import { NgCommands } from '#media/ng-commands.js';
import { RtpengineKeeper } from '#media/rtpengine-keeper.js';
import { findRtpengine } from '#media/rtpengine-process.js';
import { freePorts } from '../support/free-ports.js';
import { toneWav } from '../support/wav.js';
import { load } from './sipp/hold-client.js';
import { cpuTicks, Listener, spread } from './sipp/music-listener.js';

const LISTEN_MS = 4000;
const SETTLE_MS = 1000;
const STEPS = [100, 500];
const TICKS_PER_SECOND = 100;

type House = Readonly<{ ng: NgCommands; pid: () => number; stop: () => Promise<void> }>;
/** Makes all of them hear music. @returns how many milliseconds that took. */
type Way = (house: House, listeners: readonly Listener[]) => Promise<void>;

async function open(count: number): Promise<House> {
  const [clock, log] = [new RealClock(), createLogger('silent')];
  const ng = new NgClient(undefined, clock, log, '127.0.0.1');
  const commands = new NgCommands(ng);
  const ports = await freePorts(4 * count + 200);
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], ...ports, timeoutSeconds: 3600 };
  const keeper = new RtpengineKeeper(options, { ng, commands, clock, log, onLost: () => undefined, onBack: () => undefined });
  await keeper.start();
  const stop = async (): Promise<void> => {
    await keeper.stop();
    ng.close();
  };
  return { ng: commands, pid: () => keeper.pid ?? 0, stop };
}

/** As the product plays today: one decoder, one encoder and one timer for each party. */
const direct =
  (file: string): Way =>
  async ({ ng }, listeners) => {
    await Promise.all(
      listeners.map(async (listener) => {
        const callId = newCallId();
        await ng.offer(callId, 'caller', 'callee', listener.sdp());
        await ng.playMedia(callId, 'caller', { file }, true);
      }),
    );
  };

/** What a re-INVITE would carry is said here without SIP. */
const fanned =
  (file: string): Way =>
  async ({ ng }, listeners) => {
    const player = { play: (callId: string) => ng.playMedia(callId, 'caller', { file }, true), ended: () => undefined };
    const fan = new MusicFan({ ng, player, clock: new RealClock(), newId: newCallId });
    await Promise.all(
      listeners.map(async (listener) => {
        const seat = await fan.seat('default');
        await seat.sit(listener.sdp().replace('a=sendrecv', 'a=recvonly'));
      }),
    );
  };

async function measure(name: string, way: Way, count: number): Promise<void> {
  const house = await open(count);
  const listeners = await Promise.all(Array.from({ length: count }, () => Listener.open()));
  try {
    const started = performance.now();
    await way(house, listeners);
    const tookMs = performance.now() - started;
    await pause(SETTLE_MS);
    for (const listener of listeners) Object.assign(listener, { gaps: [], packets: 0, missing: 0, disordered: 0 });
    const [ticks, own] = [cpuTicks(house.pid()), process.cpuUsage()];
    await pause(LISTEN_MS);
    const cpu = (100 * (cpuTicks(house.pid()) - ticks)) / TICKS_PER_SECOND / (LISTEN_MS / 1000);
    const { user, system } = process.cpuUsage(own);
    const gaps = listeners.flatMap((one) => one.gaps);
    const packets = listeners.reduce((sum, one) => sum + one.packets, 0);
    const missing = listeners.reduce((sum, one) => sum + one.missing, 0);
    const silent = listeners.filter((one) => one.packets === 0).length;
    console.log(
      `  ${name.padEnd(26)} ${count} listeners: rtpengine ${cpu.toFixed(1)} % of a core, ${((100 * cpu) / count).toFixed(2)} % per 100; ` +
        `${(packets / (LISTEN_MS / 1000)).toFixed(0)} packets/s, ${missing} missing, ${silent} silent; between packets ${spread(gaps)}; ` +
        `begun in ${tookMs.toFixed(0)} ms; this process ${((user + system) / LISTEN_MS / 10).toFixed(0)} %; ${load()}`,
    );
  } finally {
    listeners.forEach((listener) => listener.close());
    await house.stop();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function encode(folder: string, codec: string, samples: number): string {
  const output = join(folder, `${codec}-${samples}.mka`);
  const how = ['-ac', '1', '-ar', '8000', '-af', `asetnsamples=n=${samples}`, '-c:a', codec];
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-i', join(folder, 'tone.wav'), ...how, output]);
  if (status !== 0) throw new Error(`ffmpeg could not make ${output}: ${stderr.toString()}`);
  return output;
}

const folder = mkdtempSync(join(tmpdir(), 'holdfast-fan-'));
try {
  writeFileSync(join(folder, 'tone.wav'), toneWav({ hertz: 440, seconds: 20 }));
  const file = (codec: string, samples: number): string => encode(folder, codec, samples);
  const ways: readonly (readonly [string, Way])[] = [
    ['alone, 16 bit, 20 ms', direct(file('pcm_s16le', 160))],
    ['alone, µ-law, 20 ms', direct(file('pcm_mulaw', 160))],
    ['alone, µ-law, 40 ms', direct(file('pcm_mulaw', 320))],
    ['given out, µ-law, 20 ms', fanned(file('pcm_mulaw', 160))],
  ];
  const named = process.argv.slice(2).map(Number).filter(Boolean);
  for (const count of named.length > 0 ? named : STEPS) for (const [name, way] of ways) await measure(name, way, count);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
