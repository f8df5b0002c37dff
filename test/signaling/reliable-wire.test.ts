import t from 'tap';
import { FakeClock } from '../support/fake-clock.js';
import { CALLEE, CALLER, sdp, SignalingHouse } from '../support/signaling-house.js';
import type { CallLeg, Message, SipPhone } from '../support/sip-phone.js';

const REL = { Supported: '100rel' };
const cseq =
  (wanted: string) =>
  (one: Message): boolean =>
    new RegExp(` ${wanted}$`).test(one.headers.get('cseq') ?? '');

/** The early dialog, as the phone learns it from a 1xx. */
function learn(leg: CallLeg, progress: Message): void {
  leg.remote = progress.headers.get('to') ?? '';
  leg.target = /<([^>]+)>/.exec(progress.headers.get('contact') ?? '')?.[1] ?? '';
}

async function prack(phone: SipPhone, leg: CallLeg, progress: Message): Promise<Message> {
  learn(leg, progress);
  phone.inDialog(leg, 'PRACK', '', { RAck: `${progress.headers.get('rseq')} ${progress.headers.get('cseq')}` });
  return phone.receives('xx', cseq('PRACK'));
}

t.test('a caller that can have it so gets our early answer reliably, and its 200 after the PRACK', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice, REL);
  house.signaling.progress(CALLER, 180);
  t.notOk((await alice.receives('180')).headers.has('rseq'), 'without an SDP nothing is lost when it is lost');
  house.signaling.progress(CALLER, 183, sdp());
  const progress = await alice.receives('183');
  t.equal(progress.headers.get('require'), '100rel');
  t.match(progress.headers.get('rseq'), /^\d+$/);
  t.match(progress.headers.get('allow'), /UPDATE/, 'RFC 3311 §5.1');
  t.match(progress.headers.get('allow'), /PRACK/);
  house.signaling.accept(CALLER, sdp());
  await alice.receives('183'); // the engine repeats it: 500 ms have passed, and no 200 has come
  t.notOk(alice.received.some((one) => one.what === '200'));
  t.equal((await prack(alice, leg, progress)).what, '200');
  const ok = await alice.receives('200', cseq('INVITE'));
  alice.ack(leg, ok);
  await house.hears('acked', 'caller');
});

t.test('a PRACK for what was never said gets 481, and changes nothing', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice, REL);
  house.signaling.progress(CALLER, 183, sdp());
  const progress = await alice.receives('183');
  learn(leg, progress);
  const rseq = Number(progress.headers.get('rseq'));
  for (const rack of [`${rseq + 1} 1 INVITE`, `${rseq} 2 INVITE`, `${rseq} 1 BYE`, 'nonsense']) {
    alice.inDialog(leg, 'PRACK', '', { RAck: rack });
    t.equal((await alice.receives('xx', cseq('PRACK'))).what, '481', rack);
  }
  t.equal((await prack(alice, leg, progress)).what, '200');
  t.equal((await prack(alice, leg, progress)).what, '481', 'once is enough');
});

t.test('who requires 100rel gets everything so, one at a time and in order', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice, { Require: '100rel' });
  house.signaling.progress(CALLER, 180);
  house.signaling.progress(CALLER, 183, sdp());
  house.signaling.progress(CALLER, 182);
  const first = await alice.receives('180');
  t.notOk(
    alice.received.some((one) => one.what === '183'),
    'RFC 3262 §3: the first is not acknowledged yet',
  );
  await prack(alice, leg, first);
  const second = await alice.receives('182');
  t.equal(second.body, sdp(), 'the newest word, and the SDP that waited with it');
  t.equal(Number(second.headers.get('rseq')), Number(first.headers.get('rseq')) + 1);
  await prack(alice, leg, second);
  house.signaling.progress(CALLER, 183, sdp());
  const third = await alice.receives('183');
  t.equal(third.body, '', 'what was acknowledged is not said again');
  house.signaling.refuse(CALLER, 486);
  t.equal((await alice.receives('486')).what, '486', 'a refusal waits for nobody');
});

t.test('who requires 100rel and brings no offer hears nothing before our 200: it would have to carry the offer', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice, { Require: '100rel' }, '');
  house.signaling.progress(CALLER, 180);
  house.signaling.accept(CALLER, sdp());
  const ok = await alice.receives('200');
  alice.ack(leg, ok, sdp());
  t.equal((await house.hears('acked', 'caller')).sdp, sdp());
  t.notOk(alice.received.some((one) => one.what === '180'));
});

t.test('a phone that never says PRACK is refused after 32 seconds, and the call hears of it', async (t) => {
  const clock = new FakeClock();
  const house = await SignalingHouse.start(t, { clock });
  const alice = await house.phone(t, '101');
  await house.rings(alice, REL);
  house.signaling.progress(CALLER, 183, sdp());
  await alice.receives('183');
  house.signaling.accept(CALLER, sdp());
  clock.advance(32_000);
  t.ok(await alice.receives('504'));
  t.match(await house.hears('lost', 'caller'), { why: /PRACK/ });
  t.same(clock.pending(), []);
});

t.test('a CANCEL while our 200 waits for the PRACK ends a call that others believe to be answered', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const uri = `sip:102@127.0.0.1:${house.port}`;
  const invite = alice.request('INVITE', uri, REL, sdp());
  await house.hears('progressed', 'caller');
  house.signaling.progress(CALLER, 183, sdp());
  await alice.receives('183');
  house.signaling.accept(CALLER, sdp());
  alice.cancel(invite);
  await alice.receives('487');
  t.match(await house.hears('lost', 'caller'), { why: /cancelled/ });
  t.notOk(house.kinds('caller').includes('cancelled'));
});

t.test("a called phone's reliable 1xx is PRACKed once, in order, and the answer in it lasts until the 200", async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  house.dial(bob);
  const invite = await bob.receives('INVITE');
  t.match(invite.headers.get('supported'), /100rel/);
  const reliable = { Require: '100rel', RSeq: '7', Contact: bob.contact };
  bob.respond(invite, 183, sdp('sendrecv', 3), reliable);
  const first = await bob.receives('PRACK');
  t.equal(first.headers.get('rack'), `7 ${invite.headers.get('cseq')}`);
  bob.respond(first, 200);
  t.equal((await house.hears('progressed', 'callee')).sdp, sdp('sendrecv', 3));
  bob.respond(invite, 183, sdp('sendrecv', 3), reliable);
  bob.respond(invite, 180, '', { ...reliable, RSeq: '9' });
  bob.respond(invite, 180, '', { ...reliable, RSeq: '8' });
  const second = await bob.receives('PRACK');
  t.equal(second.headers.get('rack'), `8 ${invite.headers.get('cseq')}`);
  bob.respond(second, 200);
  await house.hears('progressed', 'callee');
  t.same(house.kinds('callee'), ['progressed', 'progressed'], 'neither the repeated one nor the one out of order');
  bob.respond(invite, 200);
  t.equal((await house.hears('answered', 'callee')).sdp, sdp('sendrecv', 3), 'RFC 3262 §5: the 200 need not say it again');
  t.equal(bob.received.filter((one) => one.what === 'PRACK').length, 2);
});

t.test('an INVITE of ours without an offer asks for no reliable answers', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  house.dial(bob, {}, '');
  const invite = await bob.receives('INVITE');
  t.equal(invite.body, '');
  t.notMatch(invite.headers.get('supported'), /100rel/);
  bob.respond(invite, 486);
  await house.hears('refused', 'callee');
});

t.test('a 1xx with an RSeq that does not require anything is no reliable one', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  house.dial(bob);
  const invite = await bob.receives('INVITE');
  bob.respond(invite, 183, sdp(), { RSeq: '1', Contact: bob.contact });
  await house.hears('progressed', 'callee');
  bob.respond(invite, 200);
  t.equal((await house.hears('answered', 'callee')).sdp, undefined);
  t.notOk(bob.received.some((one) => one.what === 'PRACK'));
});

// ---- UPDATE before the answer (RFC 3311 §5.2) ----------------------------------------------------------------------------------------

t.test('a caller whose offer was answered reliably may offer again before the 200, and its hold is heard of', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice, REL);
  house.signaling.progress(CALLER, 183, sdp());
  const progress = await alice.receives('183');
  learn(leg, progress);
  alice.inDialog(leg, 'UPDATE', sdp('sendonly', 2));
  const early = await alice.receives('500', cseq('UPDATE'));
  t.match(early.headers.get('retry-after'), /^([0-9]|10)$/, 'not while our answer may still be lost');
  await prack(alice, leg, progress);
  alice.inDialog(leg, 'UPDATE', sdp('sendonly', 2), { Supported: 'timer', 'Session-Expires': '600' });
  t.equal((await house.hears('reinvite', 'caller')).sdp, sdp('sendonly', 2));
  house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
  const held = await alice.receives('200', cseq('UPDATE'));
  t.equal(held.body, sdp('recvonly', 2));
  t.notOk(held.headers.has('session-expires'), 'RFC 4028: there is no session yet');
  await house.hears('reinvite-acked', 'caller');
  t.notOk(house.kinds('caller').includes('session'));
  alice.inDialog(leg, 'UPDATE', '');
  t.equal((await alice.receives('200', cseq('UPDATE'))).body, '');
  alice.inDialog(leg, 'UPDATE', sdp('sendrecv', 3));
  await house.hears('reinvite', 'caller');
  house.signaling.refuseReinvite(CALLER, 488);
  t.ok(await alice.receives('488', cseq('UPDATE')));
});

t.test('a caller without 100rel gets 500 for an early offer, as for one the core will have later', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const leg = await house.rings(alice);
  house.signaling.progress(CALLER, 183, sdp());
  learn(leg, await alice.receives('183'));
  alice.inDialog(leg, 'UPDATE', sdp('sendonly', 2));
  t.ok((await alice.receives('500', cseq('UPDATE'))).headers.has('retry-after'));
  t.notOk(house.kinds('caller').includes('reinvite'));
});

t.test('a called phone that has answered reliably may hold before its 200; one that has not is told 491', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  house.dial(bob);
  const invite = await bob.receives('INVITE');
  bob.respond(invite, 180, '', { Contact: bob.contact });
  await house.hears('progressed', 'callee');
  const leg = bob.legOf(invite);
  bob.inDialog(leg, 'UPDATE', sdp('sendonly', 2));
  t.ok(await bob.receives('491', cseq('UPDATE')), 'our offer has no answer yet');
  bob.respond(invite, 183, sdp(), { Require: '100rel', RSeq: '1', Contact: bob.contact });
  bob.respond(await bob.receives('PRACK'), 200);
  bob.inDialog(leg, 'UPDATE', sdp('sendonly', 2));
  await house.hears('reinvite', 'callee');
  house.signaling.answerReinvite(CALLEE, sdp('recvonly', 2));
  t.equal((await bob.receives('200', cseq('UPDATE'))).body, sdp('recvonly', 2));
  bob.respond(invite, 200, sdp());
  t.equal(
    (await house.hears('answered', 'callee')).sdp,
    sdp('sendonly', 2),
    'the 200 only repeats what was said before the UPDATE',
  );
});
