/**
 * Goal: two real phones that nobody mocked, through the whole product: who hears whom while talking, on hold, resumed, held by one
 * party, held by a phone's own key, and hung up. Method: two headless baresips with tones of their own; every RTP packet that
 * reaches each of them is captured on the wire and decoded.
 */
import t from 'tap';
import { MUSIC_HERTZ } from '../support/holdfast.js';
import { whyNoTap } from '../support/rtp-tap.js';
import { SETTLING, TwoBaresips, tones, WINDOW } from '../support/two-baresips.js';
import { ALICE_HERTZ, BOB_HERTZ } from '../support/two-phones.js';

const noTap = whyNoTap();

type Proof = { settled: boolean; caller: Leg; callee: Leg };
type Leg = { held: boolean; state: string; direction: string; sound: string; status: number; musicPackets: number };

t.test('two baresips through Holdfast', { skip: noTap ?? false }, async (t) => {
  const phones = await TwoBaresips.start(t, {}, { bob: { transport: 'tcp' } });
  const { holdfast, alice, bob, tap } = phones;
  const hear = () => phones.hear();

  const setup = await holdfast.api<{ id: string }>('POST', '/calls', { caller: '101', callee: '102' });
  t.equal(setup.status, 202);
  const path = `/calls/${setup.body.id}`;
  await holdfast.event((event) => event.kind === 'call.answered');

  await t.test('talking, each hears the other', async (t) => {
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
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
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('held by the caller, the callee hears music and the caller nothing', async (t) => {
    const { body } = await holdfast.api<Proof>('PUT', `${path}/hold`, { holder: 'caller' });
    t.match(body, { caller: { held: false, direction: 'inactive', sound: 'none' }, callee: { held: true, sound: 'music' } });
    await tap.next(bob.rtpPorts, SETTLING);
    const before = tap.heard(alice.rtpPorts).count;
    t.same(tones(await tap.next(bob.rtpPorts, WINDOW)), [MUSIC_HERTZ]);
    t.equal(tap.heard(alice.rtpPorts).count, before, 'not one packet reaches the holder');
    await holdfast.api('DELETE', `${path}/hold?holder=caller`);
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
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
    t.same(await hear(), { alice: [BOB_HERTZ], bob: [ALICE_HERTZ] });
  });

  await t.test('hung up by API, nobody hears anything and the end is known', async (t) => {
    const ended = holdfast.event((event) => event.kind === 'call.ended');
    await holdfast.api('DELETE', path);
    t.match(await ended, { cause: 'controller-hung-up', answered: true });
    t.match((await holdfast.api('GET', path)).body, { state: 'ended' });
    t.same((await holdfast.api('GET', '/calls')).body, { calls: [] });
  });
});
