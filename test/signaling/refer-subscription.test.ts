/**
 * Goal: whatever a phone answers or does not, what it hears of its REFER is in order, never two at a time, and ends. Method: a moved
 * clock and a dialog that the test answers.
 */
import t from 'tap';
import type { LegSignal } from '#calls/ports.js';
import type { CallId } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { ReferSubscription, type Notify } from '#signaling/refer-subscription.js';
import { Refers, type ReferLeg } from '#signaling/refers.js';
import type { Headers } from '#signaling/srf.js';
import { FakeClock } from '../support/fake-clock.js';
import { incoming } from '../support/fake-srf.js';

type Said = Readonly<{ headers: Headers; body: string; answered: (status: number) => void }>;

function dialog() {
  const said: Said[] = [];
  const notify: Notify = (headers, body, answered) => void said.push({ headers, body, answered });
  const words = (): string[] => said.map(({ headers, body }) => `${headers['Subscription-State']} ${body.trim()}`);
  return { said, notify, words };
}

function subscription() {
  const clock = new FakeClock();
  const { said, notify, words } = dialog();
  let over = 0;
  const one = new ReferSubscription('refer', clock, notify, () => (over += 1));
  one.begin();
  return { clock, said, words, one, over: () => over };
}

t.test('words wait for the answer to the one before; only the newest is said', (t) => {
  const { said, words, one, over, clock } = subscription();
  one.tell(180, 'Ringing');
  one.tell(183, 'Session\r\nProgress');
  one.tell(200, 'OK');
  one.tell(180, 'Ringing');
  t.same(words(), ['active;expires=300 SIP/2.0 100 Trying']);
  said[0]?.answered(200);
  t.same(words().slice(1), ['terminated;reason=noresource SIP/2.0 200 OK'], 'and nothing follows the last one');
  t.equal(over(), 0);
  said[1]?.answered(500);
  t.equal(over(), 1);
  t.same(clock.pending(), []);
  t.end();
});

t.test('a line break in a reason makes no second line', (t) => {
  const { said, one } = subscription();
  said[0]?.answered(200);
  one.tell(486, 'Busy\r\nInjected: yes');
  t.equal(said[1]?.body, 'SIP/2.0 486 Busy  Injected: yes\r\n');
  t.end();
});

for (const status of [481, 408])
  t.test(`${status} to a NOTIFY ends it`, (t) => {
    const { said, one, over, clock } = subscription();
    one.tell(180, 'Ringing');
    said[0]?.answered(status);
    one.tell(200, 'OK');
    t.equal(said.length, 1);
    t.equal(over(), 1);
    t.same(clock.pending(), []);
    t.end();
  });

t.test('any other refusal of a NOTIFY does not', (t) => {
  const { said, one, words } = subscription();
  said[0]?.answered(500);
  one.tell(200, 'OK');
  t.equal(words()[1], 'terminated;reason=noresource SIP/2.0 200 OK');
  t.end();
});

t.test('it has an end, which says what was last known; a refresh moves that end', (t) => {
  const { clock, said, words, one } = subscription();
  said[0]?.answered(200);
  one.tell(180, 'Ringing');
  said[1]?.answered(200);
  clock.advance(299_000);
  t.equal(one.extend(), 300);
  one.repeat();
  said[2]?.answered(200);
  clock.advance(299_000);
  t.same(words().slice(1), ['active;expires=300 SIP/2.0 180 Ringing', 'active;expires=300 SIP/2.0 180 Ringing']);
  clock.advance(1_000);
  t.equal(words()[3], 'terminated;reason=timeout SIP/2.0 180 Ringing');
  t.end();
});

const ID = { callId: 'call' as CallId, role: 'caller' } as const;

function house() {
  const clock = new FakeClock();
  const { said, notify, words } = dialog();
  const leg: ReferLeg = { id: ID, isOver: false, notify };
  const heard: LegSignal[] = [];
  const calls = { signal: (_leg: unknown, signal: LegSignal) => void heard.push(signal) };
  const refers = new Refers({ calls, clock, log: createLogger('silent'), find: () => ({ kind: 'unknown' }) });
  let cseq = 10;
  const refer = (more: Headers = {}) => {
    cseq += 1;
    const headers = { 'Refer-To': '<sip:103@x>', CSeq: `${cseq} REFER`, To: '<sip:102@x>;tag=1', ...more };
    const arrived = incoming({ method: 'REFER', uri: 'sip:x', headers });
    refers.onRefer(leg, arrived.request, arrived.response);
    return arrived.sent;
  };
  return { clock, said, words, leg, heard, refers, refer };
}

t.test('a BYE waits for the last word, but not for ever', (t) => {
  const { clock, said, leg, refers, refer } = house();
  const done: string[] = [];
  refers.afterLastWord(leg, () => done.push('no REFER, no waiting'));
  refer();
  refers.answer(leg, 202);
  refers.afterLastWord(leg, () => done.push('no last word is due'));
  refers.progress(leg, 200, 'OK');
  refers.afterLastWord(leg, () => done.push('bye'));
  refers.afterLastWord(leg, () => done.push('forget'));
  t.equal(done.length, 2);
  said[0]?.answered(200);
  t.equal(done.length, 2, 'it is on its way');
  said[1]?.answered(200);
  t.same(done.slice(2), ['bye', 'forget']);

  refer();
  refers.answer(leg, 202);
  refers.progress(leg, 200, 'OK');
  refers.afterLastWord(leg, () => done.push('late'));
  clock.advance(999);
  t.equal(done.length, 4);
  clock.advance(1);
  t.equal(done[4], 'late', 'a phone that answers no NOTIFY is hung up on');
  refers.end(leg);
  t.same(clock.pending(), []);
  t.end();
});

t.test('a leg that is forgotten answers what was open and says no more', (t) => {
  const { clock, said, leg, refers, refer } = house();
  refer();
  refers.answer(leg, 202);
  const sent = refer();
  refers.end(leg);
  t.match(sent, [{ status: 603 }]);
  t.equal(refers.answer(leg, 202), false);
  refers.progress(leg, 200, 'OK');
  said[0]?.answered(200);
  t.equal(said.length, 1);
  t.same(clock.pending(), []);
  t.end();
});

t.test('so many transfers at once are nobody’s wish', (t) => {
  const { leg, refers, refer, heard } = house();
  for (let count = 0; count < 8; count++) {
    refer();
    t.equal(refers.answer(leg, 202), true);
  }
  t.match(refer(), [{ status: 503 }]);
  t.equal(heard.length, 8);
  refers.end(leg);
  t.end();
});

t.test('Refer-To in its compact form; the escaped host decides whose dialog is meant', (t) => {
  const { refer, refers, leg, heard, words } = house();
  refer({ 'Refer-To': '', r: '"Carol" <sip:103@pbx?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>', b: '<sip:101@x>' });
  t.same(heard, [], 'an empty Refer-To is one that is not there');
  const headers = { CSeq: '20 REFER', To: '<sip:102@x>;tag=1', r: '<sip:103@pbx?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>' };
  const { request, response } = incoming({ method: 'REFER', uri: 'sip:x', headers: { ...headers, b: '<sip:101@x>' } });
  refers.onRefer(leg, request, response);
  t.match(heard, [{ kind: 'refer', refer: { to: '103', saysWho: true } }]);
  refers.answer(leg, 603);
  const ours = incoming({ method: 'REFER', uri: 'sip:x', headers: { ...headers, r: headers.r.replace('pbx', 'x') } });
  refers.onRefer(leg, ours.request, ours.response);
  t.match(ours.sent, [{ status: 202 }]);
  t.equal(heard.length, 1);
  t.equal(words().length, 1);
  refers.end(leg);
  t.end();
});
