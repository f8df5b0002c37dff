import fc from 'fast-check';
import t from 'tap';
import { DialogSession } from '#signaling/dialog-session.js';
import { grant, readAsk } from '#signaling/session-timer.js';
import { incoming } from '../support/fake-srf.js';

const POLICY = { sessionSeconds: 600, minSessionSeconds: 90 };
const message = (headers: Readonly<Record<string, string>>) => incoming({ method: 'UPDATE', headers }).request;

t.test('a dialog remembers what was agreed, and asks for the same again', async (t) => {
  const session = new DialogSession(POLICY);
  t.same(session.asks, { 'Session-Expires': '600', 'Min-SE': '90' });
  t.same(session.agreed(message({ 'Session-Expires': '300;refresher=uas', Allow: 'INVITE, UPDATE' })), {
    intervalSec: 300,
    weRefresh: false,
    byUpdate: true,
  });
  t.equal(session.asks['Session-Expires'], '300;refresher=uas');
  t.same(session.agreed(message({})), { weRefresh: false, byUpdate: true }, 'without Allow the last one counts');
  t.equal(session.asks['Session-Expires'], '600', 'switched off; the next request asks for one anew');
  t.same(session.agreed(message({ Allow: 'INVITE' })), { weRefresh: false, byUpdate: false });
});

t.test('a phone that knows nothing of timers is refreshed again and again; one that does may switch them off', async (t) => {
  for (const [invite, terms] of [
    [{}, { intervalSec: 600, weRefresh: true, byUpdate: false }],
    [
      { Supported: 'timer', 'Session-Expires': '600;refresher=uas' },
      { weRefresh: false, byUpdate: false },
    ],
  ] as const) {
    const session = new DialogSession(POLICY);
    const granted = session.grant(message(invite));
    t.equal(granted.headers['Session-Expires'], '600;refresher=uas');
    if (granted.kind === 'granted') session.granted(granted.running);
    for (let refresh = 0; refresh < 3; refresh += 1) t.same(session.agreed(message({})), terms);
  }
  t.same(
    new DialogSession(POLICY).agreed(message({})),
    { weRefresh: false, byUpdate: false },
    'nothing was agreed with a called one',
  );
});

t.test('the largest Min-SE of the dialog is kept, whoever said it (RFC 4028 §7.4)', async (t) => {
  const session = new DialogSession(POLICY);
  session.grant(message({ Supported: 'timer', 'Session-Expires': '900', 'Min-SE': '700' }));
  t.same(session.asks, { 'Session-Expires': '700', 'Min-SE': '700' });
  t.notOk(session.raise(message({ 'Min-SE': '500' })));
  t.ok(session.raise(message({ 'Min-SE': '800' })));
  t.same(session.asks, { 'Session-Expires': '800', 'Min-SE': '800' });
});

t.test('nothing is agreed before our 2xx goes out', async (t) => {
  const session = new DialogSession(POLICY);
  const granted = session.grant(message({ Supported: 'timer', 'Session-Expires': '300;refresher=uac' }));
  t.equal(session.asks['Session-Expires'], '600');
  if (granted.kind === 'granted') session.granted(granted.running);
  t.equal(session.asks['Session-Expires'], '300;refresher=uas', 'from our side the phone is the server of the next one');
});

t.test(
  'whatever a phone asks for, what it gets is no longer than that, no shorter than anybody allows, and refreshed by one who can',
  async (t) => {
    const seconds = fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined });
    const refresher = fc.constantFrom('', ';refresher=uac', ';refresher=uas');
    const policy = fc.record({
      sessionSeconds: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 10_000 })),
      minSessionSeconds: fc.integer({ min: 90, max: 5000 }),
    });
    const law = fc.property(seconds, seconds, refresher, fc.boolean(), policy, (expires, minSe, who, supported, ours) => {
      const headers = {
        ...(expires === undefined ? {} : { 'Session-Expires': `${expires}${who}` }),
        ...(minSe === undefined ? {} : { 'Min-SE': String(minSe) }),
        ...(supported ? { Supported: 'timer' } : {}),
      };
      const given = grant(readAsk(message(headers)), ours);
      if (given.kind === 'too-short') return supported && expires !== undefined && expires < ours.minSessionSeconds;
      if (given.running === undefined) return given.headers['Session-Expires'] === undefined;
      const { intervalSec, weRefresh } = given.running;
      const notLonger = expires === undefined || intervalSec <= expires;
      const notShorter = intervalSec >= Math.min(expires ?? Infinity, Math.max(90, minSe ?? 90));
      const byOneWhoCan = weRefresh || (supported && given.headers['Require'] === 'timer');
      return notLonger && notShorter && byOneWhoCan && (expires === undefined || expires >= ours.minSessionSeconds);
    });
    t.doesNotThrow(() => fc.assert(law, { numRuns: 2000 }));
  },
);
