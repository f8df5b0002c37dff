/**
 * Goal: nothing that is sent to any door ends, hangs or swells a running Holdfast, and a call that is held stays held. Method: seeded damage
 * to SIP over UDP, TCP (split and glued at any byte) and WebSocket, to SDP bodies in calls of a trunk, to drachtio frames and to HTTP, with
 * one call on hold all the while. `npm run fuzz -- --minutes N --seed S` does it for as long as wanted,
 * `--shots N` until N of SIP and N of everything else were fired.
 */
import t from 'tap';
import { readFileSync } from 'node:fs';
import { freePort } from '../support/free-port.js';
import { MUSIC_HERTZ, type Holdfast } from '../support/holdfast.js';
import { seeded } from '../support/mutate.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { frameShot, httpShot, inviteWith, mark, SDP, sdpShot, sipShot, wellFormed, type Random } from './ammunition.js';
import { fireStream, fireWebSocket, inPieces, UdpGun } from './guns.js';
import { refusingPhone } from './refusing-phone.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? 0);
/** So many of SIP, and as many of everything else, whatever time it takes. */
const SHOTS = Number(process.env['FUZZ_SHOTS'] ?? 0);
/** Without minutes and without shots: so many rounds, the same on every machine. */
const ROUNDS = 15;
/** What a process may have gained since it was warm: a leak of a message each would be far more. */
const GROWTH_MB = 200;
/** Of all rounds: by then its transactions have come and gone (64 × T1 is 32 seconds), and the code is compiled. */
const WARM = 0.3;
const PRINT_EVERY = 25;
const FAULTS = /met a fault|could not be handled|uncaught fault|nobody listened|cannot go on/;

type Doors = Readonly<{ sip: number; ws: number; link: number; http: number }>;

t.setTimeout(MINUTES * 60_000 + SHOTS * 100 + 120_000);

t.test(`one held call outlives what is thrown at every door (FUZZ_SEED=${SEED})`, async (t) => {
  const trunkGun = await UdpGun.open();
  t.teardown(() => trunkGun.close());
  const link = await freePort();
  const phones = await TwoPhones.start(t, {
    numbers: ['101', '102', '103'],
    holdfast: 'log: warn\nsip: { livenessSeconds: 0 }\n',
    trunks: `trunks: [{ name: fuzz, uri: 'sip:127.0.0.1:${trunkGun.port}', from: ['127.0.0.1:${trunkGun.port}'] }]\n`,
    environment: { HOLDFAST_ADMIN_PORT: String(link) },
  });
  const { holdfast, alice, bob } = phones;
  const doors: Doors = { sip: holdfast.sipPort, ws: holdfast.wsPort, link, http: Number(new URL(holdfast.base).port) };
  const random = seeded(SEED);
  await refusingPhone(t, '103', holdfast.sipPort, random);
  const talk = await phones.talk();
  const held = holdfast.api('PUT', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200), phones.takesReinvite(bob, 200)]);
  t.equal((await held).status, 200);

  await t.test('a message split at every byte is read whole', async (t) => {
    const cuts = wellFormed('OPTIONS', 'TCP', random).length - 1;
    const pieces = Array.from({ length: cuts }, (_none, cut) => {
      const text = wellFormed('OPTIONS', 'TCP', random);
      return [text.slice(0, cut + 1), text.slice(cut + 1)];
    }).flat();
    const answers = (text: string): number => text.split('SIP/2.0 200').length - 1;
    t.equal(answers(await fireStream(doors.sip, pieces, (text) => answers(text) >= cuts)), cuts);
  });

  const beganMs = Date.now();
  const fired: Fired = { udp: 0, tcp: 0, ws: 0, sdp: 0, frames: 0, http: 0 };
  const sizes: { done: number; rssMb: number; heapMb: number }[] = [];
  for (let round = 0; ; round++) {
    const done = doneOf(fired, round, beganMs);
    const heapMb = await heapOf(holdfast);
    sizes.push({ done, rssMb: megabytes(holdfast.pid), heapMb });
    if (round % PRINT_EVERY === 0 || done >= 1) tell(`round ${round}: ${JSON.stringify(fired)}, ${JSON.stringify(sizes.at(-1))}`);
    if (done >= 1) break;
    await volley(doors, trunkGun, fired, random);
    const health = await holdfast.api<{ status: string }>('GET', '/health');
    if (health.status !== 200) return t.fail(`round ${round}: ${health.status}\n${why(holdfast.log)}`);
    if (FAULTS.test(holdfast.log)) return t.fail(`round ${round}\n${holdfast.log.slice(-4000)}`);
    const { body } = await holdfast.api<{ hold?: unknown; state: string }>('GET', `/calls/${talk.id}`);
    if (body.state !== 'held') return t.fail(`round ${round}: ${JSON.stringify(body)}`);
  }
  const warm = sizes.find(({ done }) => done >= WARM);
  const [last] = sizes.slice(-1);
  for (const what of ['rssMb', 'heapMb'] as const) {
    const grown = (last?.[what] ?? Infinity) - (warm?.[what] ?? 0);
    t.comment(`${what}: grown by ${grown} since it was warm`);
    t.ok(grown < GROWTH_MB, `${what}: grown by ${grown}`);
  }
  t.ok(trunkGun.received > 0, `${trunkGun.received} answers to the trunk: damaged bodies met the rules behind the parser`);
  for (const phone of [alice, bob]) t.same(await phones.hears(phone), [MUSIC_HERTZ], 'music, and nobody else');

  const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  t.equal((await resumed).status, 200);
  t.same(await phones.hears(alice), [BOB_HERTZ]);
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  await phones.hangUp(talk);
});

/** What was said of rtpengine itself, and not of each call that it took along; then the last words. */
const why = (log: string): string =>
  [...log.split('\n').filter((line) => line.includes('"room":"media"')), log.slice(-2000)].join('\n');

/** At once: tap keeps comments of a test until it ends, and this one may run for hours. */
const tell = (text: string): void => void process.stderr.write(`# ${text}\n`);

type Fired = { udp: number; tcp: number; ws: number; sdp: number; frames: number; http: number };

/** What part of the work is done, up to 1. */
function doneOf({ udp, tcp, ws, sdp, frames, http }: Fired, round: number, beganMs: number): number {
  if (SHOTS > 0) return Math.min(1, (udp + tcp + ws) / SHOTS, (sdp + frames + http) / SHOTS);
  return MINUTES > 0 ? Math.min(1, (Date.now() - beganMs) / (MINUTES * 60_000)) : round / ROUNDS;
}

/** 200 of SIP, 200 of everything else. */
async function volley(doors: Doors, trunkGun: UdpGun, fired: Fired, random: Random): Promise<void> {
  const gun = await UdpGun.open();
  try {
    await Promise.all([
      throughUdp(gun, doors, fired, random),
      bodies(trunkGun, doors, fired, random),
      streams(doors, fired, random),
    ]);
  } finally {
    gun.close();
  }
}

/** In bursts that no socket buffer loses: what is lost was not tried. */
async function throughUdp(gun: UdpGun, { sip }: Doors, fired: Fired, random: Random): Promise<void> {
  for (let burst = 0; burst < 4; burst++) {
    for (let shot = 0; shot < 25; shot++, fired.udp++) await gun.fire(sipShot('UDP', random), sip);
    const { text, mark: name } = mark(random);
    await gun.ask(text, sip, name);
  }
}

/** Calls of a trunk whose SDP is damaged; now and then it is whole, so that what is answered is damaged (refusing-phone). */
async function bodies(trunkGun: UdpGun, { sip }: Doors, fired: Fired, random: Random): Promise<void> {
  for (let burst = 0; burst < 4; burst++) {
    for (let call = 0; call < 20; call++, fired.sdp++)
      await trunkGun.fire(inviteWith(call % 5 === 0 ? SDP : sdpShot(random), random), sip);
    const { text, mark: name } = mark(random);
    await trunkGun.ask(text, sip, name);
  }
}

async function streams(doors: Doors, fired: Fired, random: Random): Promise<void> {
  const shots = (count: number, shot: () => string): string[] => Array.from({ length: count }, shot);
  for (let one = 0; one < 5; one++) {
    await Promise.all([
      fireStream(doors.sip, inPieces(shots(10, () => sipShot('TCP', random)).join(''), random)),
      fireWebSocket(
        doors.ws,
        shots(10, () => sipShot('WS', random)),
      ),
      ...shots(4, () => shots(3, () => frameShot(random)).join('')).map((text) => fireStream(doors.link, inPieces(text, random))),
      ...shots(12, () => httpShot(random)).map((text) => fireStream(doors.http, inPieces(text, random, 4))),
    ]);
    fired.tcp += 10;
    fired.ws += 10;
    fired.frames += 12;
    fired.http += 12;
  }
}

/** Of the thread that has the calls. */
async function heapOf(holdfast: Holdfast): Promise<number> {
  const { body } = await holdfast.api<string>('GET', '/metrics');
  return Math.round(Number(/^nodejs_heap_used_bytes (\d+)/m.exec(body)?.[1] ?? Number.NaN) / 2 ** 20);
}

/** Resident memory of a process. */
const megabytes = (pid: number): number =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024);
