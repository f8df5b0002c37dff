/**
 * conference: how many members one mixer thread carries with fewer than one frame in a hundred lost, and how much later its members
 * hear each other. Members are ports of this process, eight to a conference; the first of each says a short sound twice a second, the
 * others send silence, which costs the mixer the same. `npm run bench -- conference`
 */
import { createSocket, type Socket } from 'node:dgram';
import { readdirSync, readFileSync } from 'node:fs';
import { RealClock } from '#kit/clock.js';
import { createLogger } from '#kit/log.js';
import { startConferenceThread, type ConferenceThread } from '#conference/thread.js';

const SIZE = 8;
const STEPS = [48, 96, 200, 304, 400, 504, 600, 704, 800];
const WARM_MS = 1_500;
const MEASURE_MS = 5_000;
const SLICES = 10;
const SLICE_MS = 2;
const PULSE_EVERY = 25;
const MOST_LOST = 0.01;
const TICKS_PER_SECOND = 100;

type Phone = {
  socket: Socket;
  port: number;
  pulses: boolean;
  sent: number;
  received: number;
  missing: number;
  last: number;
  room: Room;
};
type Room = { pulsedMs: number; heardBy: Set<Phone> };

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function openPhone(
  mixer: ConferenceThread,
  conference: string,
  index: number,
  room: Room,
  delays: number[],
): Promise<Phone> {
  const socket = createSocket({ type: 'udp4', lookup: (host, _options, found) => found(null, host, 4) });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const rtpFrom = { address: '127.0.0.1', port: socket.address().port };
  const { port } = await mixer.join(conference, String(index), { rtpFrom });
  const phone: Phone = { socket, port, pulses: index === 0, sent: 0, received: 0, missing: 0, last: -1, room };
  socket.on('message', (datagram) => hear(phone, datagram, delays));
  return phone;
}

function hear(phone: Phone, datagram: Buffer, delays: number[]): void {
  const sequence = datagram.readUInt16BE(2);
  if (phone.last >= 0) phone.missing += ((sequence - phone.last) & 0xffff) - 1;
  phone.last = sequence;
  phone.received++;
  const { room } = phone;
  if (room.pulsedMs === 0 || room.heardBy.has(phone) || phone.pulses) return;
  // A byte of µ-law whose exponent is high: the sound, and no rounding of silence.
  if (!datagram.subarray(12).some((byte) => (~byte & 0x70) >= 0x40)) return;
  room.heardBy.add(phone);
  delays.push(performance.now() - room.pulsedMs);
}

const packet = Buffer.alloc(172);

function say(phone: Phone): void {
  const pulse = phone.pulses && phone.sent % PULSE_EVERY === 0;
  const copy = Buffer.from(packet);
  copy.writeUInt8(0x80, 0);
  copy.writeUInt16BE(phone.sent & 0xffff, 2);
  copy.writeUInt32BE((phone.sent * 160) >>> 0, 4);
  copy.writeUInt32BE(phone.port, 8);
  copy.fill(pulse ? 0x90 : 0xff, 12);
  if (pulse) {
    phone.room.pulsedMs = performance.now();
    phone.room.heardBy.clear();
  }
  phone.sent++;
  phone.socket.send(copy, phone.port, '127.0.0.1');
}

/** Everybody talks, a tenth of them every 2 ms; returns how to stop. */
function talk(phones: readonly Phone[]): () => void {
  const startMs = performance.now();
  let slice = 0;
  const timer = setInterval(() => {
    for (; startMs + slice * SLICE_MS <= performance.now(); slice++) {
      for (let index = slice % SLICES; index < phones.length; index += SLICES) say(phones[index] as Phone);
    }
  }, 1);
  return () => clearInterval(timer);
}

/** Seconds of processor of the busiest thread that is not ours: the mixer's. */
function mixerSeconds(): number {
  const threads = readdirSync('/proc/self/task').filter((tid) => Number(tid) !== process.pid);
  const ticks = threads.map((tid) => {
    const fields = readFileSync(`/proc/self/task/${tid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return Math.max(...ticks) / TICKS_PER_SECOND;
}

type Sums = { frames: number; lost: number; late: number; delaySum: number; worstLateMs: number };

async function sums(mixer: ConferenceThread, conferences: readonly string[]): Promise<Sums> {
  const all = { frames: 0, lost: 0, late: 0, delaySum: 0, worstLateMs: 0 };
  for (const id of conferences) {
    const { members, ticker } = await mixer.stats(id);
    all.worstLateMs = ticker.worstLateMs;
    for (const one of Object.values(members)) {
      all.frames += one.frames;
      all.lost += one.lost + one.starved;
      all.late += one.late;
      all.delaySum += one.meanDelayMs * one.frames;
    }
  }
  return all;
}

async function measure(count: number): Promise<number> {
  const log = createLogger('warn');
  const limits = { conferences: count, allMembers: count };
  const mixer = await startConferenceThread({ clock: new RealClock(), log, limits });
  const delays: number[] = [];
  const phones: Phone[] = [];
  const conferences = Array.from({ length: count / SIZE }, (_, index) => `c${index}`);
  for (const id of conferences) {
    await mixer.create(id);
    const room: Room = { pulsedMs: 0, heardBy: new Set() };
    for (let index = 0; index < SIZE; index++) phones.push(await openPhone(mixer, id, index, room, delays));
  }
  const hush = talk(phones);
  await wait(WARM_MS);
  delays.length = 0;
  for (const phone of phones) phone.received = phone.missing = 0;
  const before = await sums(mixer, conferences);
  const cpuBefore = mixerSeconds();
  const startMs = performance.now();
  await wait(MEASURE_MS);
  const seconds = (performance.now() - startMs) / 1000;
  const cpu = (mixerSeconds() - cpuBefore) / seconds;
  const after = await sums(mixer, conferences);
  hush();
  const lostIn = (after.lost - before.lost) / Math.max(1, after.frames - before.frames);
  const received = phones.reduce((sum, phone) => sum + phone.received, 0);
  const lostOut = Math.max(0, 1 - received / (seconds * 50 * count));
  const sorted = delays.sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(1);
  console.log(
    `  ${String(count).padStart(4)} members: lost in ${(100 * lostIn).toFixed(2)} %, lost out ${(100 * lostOut).toFixed(2)} %, ` +
      `mouth to ear p50 ${at(0.5)} p95 ${at(0.95)} p99 ${at(0.99)} ms (${sorted.length}), mixer ${(100 * cpu).toFixed(0)} % of a core, ` +
      `latest tick ${after.worstLateMs.toFixed(0)} ms`,
  );
  for (const { socket } of phones) socket.close();
  await mixer.stop();
  return Math.max(lostIn, lostOut);
}

/** Named numbers are all measured; else until too much is lost. */
const named = process.argv.slice(2).map(Number).filter(Boolean);
for (const count of named.length > 0 ? named : STEPS) {
  if ((await measure(count)) > MOST_LOST && named.length === 0) break;
}
