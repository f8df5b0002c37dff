import t from 'tap';
import { agreed, askHeaders, grant, raisedMinSec, readAsk, termsOf, type SessionPolicy } from '#signaling/session-timer.js';
import { incoming } from '../support/fake-srf.js';

const OURS: SessionPolicy = { sessionSeconds: 1800, minSessionSeconds: 120 };
const message = (headers: Readonly<Record<string, string>>) => incoming({ method: 'INVITE', headers }).request;
const asked = (headers: Readonly<Record<string, string>>, policy = OURS) => grant(readAsk(message(headers)), policy);

t.test('what a request asks for and what it gets (RFC 4028 §9, table 2)', async (t) => {
  const table: [ask: Record<string, string>, expires: string | undefined, require: string | undefined, why: string][] = [
    [{}, '1800;refresher=uas', undefined, 'no word of timers: the refreshing is ours, and nothing is required'],
    [{ Supported: 'timer' }, '1800;refresher=uac', 'timer', 'who can do it does it'],
    [{ Supported: '100rel, TIMER' }, '1800;refresher=uac', 'timer', 'option tags in any case'],
    [{ Supported: 'timer', 'Session-Expires': '600' }, '600;refresher=uac', 'timer', 'a shorter one is taken'],
    [{ Supported: 'timer', 'Session-Expires': '7200' }, '1800;refresher=uac', 'timer', 'a longer one is shortened'],
    [{ Supported: 'timer', 'Session-Expires': '600;refresher=uas' }, '600;refresher=uas', 'timer', 'theirs to say'],
    [{ Supported: 'timer', 'Session-Expires': '600 ; refresher=UAC;x=y' }, '600;refresher=uac', 'timer', 'spaces and more'],
    [{ 'Session-Expires': '600;refresher=uac' }, '600;refresher=uas', undefined, 'a phone that cannot does not'],
    [
      { Supported: 'timer', 'Session-Expires': '7200', 'Min-SE': '3600' },
      '3600;refresher=uac',
      'timer',
      'not below their Min-SE',
    ],
    [{ Supported: 'timer', 'Min-SE': '3600' }, '3600;refresher=uac', 'timer', 'nor when they named no interval'],
    [{ Supported: 'timer', x: '600;refresher=uas' }, '600;refresher=uas', 'timer', 'compact form'],
    [{ Require: 'timer', 'Session-Expires': '600' }, '600;refresher=uac', 'timer', 'who requires it supports it'],
    [{ Supported: 'timer', 'Session-Expires': 'soon' }, '1800;refresher=uac', 'timer', 'garbage is no wish'],
    [{ Supported: 'timer', 'Session-Expires': '99999999999' }, '1800;refresher=uac', 'timer', 'nor what no 32 bits hold'],
    [{ 'Session-Expires': '20' }, undefined, undefined, 'too short and no timer: a 422 would not be understood'],
  ];
  for (const [ask, expires, require, why] of table) {
    const given = asked(ask);
    t.equal(given.kind, 'granted', why);
    t.equal(given.headers['Session-Expires'], expires, why);
    t.equal(given.headers['Require'], require, why);
    const running = given.kind === 'granted' ? given.running : undefined;
    t.equal(running?.intervalSec, expires === undefined ? undefined : parseInt(expires, 10), why);
    t.equal(running?.weRefresh, expires?.endsWith('uas'), why);
  }
});

t.test('too short an interval is refused with what would do', async (t) => {
  t.same(asked({ Supported: 'timer', 'Session-Expires': '119' }), { kind: 'too-short', headers: { 'Min-SE': '120' } });
  t.equal(asked({ Supported: 'timer', 'Session-Expires': '120' }).kind, 'granted');
});

t.test('without a wish of our own, theirs is granted and none is invented', async (t) => {
  const none = { ...OURS, sessionSeconds: 0 };
  t.same(asked({ Supported: 'timer' }, none), { kind: 'granted', headers: {}, running: undefined });
  t.equal(asked({ Supported: 'timer', 'Session-Expires': '7200' }, none).headers['Session-Expires'], '7200;refresher=uac');
});

t.test('what our own requests ask for', async (t) => {
  t.same(askHeaders(OURS, 120, undefined), { 'Session-Expires': '1800', 'Min-SE': '120' }, 'who refreshes is left to the phone');
  t.same(askHeaders(OURS, 3600, undefined), { 'Session-Expires': '3600', 'Min-SE': '3600' }, 'after a 422');
  const running = { intervalSec: 600, weRefresh: true };
  t.same(askHeaders(OURS, 120, running)['Session-Expires'], '600;refresher=uac', 'RFC 4028 §7.4: as agreed');
  t.same(askHeaders(OURS, 120, { ...running, weRefresh: false })['Session-Expires'], '600;refresher=uas');
  t.same(askHeaders({ ...OURS, sessionSeconds: 0 }, 120, undefined), {}, 'no wish, no word');
  t.same(askHeaders({ ...OURS, sessionSeconds: 0 }, 120, running)['Session-Expires'], '600;refresher=uac', 'but theirs lasts');
});

t.test('what a 2xx agrees on', async (t) => {
  const of = (headers: Readonly<Record<string, string>>) => agreed(message(headers));
  t.same(of({ 'Session-Expires': '600;refresher=uas' }), { intervalSec: 600, weRefresh: false });
  t.same(of({ 'Session-Expires': '600;refresher=uac' }), { intervalSec: 600, weRefresh: true });
  t.same(of({ x: '600' }), { intervalSec: 600, weRefresh: true }, 'who says nothing leaves it to us');
  t.equal(of({}), undefined, 'RFC 4028 §7.2: it is switched off');
  t.equal(of({ 'Session-Expires': '0' }), undefined);
  t.same(termsOf(undefined, true), { weRefresh: false, byUpdate: true });
  t.same(termsOf({ intervalSec: 90, weRefresh: true }, false), { intervalSec: 90, weRefresh: true, byUpdate: false });
});

t.test('a 422 counts when it asks for more than we did', async (t) => {
  t.equal(raisedMinSec(message({ 'Min-SE': '3600' }), 120), 3600);
  t.equal(raisedMinSec(message({ 'Min-SE': '120' }), 120), undefined, 'no end of tries');
  t.equal(raisedMinSec(message({}), 120), undefined);
  t.equal(raisedMinSec(message({ 'Min-SE': 'later' }), 120), undefined);
});
