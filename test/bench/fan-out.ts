/**
 * fan-out: what each listener of music costs: played to by rtpengine alone, from files of 16 bit and of µ-law, in packets of 20 and of 40 ms;
 * one stream that rtpengine gives out to all (publish and subscribe, at ports of their own); one that a thread of ours copies to all from
 * the ports they talk to (src/media/fan), in packets of 20, 40 and 60 ms; and the mixture of these that is shipped.
 * `npm run bench -- fan-out`, or `node --import=tsx test/bench/fan-out.ts [word of a way] [listeners ...]`
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RealClock } from '#kit/clock.js';
import type { CallId } from '#core/leg.js';
import { loadConfig, type Config } from '#kit/config.js';
import { newCallId } from '#kit/ids.js';
import { createLogger } from '#kit/log.js';
import { FanHouse } from '#media/fan/fan-house.js';
import { NgClient } from '#media/ng-client.js';
import { NgCommands } from '#media/ng-commands.js';
import type { NgVerb } from '#media/ng-wire.js';
import { RtpengineKeeper } from '#media/rtpengine-keeper.js';
import { findRtpengine } from '#media/rtpengine-process.js';
import { freePorts } from '../support/free-ports.js';
import { toneWav } from '../support/wav.js';
import { load } from './sipp/hold-client.js';
import { sleep } from './sipp/load.js';
import { cpuTicks, Listener, spread, threadTicks, ticksSince } from './sipp/music-listener.js';

const LISTEN_MS = 4000;
const SETTLE_MS = 1000;
const STEPS = [100, 500];
const TICKS_PER_SECOND = 100;

type House = Readonly<{
  raw: NgClient;
  ng: NgCommands;
  pid: () => number;
  closers: (() => Promise<void>)[];
  stop: () => Promise<void>;
}>;
/** Makes all of them hear music. @returns how many milliseconds that took. */
type Way = (house: House, listeners: readonly Listener[]) => Promise<void>;

async function open(count: number): Promise<House> {
  const [clock, log] = [new RealClock(), createLogger('silent')];
  const ng = new NgClient(undefined, clock, log, '127.0.0.1');
  const commands = new NgCommands(ng);
  const ports = await freePorts(4 * count + 200);
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], ...ports, timeoutSeconds: 3600 };
  const keeper = new RtpengineKeeper(options, {
    ng,
    commands,
    clock,
    log,
    onLost: () => undefined,
    onBack: () => undefined,
    onDeaf: () => undefined,
  });
  await keeper.start();
  const closers: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers) await close();
    await keeper.stop();
    ng.close();
  };
  return { raw: ng, ng: commands, pid: () => keeper.pid ?? 0, closers, stop };
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

/** What rtpengine can do by itself. Each listener has a port of its own, which only a re-INVITE could tell it. */
const subscribed =
  (file: string): Way =>
  async ({ raw, ng }, listeners) => {
    const plain = { 'transport-protocol': 'RTP/AVP', ICE: 'remove', 'rtcp-mux': ['demux'] };
    const silent = listeners[0]
      ?.sdp()
      .replace(/audio \d+/, 'audio 9')
      .replace('sendrecv', 'sendonly');
    const root = await raw.request('publish' as NgVerb, { 'call-id': 'root', 'from-tag': 'music', sdp: silent, ...plain });
    const port = /^m=audio (\d+)/m.exec(String(root['sdp']))?.[1] ?? '9';
    await ng.offer('feeder', 'caller', 'callee', listeners[0]?.sdp().replace(/audio \d+/, `audio ${port}`) ?? '');
    await ng.playMedia('feeder', 'caller', { file }, true);
    await Promise.all(
      listeners.map(async (listener) => {
        const { tag } = await ng.subscribe('root', 'music');
        await ng.subscribeAnswer('root', tag, listener.sdp().replace('a=sendrecv', 'a=recvonly'));
      }),
    );
  };

type FanSettings = Config['music']['fan'];
const SHIPPED: FanSettings = loadConfig({}, join(import.meta.dirname, '../../sip-config')).music.fan;
const ALL_SHARE: FanSettings = { from: 1, longFrom: 0, seats: 10_000, packetMs: 20 };

/** @param fan with a threshold: those below it are played to alone, as the product does. */
const copied =
  (file: string, fan: Partial<FanSettings> = {}): Way =>
  async ({ ng, closers }, listeners) => {
    const [clock, log] = [new RealClock(), createLogger('silent')];
    const piece = { name: 'tone', file, ms: 20_000 };
    const alone = new Set<CallId>();
    const house = new FanHouse({
      ng,
      player: {
        play: (callId, role) => ng.playMedia(callId, role, { file }, true),
        ended: () => undefined,
        hears: (callId) => (alone.has(callId) ? 'sound' : 'nothing'),
      },
      library: { musicOf: () => ({ playlist: { pieces: [piece], order: 'in-order' }, announcement: undefined }) },
      playAlone: () => Promise.reject(new Error('the stream fell silent')),
      hush: async (callId, role) => {
        alone.delete(callId);
        await ng.stopMedia(callId, role);
      },
      ...{ clock, log, newId: newCallId, address: '127.0.0.1', timeoutSeconds: 3600 },
      settings: { ...ALL_SHARE, ...fan, classes: {} },
    });
    closers.push(() => house.stop());
    await house.started;
    await Promise.all(
      listeners.map(async (listener) => {
        const callId = newCallId() as CallId;
        house.said.said(callId, 'caller', listener.sdp());
        house.said.told(callId, 'caller', await ng.offer(callId, 'caller', 'callee', listener.sdp()));
        const shares = await house.fan.sits({ callId, role: 'caller' }, { kind: 'music', music: 'default' });
        if (!shares && fan.from === undefined) throw new Error('no seat');
        if (shares) return;
        await ng.playMedia(callId, 'caller', { file }, true);
        alone.add(callId);
        house.fan.begun({ callId, role: 'caller' });
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
    await sleep(SETTLE_MS);
    for (const listener of listeners) Object.assign(listener, { gaps: [], packets: 0, missing: 0, disordered: 0 });
    const [ticks, own] = [cpuTicks(house.pid()), threadTicks()];
    await sleep(LISTEN_MS);
    const cpu = (100 * (cpuTicks(house.pid()) - ticks)) / TICKS_PER_SECOND / (LISTEN_MS / 1000);
    const fanned = ticksSince(own) / (LISTEN_MS / 1000);
    const gaps = listeners.flatMap((one) => one.gaps);
    const packets = listeners.reduce((sum, one) => sum + one.packets, 0);
    const missing = listeners.reduce((sum, one) => sum + one.missing, 0);
    const silent = listeners.filter((one) => one.packets === 0).length;
    console.log(
      `  ${name.padEnd(26)} ${count} listeners: rtpengine ${cpu.toFixed(1)} % of a core, our threads ${fanned.toFixed(1)} %, together ${((100 * (cpu + fanned)) / count).toFixed(2)} % per 100; ` +
        `${(packets / (LISTEN_MS / 1000)).toFixed(0)} packets/s, ${missing} missing, ${silent} silent; between packets ${spread(gaps)}; ` +
        `begun in ${tookMs.toFixed(0)} ms; ${load()}`,
    );
  } finally {
    listeners.forEach((listener) => listener.close());
    await house.stop();
  }
}

function encode(folder: string, codec: string, samples: number): string {
  const output = join(folder, `${codec}-${samples}.mka`);
  const how = ['-ac', '1', '-ar', '8000', '-af', `asetnsamples=n=${samples}`, '-c:a', codec];
  const { status, stderr } = spawnSync('ffmpeg', ['-v', 'error', '-y', '-i', join(folder, 'tone.wav'), ...how, output]);
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
    ['given out by rtpengine', subscribed(file('pcm_s16le', 160))],
    ['copied by our thread', copied(file('pcm_s16le', 160))],
    ['copied, 40 ms', copied(file('pcm_s16le', 160), { packetMs: 40 })],
    ['copied, 60 ms', copied(file('pcm_s16le', 160), { packetMs: 60 })],
    ['as shipped', copied(file('pcm_s16le', 160), SHIPPED)],
  ];
  const named = process.argv.slice(2).map(Number).filter(Boolean);
  const words = process.argv.slice(2).filter((word) => Number.isNaN(Number(word)));
  const wanted = ways.filter(([name]) => words.every((word) => name.includes(word)));
  for (const count of named.length > 0 ? named : STEPS) for (const [name, way] of wanted) await measure(name, way, count);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
