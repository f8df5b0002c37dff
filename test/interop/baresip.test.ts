/**
 * Goal: two real phones that nobody mocked, through the whole product: who hears whom while talking, on hold, resumed, held by one
 * party, held by a phone's own key, and hung up. Method: two headless baresips with tones of their own; every RTP packet that
 * reaches each of them is captured on the wire and decoded.
 */
import t from 'tap';
import { Baresip } from '../support/baresip.js';
import type { Heard } from '../support/heard.js';
import { Holdfast, MUSIC_HERTZ } from '../support/holdfast.js';
import { RtpTap, whyNoTap } from '../support/rtp-tap.js';

const ALICE = 400;
const BOB = 800;
const WINDOW = 25; // half a second of packets
/** Packets that may still be on their way when an answer arrives: the jitter of a busy machine, not of the hold. */
const SETTLING = 15;

const noTap = whyNoTap();

type Proof = { settled: boolean; caller: Leg; callee: Leg };
type Leg = { held: boolean; state: string; direction: string; sound: string; status: number; musicPackets: number };

const tones = (heard: Heard): number[] => heard.tones(ALICE, BOB, MUSIC_HERTZ);

t.test('two baresips through Holdfast', { skip: noTap ?? false }, async (t) => {
  const holdfast = await Holdfast.start();
  const registrar = `127.0.0.1:${holdfast.sipPort}`;
  const alice = await Baresip.start({ number: '101', registrar, toneHertz: ALICE });
  const bob = await Baresip.start({ number: '102', registrar, toneHertz: BOB, transport: 'tcp' });
  const tap = await RtpTap.open([alice.rtpPorts, bob.rtpPorts]);
  t.teardown(async () => {
    tap.stop();
    await Promise.all([alice.stop(), bob.stop()]);
    await holdfast.stop();
  });
  await Promise.all([alice.registered(), bob.registered()]);

  const hear = async (): Promise<{ alice: number[]; bob: number[] }> => {
    await Promise.all([tap.next(alice.rtpPorts, SETTLING), tap.next(bob.rtpPorts, SETTLING)]);
    const [atAlice, atBob] = await Promise.all([tap.next(alice.rtpPorts, WINDOW), tap.next(bob.rtpPorts, WINDOW)]);
    return { alice: tones(atAlice), bob: tones(atBob) };
  };

  const setup = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  t.equal(setup.status, 202);
  const path = `/calls/${setup.body.id}`;
  await holdfast.event((event) => event.kind === 'call.answered');

  await t.test('talking, each hears the other', async (t) => {
    t.same(await hear(), { alice: [BOB], bob: [ALICE] });
  });

  await t.test('on hold by API, each hears only music', async (t) => {
    const { status, body } = await holdfast.api<Proof>('PUT', `${path}/hold`);
    t.equal(status, 200);
    t.equal(body.settled, true);
    for (const leg of [body.caller, body.callee]) {
      t.match(leg, { held: true, state: 'agreed', direction: 'sendonly', sound: 'music', status: 200 });
      t.ok(leg.musicPackets > 0, 'music packets were counted');
    }
    t.same(await hear(), { alice: [MUSIC_HERTZ], bob: [MUSIC_HERTZ] });
  });

  await t.test('resumed, each hears the other again', async (t) => {
    const { body } = await holdfast.api<Proof>('DELETE', `${path}/hold`);
    t.match(body, {
      settled: true,
      caller: { held: false, direction: 'sendrecv' },
      callee: { held: false, direction: 'sendrecv' },
    });
    t.same(await hear(), { alice: [BOB], bob: [ALICE] });
  });

  await t.test('held by the caller, the callee hears music and the caller nothing', async (t) => {
    const { body } = await holdfast.api<Proof>('PUT', `${path}/hold`, { holder: 'caller' });
    t.match(body, { caller: { held: false, direction: 'inactive', sound: 'none' }, callee: { held: true, sound: 'music' } });
    await tap.next(bob.rtpPorts, SETTLING);
    const before = tap.heard(alice.rtpPorts).count;
    t.same(tones(await tap.next(bob.rtpPorts, WINDOW)), [MUSIC_HERTZ]);
    t.equal(tap.heard(alice.rtpPorts).count, before, 'not one packet reaches the holder');
    await holdfast.api('DELETE', `${path}/hold?holder=caller`);
    t.same(await hear(), { alice: [BOB], bob: [ALICE] });
  });

  await t.test("held by a phone's own key, the other hears music, and resume brings both back", async (t) => {
    const { seq } = await holdfast.event((event) => event.kind === 'call.answered');
    const held = holdfast.event((event) => event.kind === 'hold.changed' && JSON.stringify(event).includes('caller-phone'), seq);
    alice.command('hold');
    const { seq: heldSeq } = await held;
    await tap.next(bob.rtpPorts, SETTLING);
    t.same(tones(await tap.next(bob.rtpPorts, WINDOW)), [MUSIC_HERTZ]);
    const resumed = holdfast.event((event) => event.kind === 'hold.changed', heldSeq);
    alice.command('resume');
    await resumed;
    t.same(await hear(), { alice: [BOB], bob: [ALICE] });
  });

  await t.test('hung up by API, nobody hears anything and the end is known', async (t) => {
    const ended = holdfast.event((event) => event.kind === 'call.ended');
    await holdfast.api('DELETE', path);
    t.match(await ended, { cause: 'controller-hung-up', answered: true });
    t.match((await holdfast.api('GET', path)).body, { state: 'ended' });
    t.same((await holdfast.api('GET', '/calls')).body, { calls: [] });
  });
});
