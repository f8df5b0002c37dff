/**
 * Goal: what a leg does when two words cross: BYE before the ACK, CANCEL of a re-INVITE, an UPDATE into a request of ours.
 */
import t from 'tap';
import { EngineLoss } from '#signaling/engine-loss.js';
import { CALLEE, CALLER, sdp, SignalingHouse } from '../support/signaling-house.js';
import type { Message } from '../support/sip-phone.js';
import { until } from '../support/until.js';

const cseq =
  (wanted: string) =>
  (one: Message): boolean =>
    one.headers.get('cseq') === wanted;

t.test('a call that ends between our 200 and its ACK hears BYE after the ACK (RFC 3261 §15.1.1)', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice);
  house.signaling.accept(CALLER, sdp());
  house.signaling.bye(CALLER, { cause: 16, text: 'over' });
  const ok = await alice.receives('200');
  alice.inDialog({ ...leg, remote: ok.headers.get('to') ?? '' }, 'OPTIONS');
  await alice.receives('200', cseq('2 OPTIONS'));
  t.notOk(
    alice.received.some((one) => one.what === 'BYE'),
    'it is not there yet',
  );
  alice.ack(leg, ok);
  const bye = await alice.receives('BYE');
  t.match(bye.headers.get('reason'), /over/);
  alice.respond(bye, 200);
});

t.test(
  'a call that ends when an engine was lost between our 200 and its ACK says BYE: nobody tells of the ACK any more',
  async (t) => {
    const house = await SignalingHouse.start(t);
    const alice = await house.phone(t, '101');
    await house.rings(alice);
    house.signaling.accept(CALLER, sdp());
    await until('the engine has named the dialog', () => house.signaling.stored(CALLER) !== undefined);
    const asked = t.capture(house.srf, 'request');
    const loss = EngineLoss.of(house.srf);
    loss.lose();
    house.signaling.bye(CALLER, { cause: 16, text: 'over' });
    t.same(asked(), [], 'nothing while it is gone');
    t.equal(loss.find(), true);
    t.match(asked(), [{ args: [{ method: 'BYE', headers: { Reason: /over/ } }] }]);
  },
);

t.test('a re-INVITE that the phone cancels before our answer is none, and the core hears so', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  const offer = sdp('sendonly', 2);
  const reinvite = alice.request(
    'INVITE',
    leg.target,
    { From: `<${leg.localUri}>;tag=${leg.localTag}`, To: leg.remote, 'Call-ID': leg.callId, CSeq: '2 INVITE' },
    offer,
  );
  await house.hears('reinvite', 'caller');
  alice.cancel(reinvite);
  await alice.receives('487');
  house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
  await house.hears('reinvite-gone', 'caller');
  leg.cseq = 2;
  alice.inDialog(leg, 'INVITE', sdp('sendonly', 3));
  await house.hears('reinvite', 'caller');
  house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
  alice.ack(leg, await alice.receives('200', cseq('3 INVITE')));
  await house.hears('reinvite-acked', 'caller');
});

t.test('an UPDATE into our re-INVITE, and into an INFO that is passed on, is answered', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const bob = await house.phone(t, '102');
  const { leg: fromAlice } = await house.answers(alice);
  const { leg: fromBob } = await house.calls(bob);
  alice.inDialog(fromAlice, 'INFO', 'Signal=5', { 'Content-Type': 'application/dtmf-relay' });
  const info = await bob.receives('INFO');
  bob.inDialog(fromBob, 'UPDATE');
  t.ok(await bob.receives('200', cseq(`${fromBob.cseq} UPDATE`)));
  bob.respond(info, 200);
  t.ok(await alice.receives('200', cseq(`${fromAlice.cseq} INFO`)));
  house.signaling.reinvite(CALLEE, sdp('sendonly', 2));
  const reinvite = await bob.receives('INVITE');
  bob.inDialog(fromBob, 'UPDATE');
  t.ok(await bob.receives('200', cseq(`${fromBob.cseq} UPDATE`)), 'without an offer there is no glare');
  bob.inDialog(fromBob, 'UPDATE', sdp('sendonly', 5));
  await house.hears('reinvite', 'callee');
  house.signaling.refuseReinvite(CALLEE, 491);
  t.ok(await bob.receives('491', cseq(`${fromBob.cseq} UPDATE`)));
  bob.respond(reinvite, 200, sdp('recvonly', 2));
  await house.hears('reinvite-answered', 'callee');
});

t.test(
  'an UPDATE while the re-INVITE of the phone waits for our answer: a refresh is answered, an offer is for the core',
  async (t) => {
    const house = await SignalingHouse.start(t);
    const alice = await house.phone(t, '101');
    const { leg } = await house.answers(alice);
    alice.inDialog(leg, 'INVITE', sdp('sendonly', 2));
    await house.hears('reinvite', 'caller');
    alice.inDialog(leg, 'UPDATE');
    t.ok(await alice.receives('200', cseq('3 UPDATE')));
    await house.hears('refreshed', 'caller');
    house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
    const ok = await alice.receives('200', cseq('2 INVITE'));
    t.equal(ok.body, sdp('recvonly', 2));
    alice.ack(leg, ok);
    await house.hears('reinvite-acked', 'caller');
  },
);
