/**
 * Goal: a real phone over TLS with SRTP (baresip with its srtp module, which refuses to speak without) talks to a plain one over UDP.
 * Method: every packet that reaches either is captured on the wire. What reaches the plain phone is decoded; what reaches the other is
 * noise, until it is decrypted with the key that its own phone was told.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { whyNoTap } from '../support/rtp-tap.js';
import { SECURE } from '../support/secure-house.js';
import { Srtp } from '../support/srtp.js';
import { SETTLING, TwoBaresips, tones, WINDOW } from '../support/two-baresips.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';
import { until } from '../support/until.js';

/** A period of either tone has ten or twenty samples; what the resampler, dither and the ten bytes of proof add is less than that again. */
const VALUES_OF_A_TONE = 40;
const noTap = whyNoTap();

type Proof = { settled: boolean; caller: { state: string }; callee: { state: string } };

t.test('baresip over TLS with SRTP, and a plain one over UDP', { skip: noTap ?? false }, async (t) => {
  const house = { ...SECURE, phones: { '101': 'srtp: true, requireTls: true' } };
  const phones = await TwoBaresips.start(t, house, { alice: { transport: 'tls', srtp: true } });
  const { holdfast, alice, bob, tap } = phones;
  const hear = () => phones.hear();

  const setup = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  const path = `/calls/${setup.body.id}`;
  await holdfast.event((event) => event.kind === 'call.answered');
  await until('baresip says that SRTP is on', () => /SRTP is Enabled/.test(alice.output));

  await t.test('on the wire Alice gets noise, which her key makes into Bob; Bob hears her plainly', async (t) => {
    const wire = await tap.next(alice.rtpPorts, WINDOW);
    const fewest = Math.min(...wire.packets.map(({ payload }) => new Set(payload).size));
    t.ok(fewest > 2 * VALUES_OF_A_TONE, `${fewest} different bytes in a packet: a tone has no more than ${VALUES_OF_A_TONE}`);
    t.ok(
      wire.packets.every(({ payload }) => payload.length === 170),
      'each has ten bytes of proof',
    );
    const key = new Srtp(Buffer.from(alice.keysTold[0] ?? '', 'base64'));
    tap.decrypt(alice.rtpPorts, (datagram) => key.unprotect(datagram));
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
    t.equal(key.refused, 0);
  });

  await t.test('held both hear music, resumed each other, twice, and the key is the same', async (t) => {
    for (const round of [1, 2]) {
      t.match((await holdfast.api<Proof>('PUT', `${path}/hold`)).body, { settled: true, caller: { state: 'agreed' } });
      t.same(await hear(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] }, `held ${round}`);
      t.match((await holdfast.api<Proof>('DELETE', `${path}/hold`)).body, { settled: true });
      t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] }, `resumed ${round}`);
    }
    t.equal(new Set(alice.keysTold).size, 1);
  });

  await t.test('held by its own key: Bob hears music, and Alice him again afterwards', async (t) => {
    alice.command('hold');
    await holdfast.event((event) => event.kind === 'hold.changed' && JSON.stringify(event).includes('caller-phone'));
    await tap.next(bob.rtpPorts, SETTLING);
    t.same(tones(await tap.next(bob.rtpPorts, WINDOW)), [MUSIC_HERTZ]);
    alice.command('resume');
    await tap.next(alice.rtpPorts, SETTLING);
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('what baresip itself has decrypted and decoded is Bob, and no log has a key', async (t) => {
    const heard = readFileSync(alice.heardFile ?? '').subarray(44);
    const has = (hertz: number): boolean => halfSeconds(heard).some((samples) => loudness(samples, hertz) > 2000);
    t.ok(has(BOB_HERTZ), 'half a second of him');
    t.notOk(has(ALICE_HERTZ), 'and nothing of herself');
    t.notMatch(holdfast.log, /inline:/);
    for (const key of alice.keysTold) t.notOk(holdfast.log.includes(key));
  });
});

/** Every half second of 16-bit samples at 8 kHz, a tenth apart: when its first packet is decoded is baresip's. */
function halfSeconds(samples: Buffer): Buffer[] {
  const count = Math.max(0, Math.floor((samples.length - 8000) / 1600) + 1);
  return Array.from({ length: count }, (_, index) => samples.subarray(index * 1600, index * 1600 + 8000));
}

/** Goertzel's filter over 16-bit samples. */
function loudness(samples: Buffer, hertz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let one = 0;
  let two = 0;
  for (let at = 0; at + 1 < samples.length; at += 2) [one, two] = [samples.readInt16LE(at) + coefficient * one - two, one];
  return (4 * Math.sqrt(Math.max(0, one * one + two * two - coefficient * one * two))) / samples.length;
}
