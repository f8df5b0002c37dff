import t from 'tap';
import { CALLEE, CALLER, sdp, SESSION, SignalingHouse } from '../support/signaling-house.js';
import { directionIn, versionIn } from '../support/sip-phone.js';

const TIMER = { Supported: 'timer' };

t.test('a caller with session timers gets one and refreshes it; its UPDATE is answered and reported', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg, ok } = await house.answers(alice, { ...TIMER, 'Session-Expires': '600' });
  t.equal(ok.headers.get('session-expires'), '600;refresher=uac');
  t.equal(ok.headers.get('require'), 'timer');
  t.match(ok.headers.get('supported'), /timer/);
  t.same((await house.hears('session', 'caller')).session, { intervalSec: 600, weRefresh: false, byUpdate: true });
  alice.inDialog(leg, 'UPDATE', '', { ...TIMER, 'Session-Expires': '600;refresher=uac', Allow: 'INVITE, BYE' });
  const refreshed = await alice.receives('200', (one) => /UPDATE/.test(one.headers.get('cseq') ?? ''));
  t.equal(refreshed.headers.get('session-expires'), '600;refresher=uac');
  t.equal(refreshed.body, '', 'nothing is said of the media');
  t.same((await house.hears('session', 'caller')).session, { intervalSec: 600, weRefresh: false, byUpdate: false });
  await house.hears('refreshed', 'caller');
  t.same(house.kinds('caller').slice(-3), ['acked', 'session', 'refreshed'], 'what was agreed comes first');
});

t.test(
  'too short a session is refused with 422, in INVITE, re-INVITE and UPDATE; only the INVITE never becomes a call',
  async (t) => {
    const house = await SignalingHouse.start(t);
    const alice = await house.phone(t, '101');
    const short = { ...TIMER, 'Session-Expires': '60' };
    alice.request('INVITE', `sip:102@127.0.0.1:${house.port}`, short, sdp());
    const refusal = await alice.receives('422');
    t.equal(refusal.headers.get('min-se'), '90');
    t.same(house.invited, []);
    const { leg } = await house.answers(alice);
    const before = house.heard.length;
    alice.inDialog(leg, 'UPDATE', '', short);
    t.equal((await alice.receives('422')).headers.get('cseq'), '2 UPDATE');
    alice.inDialog(leg, 'INVITE', sdp('sendonly', 2), short);
    t.equal((await alice.receives('422')).headers.get('cseq'), '3 INVITE');
    t.equal(house.heard.length, before, 'the core has heard of none of them');
  },
);

t.test('a re-INVITE is a refresh too: its 2xx agrees anew, and is reported before its ACK', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice, TIMER);
  await house.hears('session', 'caller');
  alice.inDialog(leg, 'INVITE', sdp('sendonly', 2), { ...TIMER, 'Session-Expires': '300;refresher=uas' });
  await house.hears('reinvite', 'caller');
  house.signaling.answerReinvite(CALLER, sdp('recvonly', 2));
  const ok = await alice.receives('200', (one) => one.headers.get('cseq') === '2 INVITE');
  t.equal(ok.headers.get('session-expires'), '300;refresher=uas');
  t.same((await house.hears('session', 'caller')).session, { intervalSec: 300, weRefresh: true, byUpdate: true });
  alice.ack(leg, ok);
  await house.hears('reinvite-acked', 'caller');
});

t.test('a called phone agrees, and is refreshed by UPDATE without a word of media, held or not', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  const { leg, invite } = await house.calls(bob, { 'Session-Expires': '600;refresher=uac', Require: 'timer' });
  t.equal(invite.headers.get('session-expires'), '1800');
  t.equal(invite.headers.get('min-se'), '90');
  t.match(invite.headers.get('supported'), /timer/);
  t.same((await house.hears('session', 'callee')).session, { intervalSec: 600, weRefresh: true, byUpdate: true });
  t.same(house.kinds('callee'), ['session', 'answered']);

  house.signaling.reinvite(CALLEE, sdp('sendonly', 2));
  const hold = await bob.receives('INVITE');
  t.equal(hold.headers.get('session-expires'), '600;refresher=uac', 'RFC 4028 §7.4: a re-INVITE says what was agreed');
  bob.respond(hold, 200, sdp('recvonly', 2), { 'Session-Expires': '600;refresher=uac' });
  await house.hears('reinvite-answered', 'callee');
  await bob.receives('ACK');

  house.signaling.refresh(CALLEE);
  const update = await bob.receives('UPDATE');
  t.equal(update.body, '');
  t.equal(update.headers.get('session-expires'), '600;refresher=uac');
  t.match(update.headers.get('contact'), /sip:/, 'RFC 3311 §5.1: it refreshes the target');
  bob.respond(update, 200, '', { 'Session-Expires': '400;refresher=uac' });
  t.same((await house.hears('refresh-answered', 'callee')).kind, 'refresh-answered');
  t.same(house.kinds('callee').slice(-3), ['reinvite-answered', 'session', 'refresh-answered']);
  t.match(house.heard.at(-2)?.signal, { session: { intervalSec: 400, weRefresh: true } });

  house.signaling.reinvite(CALLEE, sdp('sendrecv', 3));
  const resume = await bob.receives('INVITE');
  t.equal(directionIn(resume.body), 'sendrecv');
  t.equal(versionIn(resume.body), versionIn(hold.body) + 1n, 'the refresh between them moved no version');
  t.equal(leg.callId, resume.headers.get('call-id'));
  bob.respond(resume, 200, sdp('sendrecv', 3));
  await house.hears('reinvite-answered', 'callee');
  t.same(
    house.heard.at(-2)?.signal,
    { kind: 'session', session: { weRefresh: false, byUpdate: true } },
    'RFC 4028 §7.2: a 2xx without Session-Expires switches it off',
  );
});

t.test('a phone that finds our interval too short gets a longer one: INVITE, re-INVITE and UPDATE', async (t) => {
  const house = await SignalingHouse.start(t, { session: { ...SESSION, sessionSeconds: 600 } });
  const bob = await house.phone(t, '102');
  house.dial(bob);
  const first = await bob.receives('INVITE');
  bob.respond(first, 422, '', { 'Min-SE': '900' });
  await bob.receives('ACK');
  const second = await bob.receives('INVITE');
  t.equal(second.headers.get('session-expires'), '900');
  t.equal(second.headers.get('min-se'), '900');
  bob.respond(second, 200, sdp(), { Allow: 'UPDATE', 'Session-Expires': '900;refresher=uac' });
  await house.hears('answered', 'callee');
  house.signaling.ack(CALLEE);
  await bob.receives('ACK');

  house.signaling.reinvite(CALLEE, sdp('sendonly', 2));
  const third = await bob.receives('INVITE');
  bob.respond(third, 422, '', { 'Min-SE': '1200' });
  await bob.receives('ACK');
  const fourth = await bob.receives('INVITE');
  t.equal(fourth.headers.get('session-expires'), '1200;refresher=uac');
  t.equal(fourth.body, third.body, 'the same offer');
  bob.respond(fourth, 200, sdp('recvonly', 2), { 'Session-Expires': '1200;refresher=uac' });
  await house.hears('reinvite-answered', 'callee');

  house.signaling.refresh(CALLEE);
  bob.respond(await bob.receives('UPDATE'), 422, '', { 'Min-SE': '1500' });
  const sixth = await bob.receives('UPDATE');
  t.equal(sixth.headers.get('session-expires'), '1500;refresher=uac');
  bob.respond(sixth, 422, '', { 'Min-SE': '1800' });
  t.match(await house.hears('refresh-refused', 'callee'), { status: 422 }, 'once is enough');
  t.notOk(house.kinds('callee').includes('refused'));
  t.notOk(house.kinds('callee').includes('reinvite-refused'));
});

t.test('a refused re-INVITE says when to come again', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  await house.calls(bob);
  for (const [field, seconds] of [
    ['7', 7],
    ['18000;duration=3600', 18_000],
    ["120 (I'm in a meeting)", 120],
    ['soon', undefined],
  ] as const) {
    house.signaling.reinvite(CALLEE, sdp('sendonly', 2));
    bob.respond(await bob.receives('INVITE'), 500, '', { 'Retry-After': field });
    const refused = await house.hears('reinvite-refused', 'callee');
    t.equal(refused.status, 500);
    t.equal(refused.retryAfterSec, seconds, field);
    await bob.receives('ACK');
  }
});

t.test('a probe asks whether anybody is there, one at a time', async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  await house.calls(bob);
  for (const [status, there] of [
    [200, true],
    [405, true],
    [503, true],
    [481, false],
    [408, false],
  ] as const) {
    house.signaling.probe(CALLEE);
    house.signaling.probe(CALLEE);
    const options = await bob.receives('OPTIONS');
    t.match(options.headers.get('to'), /tag=/, 'in the dialog');
    bob.respond(options, status);
    t.match(await house.hears('probed', 'callee'), { there, why: new RegExp(`^${status} `) });
  }
  t.equal(bob.received.filter((one) => one.what === 'OPTIONS').length, 5, 'the second of each two was the first');
});

t.test("a phone's UPDATE while a request of ours is open is answered all the same", async (t) => {
  const house = await SignalingHouse.start(t);
  const bob = await house.phone(t, '102');
  const { leg } = await house.calls(bob);
  house.signaling.probe(CALLEE);
  const options = await bob.receives('OPTIONS');
  bob.inDialog(leg, 'UPDATE', '', TIMER);
  t.equal((await bob.receives('200', (one) => /UPDATE/.test(one.headers.get('cseq') ?? ''))).body, '');
  await house.hears('refreshed', 'callee');
  bob.respond(options, 200);
  await house.hears('probed', 'callee');
});

t.test('a phone that asks whether its call is still there is told', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  alice.inDialog(leg, 'OPTIONS');
  t.match(
    (await alice.receives('200', (one) => /OPTIONS/.test(one.headers.get('cseq') ?? ''))).headers.get('supported'),
    /timer/,
  );
  alice.inDialog({ ...leg, callId: 'another-life' }, 'OPTIONS');
  t.ok(await alice.receives('481'));
});

t.test('an extension that nobody knows is refused in a dialog as well, and timer is none of them', async (t) => {
  const house = await SignalingHouse.start(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice, { Require: 'timer', ...TIMER });
  for (const method of ['INVITE', 'UPDATE']) {
    alice.inDialog(leg, method, sdp('sendonly', 2), { Require: 'timer, hovering' });
    t.equal((await alice.receives('420')).headers.get('unsupported'), 'hovering');
  }
  t.notOk(house.kinds('caller').includes('reinvite'));
});

t.test('a trunk that challenges what we send in the dialog is answered once', async (t) => {
  const house = await SignalingHouse.start(t);
  const trunk = await house.phone(t, 'trunk');
  await house.calls(trunk, {}, { credentials: { username: 'we', password: 'secret' } });
  const challenge = { 'Proxy-Authenticate': 'Digest realm="trunk", nonce="n1", algorithm=MD5, qop="auth"' };
  for (const [ask, method] of [
    [() => house.signaling.reinvite(CALLEE, sdp('sendonly', 2)), 'INVITE'],
    [() => house.signaling.refresh(CALLEE), 'UPDATE'],
    [() => house.signaling.bye(CALLEE, { cause: 16, text: 'bye' }), 'BYE'],
  ] as const) {
    ask();
    const bare = await trunk.receives(method);
    t.notOk(bare.headers.has('proxy-authorization'));
    trunk.respond(bare, 407, '', challenge);
    if (method === 'INVITE') await trunk.receives('ACK');
    const proven = await trunk.receives(method);
    t.match(proven.headers.get('proxy-authorization'), /username="we".*uri="sip:trunk@127\.0\.0\.1:\d+"/);
    t.equal(proven.body, bare.body);
    trunk.respond(proven, method === 'INVITE' ? 407 : 200, '', challenge);
    if (method === 'UPDATE') await house.hears('refresh-answered', 'callee');
  }
  t.match(await house.hears('reinvite-refused', 'callee'), { status: 407 }, 'a second challenge is a refusal');
});
