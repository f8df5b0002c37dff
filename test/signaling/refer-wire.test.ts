/**
 * Goal: a phone's REFER reaches the calls with what it asks, and the phone hears how it goes on, in order and to the end. Method: a real
 * drachtio-srf and engine, scripted phones on loopback, and calls that the test plays itself.
 */
import t, { type Test } from 'tap';
import type { LegId } from '#calls/ports.js';
import type { CallId } from '#core/leg.js';
import { CALLEE, CALLER, SignalingHouse } from '../support/signaling-house.js';
import type { CallLeg, Message, SipPhone } from '../support/sip-phone.js';

const ELSEWHERE: LegId = { callId: 'call-2' as CallId, role: 'callee' };

/** Legs that are forgotten leave no timer behind. */
async function openHouse(t: Test): Promise<SignalingHouse> {
  const house = await SignalingHouse.start(t);
  t.teardown(() => [CALLER, CALLEE, ELSEWHERE].forEach((leg) => house.signaling.forget(leg)));
  return house;
}

const cseqOf = (message: Message): string => message.headers.get('cseq') ?? '';
const REFER = (target: string): Record<string, string> => ({ 'Refer-To': `<${target}>` });

/** Sends a REFER; gives its final answer. */
function refers(phone: SipPhone, leg: CallLeg, headers: Readonly<Record<string, string>>): Promise<Message> {
  phone.inDialog(leg, 'REFER', '', headers);
  const cseq = `${leg.cseq} REFER`;
  return phone.receives('xx', (one) => cseqOf(one) === cseq);
}

const wordOf = (notify: Message): string =>
  `${notify.headers.get('event')} | ${(notify.headers.get('subscription-state') ?? '').replace(/\d+/, 'N')} | ${notify.body.trim()}`;

t.test('a blind transfer: 202, Trying at once, then what is said, never two at a time, and a last word', async (t) => {
  const house = await openHouse(t);
  const alice = await house.phone(t, '101');
  const { leg, ok } = await house.answers(alice);
  t.match(ok.headers.get('allow'), /REFER.*NOTIFY/);
  t.match(ok.headers.get('supported'), /replaces/);
  alice.inDialog(leg, 'REFER', '', { ...REFER('sip:103@elsewhere.example'), 'Referred-By': '<sip:101@127.0.0.1>' });
  const { refer } = await house.hears('refer', 'caller');
  t.strictSame({ ...refer }, { to: '103', saysWho: true });
  t.equal(house.signaling.answerRefer(CALLER, 202), true);
  t.equal(house.signaling.answerRefer(CALLER, 500), false, 'it has been answered');
  t.equal((await alice.receives('202')).headers.get('contact')?.includes(`127.0.0.1:${house.port}`), true);
  const trying = await alice.receives('NOTIFY');
  t.equal(wordOf(trying), 'refer | active;expires=N | SIP/2.0 100 Trying');
  t.equal(trying.headers.get('content-type'), 'message/sipfrag;version=2.0');
  house.signaling.referProgress(CALLER, 180, 'Ringing');
  house.signaling.referProgress(CALLER, 183, 'Session Progress');
  t.equal(alice.received.filter((one) => one.what === 'NOTIFY').length, 1, 'the first is not answered yet');
  alice.respond(trying, 200);
  const progress = await alice.receives('NOTIFY');
  t.equal(wordOf(progress), 'refer | active;expires=N | SIP/2.0 183 Session Progress', 'the newest word is what counts');
  alice.respond(progress, 200);
  house.signaling.referProgress(CALLER, 200, 'OK');
  const last = await alice.receives('NOTIFY');
  t.equal(wordOf(last), 'refer | terminated;reason=noresource | SIP/2.0 200 OK');
  house.signaling.bye(CALLER, { cause: 16, text: 'transferred' });
  house.signaling.forget(CALLER);
  t.notOk(
    alice.received.some((one) => one.what === 'BYE'),
    'the last word is not cut off by our BYE',
  );
  alice.respond(last, 200);
  alice.respond(await alice.receives('BYE'), 200);
  t.equal(house.signaling.legs.find(CALLER), undefined, 'forgotten');
});

t.test('what no REFER may say is refused, and the calls hear nothing', async (t) => {
  const house = await openHouse(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  const cases: readonly (readonly [Record<string, string>, string])[] = [
    [{}, '400'],
    [{ 'Refer-To': '<sip:1@a.example>, <sip:2@a.example>' }, '400'],
    [{ 'Refer-To': '<sip:1@a.example' }, '400'],
    [{ 'Refer-To': '<sip:a.example>' }, '400'],
    [{ 'Refer-To': '<tel:+4912345>' }, '416'],
    [{ 'Refer-To': '<http://a.example/>' }, '416'],
    [{ 'Refer-To': '<sip:1@a.example;method=BYE>' }, '603'],
    [{ 'Refer-To': '<sip:1@a.example?Replaces=nonsense>' }, '400'],
    [{ 'Refer-To': '<sip:1@a.example?Replaces=%zz>' }, '400'],
  ];
  for (const [headers, status] of cases) t.equal((await refers(alice, leg, headers)).what, status, JSON.stringify(headers));
  t.notOk(house.kinds('caller').includes('refer'));

  alice.request('REFER', `sip:102@127.0.0.1:${house.port}`, REFER('sip:103@127.0.0.1'));
  t.ok(await alice.receives('403'), 'nobody makes us call for them from outside a call');
});

t.test('the calls refuse: the phone hears that, and nothing is subscribed', async (t) => {
  const house = await openHouse(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  alice.inDialog(leg, 'REFER', '', REFER('sip:103@127.0.0.1'));
  await house.hears('refer', 'caller');
  alice.inDialog(leg, 'REFER', '', REFER('sip:104@127.0.0.1'));
  await alice.receives('491', (one) => cseqOf(one) === `${leg.cseq} REFER`);
  house.signaling.answerRefer(CALLER, 481);
  t.ok(await alice.receives('603'), '481 would say that its own call is gone');
  house.signaling.referProgress(CALLER, 200, 'OK');
  alice.inDialog(leg, 'OPTIONS');
  const options = await alice.receives('200', (one) => /OPTIONS/.test(cseqOf(one)));
  t.match(options.headers.get('allow'), /REFER/);
  t.notOk(alice.received.some((one) => one.what === 'NOTIFY'));
});

t.test('Refer-Sub: false is respected; a second REFER of a dialog has an id', async (t) => {
  const house = await openHouse(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  const take = async (headers: Readonly<Record<string, string>>): Promise<Message> => {
    const answer = refers(alice, leg, headers);
    await house.hears('refer', 'caller');
    house.signaling.answerRefer(CALLER, 202);
    return answer;
  };
  const quiet = await take({ ...REFER('sip:103@127.0.0.1'), 'Refer-Sub': 'false', Require: 'norefersub' });
  t.equal(quiet.headers.get('refer-sub'), 'false');
  house.signaling.referProgress(CALLER, 486, 'Busy Here');
  await take(REFER('sip:103@127.0.0.1'));
  const first = await alice.receives('NOTIFY');
  t.equal(wordOf(first), 'refer | active;expires=N | SIP/2.0 100 Trying');
  alice.respond(first, 200);
  house.signaling.referProgress(CALLER, 486, 'Busy Here');
  const failed = await alice.receives('NOTIFY');
  t.equal(wordOf(failed), 'refer | terminated;reason=noresource | SIP/2.0 486 Busy Here');
  alice.respond(failed, 200);
  await take(REFER('sip:104@127.0.0.1'));
  const second = await alice.receives('NOTIFY');
  t.equal(second.headers.get('event'), `refer;id=${leg.cseq}`);
  alice.respond(second, 481);
  house.signaling.referProgress(CALLER, 180, 'Ringing');
  await take(REFER('sip:104@127.0.0.1'));
  const third = await alice.receives('NOTIFY');
  const event = `refer;id=${leg.cseq}`;
  t.equal(third.headers.get('event'), event, 'the one that got 481 is over');
  alice.respond(third, 200);
  alice.inDialog(leg, 'SUBSCRIBE', '', { Event: event, Expires: '0' });
  await alice.receives('200', (one) => /SUBSCRIBE/.test(cseqOf(one)));
  const ended = await alice.receives('NOTIFY');
  t.match(ended.headers.get('subscription-state'), /^terminated;reason=timeout/);
  alice.respond(ended, 200);
  alice.inDialog(leg, 'SUBSCRIBE', '', { Event: event, Expires: '60' });
  t.ok(await alice.receives('481', (one) => /SUBSCRIBE/.test(cseqOf(one))), 'there is nothing left to be refreshed');
});

t.test('attended: Replaces names the phone’s other dialog with us, whichever way it was made', async (t) => {
  const house = await openHouse(t);
  const [alice, bob] = [await house.phone(t, '101'), await house.phone(t, '102')];
  const { leg } = await house.answers(alice);
  const called = await house.calls(bob, { 'Allow-Events': 'talk, hold, refer' });
  const tag = (value: string): string => /;tag=([^;>\s]+)/.exec(value)?.[1] ?? '';
  /** As the phone escapes it: to-tag is ours, from-tag its own. */
  const replaces = (one: CallLeg): string =>
    encodeURIComponent(`${one.callId};to-tag=${tag(one.remote)};from-tag=${one.localTag}`);
  alice.inDialog(leg, 'REFER', '', REFER(`sip:103@127.0.0.1?Replaces=${replaces(called.leg)}&Subject=x`));
  t.same((await house.hears('refer', 'caller')).refer.replaces, CALLEE);
  house.signaling.answerRefer(CALLER, 202);
  const trying = await alice.receives('NOTIFY');
  alice.respond(trying, 200);
  house.signaling.referProgress(CALLER, 200, 'OK');
  alice.respond(await alice.receives('NOTIFY'), 200);
  t.equal((await refers(bob, called.leg, REFER(`sip:103@127.0.0.1?Replaces=${replaces(called.leg)}`))).what, '603', 'itself');
  bob.inDialog(called.leg, 'SUBSCRIBE', '', { Event: 'dialog' });
  t.equal((await bob.receives('489')).headers.get('allow-events'), 'refer', 'no dialog events in a call');
  bob.inDialog(called.leg, 'REFER', '', REFER(`sip:127.0.0.1:${house.port}?Replaces=${replaces(leg)}`));
  t.match((await house.hears('refer', 'callee')).refer, { to: '', replaces: CALLER }, 'our Contact names nobody');
  house.signaling.answerRefer(CALLEE, 603);
  await bob.receives('603');

  await t.test('a dialog that we ought to have and do not: the NOTIFY says 481, the call goes on', async (t) => {
    const before = house.heard.length;
    const nobody = encodeURIComponent('nobody;to-tag=a;from-tag=b');
    alice.inDialog(leg, 'REFER', '', REFER(`sip:103@127.0.0.1?Replaces=${nobody}`));
    await alice.receives('202', (one) => cseqOf(one) === `${leg.cseq} REFER`);
    const hears = async (): Promise<string> => {
      const notify = await alice.receives('NOTIFY');
      alice.respond(notify, 200);
      return wordOf(notify);
    };
    const first = await hears();
    const words = first.includes(' 481 ') ? first : await hears();
    t.match(words, /terminated;reason=noresource \| SIP\/2.0 481 /);
    t.equal(house.heard.length, before, 'the calls were not asked');
    alice.inDialog(leg, 'REFER', '', { ...REFER(`sip:103@127.0.0.1?Replaces=${nobody}`), 'Refer-Sub': 'false' });
    t.ok(await alice.receives('603', (one) => cseqOf(one) === `${leg.cseq} REFER`), 'who wants no NOTIFY is told at once');
    alice.inDialog(leg, 'REFER', '', REFER(`sip:103@pbx.example?Replaces=${nobody}`));
    t.strictSame({ ...(await house.hears('refer', 'caller')).refer }, { to: '103', saysWho: false }, 'another house may have it');
    house.signaling.answerRefer(CALLER, 603);
  });

  await t.test('an INVITE takes a confirmed dialog’s place, in the words of RFC 3891', async (t) => {
    const carol = await house.phone(t, '103');
    const plain = (one: CallLeg): string => decodeURIComponent(replaces(one));
    const refused = async (value: string, status: string): Promise<void> => {
      const before = house.invited.length;
      const callId = `c${Math.random()}`;
      carol.request('INVITE', `sip:127.0.0.1:${house.port}`, { 'Call-ID': callId, Require: 'replaces', Replaces: value });
      t.ok(await carol.receives(status, (one) => one.headers.get('call-id') === callId), `${status} for ${value}`);
      t.equal(house.invited.length, before);
    };
    await refused('nobody;to-tag=a;from-tag=b', '481');
    await refused(`${plain(leg)};early-only`, '486');
    await refused(`${plain(leg)}, ${plain(called.leg)}`, '400');
    await refused('nonsense', '400');
    carol.request('INVITE', `sip:127.0.0.1:${house.port}`, { Require: 'replaces', Replaces: plain(called.leg) });
    await house.hears('progressed', 'caller');
    t.match(house.invited.at(-1), { replaces: CALLEE, toUser: '' });
    house.signaling.refuse(CALLER, 480);
  });

  await t.test('a dialog that has ended is 603', async (t) => {
    const carol = await house.phone(t, '104');
    bob.inDialog(called.leg, 'BYE');
    await house.hears('bye', 'callee');
    carol.request('INVITE', `sip:127.0.0.1:${house.port}`, { Replaces: decodeURIComponent(replaces(called.leg)) });
    t.ok(await carol.receives('603'));
    house.signaling.forget(CALLEE);
    carol.request('INVITE', `sip:127.0.0.1:${house.port}`, { Replaces: decodeURIComponent(replaces(called.leg)) });
    t.ok(await carol.receives('603'), 'also when nothing else is left of it');
  });
});

t.test('an adopted dialog is a leg of the other call: its signals, and the words to it', async (t) => {
  const house = await openHouse(t);
  const alice = await house.phone(t, '101');
  const { leg } = await house.answers(alice);
  house.signaling.adopt(CALLER, ELSEWHERE);
  house.signaling.forget(CALLER);
  alice.inDialog(leg, 'REFER', '', REFER('sip:103@127.0.0.1'));
  await house.hears('refer', 'callee');
  t.equal(house.signaling.answerRefer(CALLER, 202), false);
  t.equal(house.signaling.answerRefer(ELSEWHERE, 202), true);
  alice.respond(await alice.receives('NOTIFY'), 200);
  house.signaling.reinvite(ELSEWHERE, 'v=0\r\n');
  alice.respond(await alice.receives('INVITE'), 488);
  await house.hears('reinvite-refused', 'callee');
  alice.inDialog(leg, 'BYE');
  await house.hears('bye', 'callee');
});

t.test('keys are pressed by NOTIFY on phones that know them; other phones get nothing', async (t) => {
  const house = await openHouse(t);
  const [alice, bob] = [await house.phone(t, '101'), await house.phone(t, '102')];
  const { leg } = await house.answers(alice);
  await house.calls(bob, { 'Allow-Events': 'hold, talk' });
  t.equal(house.signaling.notifyKey(CALLER, 'hold'), false);
  t.equal(house.signaling.notifyKey(CALLEE, 'hold'), true);
  const notify = await bob.receives('NOTIFY');
  t.equal(notify.headers.get('event'), 'hold');
  t.match(notify.headers.get('subscription-state'), /^active/);
  bob.respond(notify, 200);
  t.equal(house.signaling.notifyKey(CALLEE, 'talk'), true);
  bob.respond(await bob.receives('NOTIFY', (one) => one.headers.get('event') === 'talk'), 200);
  t.notOk(alice.received.some((one) => one.what === 'NOTIFY'));

  alice.inDialog(leg, 'NOTIFY', '', { Event: 'keep-alive', 'Subscription-State': 'active' });
  t.ok(await alice.receives('200', (one) => /NOTIFY/.test(cseqOf(one))), 'a NOTIFY in a call does not end it');
  alice.inDialog({ ...leg, callId: 'gone' }, 'NOTIFY', '', { Event: 'x', 'Subscription-State': 'active' });
  t.ok(await alice.receives('481', (one) => /NOTIFY/.test(cseqOf(one))));
});
