/**
 * Goal: nothing that is sent to any door ends, hangs or swells a running Holdfast, and a call that is held stays held. Method: seeded damage
 * to SIP over UDP, TCP (split and glued at any byte) and WebSocket, to SDP bodies in calls of a trunk, to drachtio frames and to HTTP, with
 * one call on hold all the while. `npm run fuzz -- --minutes N --seed S` does it for as long as wanted.
 */
import t from 'tap';
import { readFileSync } from 'node:fs';
import { freePort } from '../support/free-port.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { seeded } from '../support/mutate.js';
import { ALICE_HERTZ, BOB_HERTZ, TwoPhones } from '../support/two-phones.js';
import { frameShot, httpShot, inviteWith, SDP, sdpShot, sipShot, wellFormed, type Random } from './ammunition.js';
import { fireStream, fireWebSocket, inPieces, UdpGun } from './guns.js';
import { refusingPhone } from './refusing-phone.js';

const SEED = Number(process.env['FUZZ_SEED'] ?? 20_261_121);
const MINUTES = Number(process.env['FUZZ_MINUTES'] ?? 0);
/** Without minutes: so many rounds, the same on every machine. */
const ROUNDS = 6;
/** What a process may have gained between its first round and its last: a leak of a message each would be far more. */
const GROWTH_MB = 200;
const FAULTS = /met a fault|could not be handled|uncaught fault|nobody listened|cannot go on/;

type Doors = Readonly<{ sip: number; ws: number; link: number; http: number }>;

t.setTimeout(MINUTES * 60_000 + 120_000);

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

  const endMs = Date.now() + MINUTES * 60_000;
  let firstMb = 0;
  let shots = 0;
  for (let round = 0; MINUTES === 0 ? round < ROUNDS : Date.now() < endMs; round++) {
    shots += await volley(doors, trunkGun, random);
    if (round === 0) firstMb = megabytes(holdfast.pid);
    const health = await holdfast.api<{ status: string }>('GET', '/health');
    if (health.status !== 200) return t.fail(`round ${round}: ${health.status}\n${holdfast.log.slice(-2000)}`);
    if (FAULTS.test(holdfast.log)) return t.fail(`round ${round}\n${holdfast.log.slice(-4000)}`);
    const { body } = await holdfast.api<{ hold?: unknown; state: string }>('GET', `/calls/${talk.id}`);
    if (body.state !== 'held') return t.fail(`round ${round}: ${JSON.stringify(body)}`);
  }
  const grownMb = megabytes(holdfast.pid) - firstMb;
  t.comment(`${shots} shots, ${trunkGun.received} answers to the trunk, ${grownMb} MB grown`);
  t.ok(grownMb < GROWTH_MB, `grown by ${grownMb} MB`);
  for (const phone of [alice, bob]) t.same(await phones.hears(phone), [MUSIC_HERTZ], 'music, and nobody else');

  const resumed = holdfast.api('DELETE', `/calls/${talk.id}/hold`);
  await Promise.all([phones.takesReinvite(alice, 200, 'sendrecv'), phones.takesReinvite(bob, 200, 'sendrecv')]);
  t.equal((await resumed).status, 200);
  t.same(await phones.hears(alice), [BOB_HERTZ]);
  t.same(await phones.hears(bob), [ALICE_HERTZ]);
  await phones.hangUp(talk);
});

/** @returns how many shots it was. */
async function volley(doors: Doors, trunkGun: UdpGun, random: Random): Promise<number> {
  const gun = await UdpGun.open();
  let shots = 0;
  for (; shots < 300; shots++) await gun.fire(sipShot('UDP', random), doors.sip);
  for (let call = 0; call < 15; call++, shots++)
    await trunkGun.fire(inviteWith(call % 5 === 0 ? SDP : sdpShot(random), random), doors.sip);
  const streams: Promise<unknown>[] = [];
  for (let one = 0; one < 10; one++) {
    const glued = Array.from({ length: 10 }, () => sipShot('TCP', random)).join('');
    streams.push(fireStream(doors.sip, inPieces(glued, random)));
    streams.push(
      fireWebSocket(
        doors.ws,
        Array.from({ length: 10 }, () => sipShot('WS', random)),
      ),
    );
    streams.push(fireStream(doors.link, inPieces(Array.from({ length: 3 }, () => frameShot(random)).join(''), random)));
    streams.push(fireStream(doors.http, inPieces(httpShot(random), random, 4)));
    shots += 24;
  }
  await Promise.all(streams);
  gun.close();
  return shots;
}

/** Resident memory of a process. */
const megabytes = (pid: number): number =>
  Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) / 1024);
