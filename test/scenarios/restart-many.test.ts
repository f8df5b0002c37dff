/**
 * Goal: when many calls come back to a new rtpengine, which gives the ports of one call to another, nobody ever hears a third party.
 * Method: pairs of phones, each phone with a tone of its own, that go on sending to where they were told to send before; everything that
 * each has heard since the kill.
 */
import t from 'tap';
import { Holdfast, keptEnvironment, MUSIC_HERTZ } from '../support/holdfast.js';
import { RtpEndpoint } from '../support/rtp-endpoint.js';
import { killed, moves } from '../support/second-life.js';
import { SipPhone } from '../support/sip-phone.js';
import { TwoPhones, type Phone } from '../support/two-phones.js';
import { until } from '../support/until.js';

const PAIRS = 6;
/** Packets that those who are slow send to where they were told to send before. */
const MEANWHILE = 25;
const NUMBERS = Array.from({ length: 2 * PAIRS }, (_, index) => String(101 + index));
/** Apart from each other, and from the music. */
const hertzOf = (index: number): number => 300 + 120 * index + (300 + 120 * index >= MUSIC_HERTZ - 60 ? 150 : 0);

t.test(`${PAIRS} calls, half of them held, and a new rtpengine`, async (t) => {
  const holdfast = await Holdfast.start({ environment: await keptEnvironment(), numbers: NUMBERS });
  t.teardown(() => holdfast.stop());
  const phones: Phone[] = [];
  for (const [index, number] of NUMBERS.entries()) {
    const sip = await SipPhone.open({ number, server: holdfast.sipPort });
    const rtp = await RtpEndpoint.open();
    await sip.register();
    phones.push({ sip, rtp, hertz: hertzOf(index) });
    t.teardown(() => (sip.close(), rtp.close()));
  }
  const pairs = Array.from({ length: PAIRS }, (_, index) => {
    const [one, other] = phones.slice(2 * index, 2 * index + 2) as [Phone, Phone];
    return new TwoPhones(holdfast, one, other);
  });
  for (const [index, pair] of pairs.entries()) {
    const { id } = await pair.talk();
    // Every other call, so that they come back in another order than they were made in.
    if (index % 2 === 1) await holds(pair, id);
  }
  for (const { rtp } of phones) rtp.forget();

  const heardBefore = phones.map(({ rtp }) => rtp.heard.count);
  t.ok(heardBefore.every((count) => count === 0));
  const slow = pairs[0]; // the first two phones
  const next = await killed(t, holdfast);
  for (const [index, pair] of pairs.entries()) {
    const direction = index % 2 === 1 ? 'recvonly' : 'sendrecv';
    if (pair === slow) continue;
    await Promise.all([moves(pair.alice, direction), moves(pair.bob, direction)]);
  }
  // Whoever is slow to move sends to the port of somebody else meanwhile.
  const [sent, heard] = [phones.map(({ rtp }) => rtp.sent), phones.map(({ rtp }) => rtp.heard.count)];
  await until('the slow ones have gone on talking, and the others have gone on hearing', () =>
    phones.every(({ rtp }, index) =>
      index < 2 ? rtp.sent >= (sent[index] ?? 0) + MEANWHILE : rtp.heard.count >= (heard[index] ?? 0) + MEANWHILE,
    ),
  );
  if (slow !== undefined) await Promise.all([moves(slow.alice, 'sendrecv'), moves(slow.bob, 'sendrecv')]);
  await until('everybody hears what it should', () =>
    pairs.every(({ alice, bob }, index) =>
      [alice, bob].every((phone) => {
        const wanted = index % 2 === 1 ? MUSIC_HERTZ : (phone === alice ? bob : alice).hertz;
        return phone.rtp.heard.packetsWith(wanted) > 20;
      }),
    ),
  );
  for (const [index, phone] of phones.entries()) {
    const peer = phones[index ^ 1]?.hertz ?? 0;
    const strangers = phones.map(({ hertz }) => hertz).filter((hertz) => hertz !== peer && hertz !== phone.hertz);
    t.same(phone.rtp.heard.tones(...strangers), [], `${phone.sip.number} has heard no stranger`);
  }
  t.equal((await next.api<{ calls: unknown[] }>('GET', '/calls')).body.calls.length, PAIRS);
});

async function holds({ alice, bob, holdfast }: TwoPhones, id: string): Promise<void> {
  const asked = holdfast.api('PUT', `/calls/${id}/hold`);
  await Promise.all([moves(alice, 'recvonly'), moves(bob, 'recvonly')]);
  await asked;
}
