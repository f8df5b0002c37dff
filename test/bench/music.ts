/**
 * bench/music: how many held parties one rtpengine plays to, how evenly, and how fast a hold takes effect.
 * Run by hand: node --import=tsx test/bench/music.ts [calls ...]. Prints figures, asserts nothing.
 */
import { createSocket, type Socket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import type { CallId, LegRole } from '#core/leg.js';
import type { Media } from '#media/media.js';
import { startTestMedia } from '../support/media-fixture.js';

const LISTEN_MS = 5000;
const RTCP_SENDER_REPORT = 200;
const ROLES: readonly LegRole[] = ['caller', 'callee'];

/** A phone that only listens: when each packet came, and which numbers are missing. */
class Listener {
  readonly #socket: Socket;
  readonly port: number;
  gaps: number[] = [];
  packets = 0;
  missing = 0;
  disordered = 0;
  firstAtMs: number | undefined;
  #lastAtMs = 0;
  #sequence = -1;

  static open(): Promise<Listener> {
    return new Promise((resolve) => {
      const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
      socket.bind(0, '127.0.0.1', () => resolve(new Listener(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (datagram) => {
      if (datagram.readUInt8(1) === RTCP_SENDER_REPORT) return; // of the phone on the port below
      const nowMs = performance.now();
      const sequence = datagram.readUInt16BE(2);
      this.firstAtMs ??= nowMs;
      if (this.packets > 0) {
        this.gaps.push(nowMs - this.#lastAtMs);
        const step = ((sequence - this.#sequence + 0x8000) & 0xffff) - 0x8000;
        if (step > 1) this.missing += step - 1;
        if (step < 1) this.disordered++;
      }
      this.packets++;
      this.#lastAtMs = nowMs;
      this.#sequence = sequence;
    });
  }

  sdp(): string {
    const head = ['v=0', `o=- 1 1 IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${this.port} RTP/AVP 0`];
    return [...head, 'a=rtpmap:0 PCMU/8000', 'a=sendrecv', ''].join('\r\n');
  }

  close(): void {
    this.#socket.close();
  }
}

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

const cpuTicks = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return Number(fields[11]) + Number(fields[12]);
};

const share = (sorted: number[], part: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN).toFixed(1);
const percentiles = (values: number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return `p50 ${share(sorted, 0.5)}  p99 ${share(sorted, 0.99)}  max ${share(sorted, 1)} ms`;
};

async function run(count: number): Promise<void> {
  const closers: (() => void | Promise<void>)[] = [];
  const media = await startTestMedia(
    { teardown: (fn) => void closers.unshift(fn) },
    { portMin: 20_000, portMax: 20_000 + 4 * count + 100 },
  );
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
  const ticks = cpuTicks(pid);
  await new Promise((resolve) => setTimeout(resolve, LISTEN_MS));
  const cpu = ((cpuTicks(pid) - ticks) / 100 / (LISTEN_MS / 1000)) * 100;
  const packets = listeners.reduce((sum, one) => sum + one.packets, 0);
  const missing = listeners.reduce((sum, one) => sum + one.missing, 0);
  const disordered = listeners.reduce((sum, one) => sum + one.disordered, 0);
  const gaps: number[] = [];
  for (const one of listeners) for (const gap of one.gaps) gaps.push(gap);
  console.log(`${2 * count} listeners (${count} calls held on both sides)`);
  console.log(
    `  one hold alone      gate ${oneByOne.gateMs.toFixed(1)} ms, first music ${Math.max(...oneByOne.firstMs).toFixed(1)} ms`,
  );
  console.log(
    `  ${count - 1} holds at once   all music asked for in ${allMs.toFixed(0)} ms; gate ${percentiles(holds.map((one) => one.gateMs))}`,
  );
  console.log(
    `  packets             ${(packets / (LISTEN_MS / 1000)).toFixed(0)} a second (wanted ${2 * count * 50}), ${missing} missing, ${disordered} doubled or out of order`,
  );
  console.log(`  between packets     ${percentiles(gaps)}`);
  console.log(`  rtpengine           ${cpu.toFixed(0)} % of a core, ${(cpu / (2 * count)).toFixed(2)} % a listener`);
  listeners.forEach((listener) => listener.close());
  for (const close of closers) await close();
}

console.log(
  `${cpus().length} cores, load ${loadavg()
    .map((one) => one.toFixed(1))
    .join(' ')}, node ${process.version}`,
);
const asked = process.argv.slice(2).map(Number);
for (const count of asked.length > 0 ? asked : [10, 50, 100]) await run(count);
