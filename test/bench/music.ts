/**
 * bench/music: how many held parties hear music, how evenly, and how fast a hold takes effect: each played to alone by rtpengine, and from the
 * threshold of the product on sharing one stream. `npm run bench -- music`, or `node --import=tsx test/bench/music.ts [calls ...]`
 */
import { cpus, loadavg } from 'node:os';
import type { CallId, LegRole } from '#core/leg.js';
import type { Media } from '#media/media.js';
import { freePorts } from '../support/free-ports.js';
import { startTestMedia } from '../support/media-fixture.js';
import { load } from './sipp/hold-client.js';
import { cpuTicks, Listener, spread, threadTicks, ticksSince } from './sipp/music-listener.js';

const LISTEN_MS = 5000;
const STEPS = [10, 50, 250, 1000];
/** Calls; with more of them rtpengine alone has no time left on two cores. */
const MOST_ALONE = 300;
/** As the product has it. */
const THRESHOLD = 30;
const ROLES: readonly LegRole[] = ['caller', 'callee'];

type HeldCall = { callId: CallId; phones: Record<LegRole, Listener> };

async function setUp(media: Media, index: number): Promise<HeldCall> {
  const callId = `bench-${index}` as CallId;
  const phones = { caller: await Listener.open(), callee: await Listener.open() };
  await media.port.offer(callId, 'caller', phones.caller.sdp());
  await media.port.answer(callId, 'caller', phones.callee.sdp());
  return { callId, phones };
}

async function hold(media: Media, call: HeldCall): Promise<{ gateMs: number; firstMs: number[] }> {
  const startMs = performance.now();
  await media.port.gate(call.callId);
  const gateMs = performance.now() - startMs;
  await Promise.all(ROLES.map((role) => media.port.play(call.callId, role, { kind: 'music', music: 'default' })));
  await new Promise((resolve) => setTimeout(resolve, 25));
  return { gateMs, firstMs: ROLES.map((role) => (call.phones[role].firstAtMs ?? NaN) - startMs) };
}

async function run(count: number, from: number): Promise<void> {
  const closers: (() => void | Promise<void>)[] = [];
  const media = await startTestMedia({ teardown: (fn) => void closers.unshift(fn) }, await freePorts(4 * count + 400), {
    music: { fan: { from, seats: 4000, packetMs: 20, longFrom: 0 } },
  });
  await new Promise((resolve) => setTimeout(resolve, 500)); // the thread that copies is ready before anybody is held
  const pid = media.pid() ?? 0;
  const calls: HeldCall[] = [];
  for (let index = 0; index < count; index++) calls.push(await setUp(media, index));
  const oneByOne = await hold(media, calls[0] as HeldCall);
  const startMs = performance.now();
  const holds = await Promise.all(calls.slice(1).map((call) => hold(media, call)));
  const allMs = performance.now() - startMs;
  const listeners = calls.flatMap((call) => ROLES.map((role) => call.phones[role]));
  await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const listener of listeners) Object.assign(listener, { gaps: [], packets: 0, missing: 0, disordered: 0 });
  const [ticks, own] = [cpuTicks(pid), threadTicks()];
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const cpu = ((cpuTicks(pid) - ticks) / 100 / (LISTEN_MS / 1000)) * 100;
  const copying = (ticksSince(own) / 100 / (LISTEN_MS / 1000)) * 100;
  const packets = listeners.reduce((sum, one) => sum + one.packets, 0);
  const missing = listeners.reduce((sum, one) => sum + one.missing, 0);
  const disordered = listeners.reduce((sum, one) => sum + one.disordered, 0);
  const gaps: number[] = [];
  for (const one of listeners) for (const gap of one.gaps) gaps.push(gap);
  console.log(
    `${2 * count} listeners (${count} calls held on both sides), ${from === 0 ? 'each alone' : `shared from ${from} on`}; ${load()}`,
  );
  console.log(
    `  one hold alone      gate ${oneByOne.gateMs.toFixed(1)} ms, first music ${Math.max(...oneByOne.firstMs).toFixed(1)} ms`,
  );
  console.log(
    `  ${count - 1} holds at once   all music asked for in ${allMs.toFixed(0)} ms; gate ${spread(holds.map((one) => one.gateMs))}`,
  );
  console.log(
    `  packets             ${(packets / (LISTEN_MS / 1000)).toFixed(0)} a second (wanted ${2 * count * 50}), ${missing} missing, ${disordered} doubled or out of order`,
  );
  console.log(`  between packets     ${spread(gaps)}`);
  const all = cpu + copying;
  console.log(
    `  processor           rtpengine ${cpu.toFixed(1)} %, our threads ${copying.toFixed(1)} %: ${((100 * all) / (2 * count)).toFixed(1)} % of a core per 100 listeners`,
  );
  listeners.forEach((listener) => listener.close());
  for (const close of closers) await close();
}

console.log(
  `${cpus().length} cores, load ${loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')}, node ${process.version}`,
);
const asked = process.argv.slice(2).map(Number);
for (const count of asked.length > 0 ? asked : STEPS) {
  if (count <= MOST_ALONE) await run(count, 0);
  await run(count, THRESHOLD);
}
