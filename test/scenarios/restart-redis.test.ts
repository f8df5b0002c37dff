/**
 * Goal: with redis behind rtpengine ports stay after kill -9, who is held hears music and never the other, who talks goes on; a program that
 * was killed says once to each phone what the call is, and when rtpengine alone was, no phone hears a word. Method: real rtpengine and redis, phones that send tones all the time, and everything they have heard since the kill.
 */
import t from 'tap';
import { rtpengineOf } from '../support/child-processes.js';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { noRedis, startRedis } from '../support/redis.js';
import { directionIn, type Message } from '../support/sip-phone.js';
import { hangsUp, hear, houseWithStore, killed, moves } from '../support/second-life.js';
import { ALICE_HERTZ, BOB_HERTZ, type Proof, type TwoPhones } from '../support/two-phones.js';
import { until } from '../support/until.js';

const BOTH = { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] };
const MUSIC = { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] };

const seenBy = ({ alice, bob }: TwoPhones): number => alice.sip.received.length + bob.sip.received.length;

const told = (phones: TwoPhones, direction: string): Promise<readonly [Message, Message]> =>
  Promise.all([moves(phones.alice, direction), moves(phones.bob, direction)]);

/** Where to send, and whether. */
const wordsOf = (messages: readonly Message[]): string[] =>
  messages.map(({ body }) => `${/^m=audio \d+/m.exec(body)?.[0] ?? ''} ${directionIn(body)}`);

/** @returns what they were told. */
async function held(phones: TwoPhones, id: string): Promise<readonly string[]> {
  const asked = phones.holdfast.api<Proof>('PUT', `/calls/${id}/hold`);
  const words = wordsOf(await told(phones, 'recvonly'));
  await asked;
  return words;
}

t.test(
  'the program and its rtpengine are killed in a hold: not a packet of the other is heard, and both are told the same once more',
  { skip: noRedis },
  async (t) => {
    const phones = await houseWithStore(t, { RTPENGINE_REDIS: await startRedis(t) });
    const { alice, bob } = phones;
    const talk = await phones.talk();
    t.same(await hear(phones), BOTH);
    const before = await held(phones, talk.id);
    t.same(await hear(phones), MUSIC);
    for (const { rtp } of [alice, bob]) rtp.forget();

    const next = await killed(t, phones.holdfast);
    // What was agreed in the last moment of a life may be in no batch, so they are told what the call is.
    t.same(wordsOf(await told(phones, 'recvonly')), before, 'the ports are those of before');
    await until('music again', () => [alice, bob].every(({ rtp }) => rtp.heard.packetsWith(MUSIC_HERTZ) > 25));
    t.equal(alice.rtp.heard.packetsWith(BOB_HERTZ) + bob.rtp.heard.packetsWith(ALICE_HERTZ), 0, 'neither has heard the other');

    const resumed = next.api<Proof>('DELETE', `/calls/${talk.id}/hold`);
    await told(phones, 'sendrecv');
    t.match((await resumed).body, { changed: true, settled: true });
    t.same(await hear(phones), BOTH);
    await hangsUp(phones, talk);
  },
);

t.test('rtpengine alone is killed, in talk and in a hold', { skip: noRedis }, async (t) => {
  const phones = await houseWithStore(t, { RTPENGINE_REDIS: await startRedis(t) });
  const { alice, bob, holdfast } = phones;
  const talk = await phones.talk();
  const before = seenBy(phones);
  process.kill(rtpengineOf(holdfast.pid), 'SIGKILL');
  await until('they hear each other', async () => JSON.stringify(await hear(phones)) === JSON.stringify(BOTH));
  t.equal(seenBy(phones), before, 'no SIP');

  await held(phones, talk.id);
  t.same(await hear(phones), MUSIC);
  for (const { rtp } of [alice, bob]) rtp.forget();
  process.kill(rtpengineOf(holdfast.pid), 'SIGKILL');
  await until('music again', () => [alice, bob].every(({ rtp }) => rtp.heard.packetsWith(MUSIC_HERTZ) > 25));
  t.equal(alice.rtp.heard.packetsWith(BOB_HERTZ) + bob.rtp.heard.packetsWith(ALICE_HERTZ), 0, 'neither has heard the other');
  await hangsUp(phones, talk);
});

t.test('a call that ended while nobody was there to say so is not kept by rtpengine', { skip: noRedis }, async (t) => {
  const redis = await startRedis(t);
  const phones = await houseWithStore(t, { RTPENGINE_REDIS: redis });
  await phones.alice.sip.invite('102', phones.alice.rtp.sdp());
  phones.bob.sip.respond(await phones.bob.sip.receives('INVITE'), 180);
  await phones.alice.sip.receives('180');
  const next = await killed(t, phones.holdfast);
  await until('it says so', () => next.log.includes('calls that rtpengine kept and nobody knows are deleted'));
  t.same((await next.api<{ calls: unknown[] }>('GET', '/calls')).body.calls, []);
});
