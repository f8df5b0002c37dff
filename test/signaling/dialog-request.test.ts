import t from 'tap';
import { askInDialog, type FinalAnswer, type OpenDialog } from '#signaling/dialog-request.js';
import { DialogSession } from '#signaling/dialog-session.js';
import { EngineLoss } from '#signaling/engine-loss.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeSrf } from '../support/fake-srf.js';

const LOGIN = { username: 'we', password: 'secret' };
const CHALLENGE = { 'WWW-Authenticate': 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"' };

function open(credentials?: typeof LOGIN) {
  const srf = new FakeSrf();
  const clock = new FakeClock();
  const session = new DialogSession({ sessionSeconds: 600, minSessionSeconds: 90 });
  const onUpdate = (): void => undefined;
  const dialog: OpenDialog = { srf: srf.asSrf(), clock, dialogId: 'd', session, credentials, onUpdate };
  const answers: FinalAnswer[] = [];
  const ask = (method: 'INVITE' | 'UPDATE' | 'OPTIONS' | 'BYE'): void =>
    askInDialog(dialog, { method, headers: () => session.asks }, (answer) => void answers.push(answer));
  return { srf, clock, ask, answers };
}

t.test(
  'a phone that says nothing is given 32 seconds; what comes later is not heard, but a 2xx to an INVITE is acknowledged',
  async (t) => {
    const { srf, clock, ask, answers } = open();
    ask('INVITE');
    srf.last.answer(180);
    clock.advance(31_999);
    t.same(answers, []);
    clock.advance(1);
    t.match(answers, [{ status: 408 }]);
    srf.last.answer(200);
    t.equal(answers.length, 1);
    t.equal(srf.last.acks(), 1);
    t.same(clock.pending(), []);
  },
);

t.test('a provisional answer is none, a final one ends the wait', async (t) => {
  const { srf, clock, ask, answers } = open();
  ask('UPDATE');
  srf.last.answer(183);
  t.same(answers, []);
  srf.last.answer(491);
  t.match(answers, [{ status: 491, reason: 'reason 491' }]);
  t.same(clock.pending(), []);
  t.equal(srf.last.acks(), 0, 'only a 2xx to an INVITE is acknowledged by us');
});

t.test('a 422 and a challenge each cost one more try, and no more', async (t) => {
  const { srf, ask, answers } = open(LOGIN);
  ask('UPDATE');
  srf.last.answer(422, { 'Min-SE': '700' });
  t.equal(srf.last.options.headers?.['Session-Expires'], '700');
  srf.last.answer(401, CHALLENGE);
  t.match(srf.last.options.headers, { 'Session-Expires': '700', Authorization: /response=/ });
  t.equal(srf.sent.length, 3);
  srf.last.answer(401, CHALLENGE);
  t.equal(srf.sent.length, 3);
  t.match(answers, [{ status: 401 }]);
});

t.test('a 422 that asks for nothing new, and a challenge nobody can answer, are refusals', async (t) => {
  for (const [status, headers] of [
    [422, { 'Min-SE': '90' }],
    [422, {}],
    [401, CHALLENGE],
    [407, {}],
  ] as const) {
    const { srf, ask, answers } = open();
    ask('INVITE');
    srf.last.answer(status, headers);
    t.equal(srf.sent.length, 1);
    t.match(answers, [{ status }]);
  }
});

t.test('what cannot be sent is answered in our own words', async (t) => {
  for (const [code, status] of [
    ['ENODIALOG', 481],
    ['EDRACHTIO', 503],
    [undefined, 500],
  ] as const) {
    const { srf, clock, ask, answers } = open();
    srf.refuses = Object.assign(new Error('no'), { code });
    ask('OPTIONS');
    t.same(answers, [{ status, reason: 'no' }]);
    t.same(clock.pending(), []);
  }
});

t.test('in the moment when the connection has gone and nobody has been told, no phone has refused anything', async (t) => {
  const gone = Object.assign(new Error('provided socket has been destroyed'), { code: 'ESOCKETDESTROYED' });
  for (const how of [(srf: FakeSrf) => (srf.refuses = gone), (srf: FakeSrf) => (srf.connected = false)]) {
    const { srf, clock, ask, answers } = open();
    const loss = EngineLoss.of(srf.asSrf());
    how(srf);
    ask('INVITE');
    ask('OPTIONS');
    ask('BYE');
    t.same(answers, [], 'a refusal of the INVITE would be one of the hold');
    loss.lose();
    t.match(answers, [{ status: 500, reason: 'the SIP engine is gone' }], 'the probe');
    t.same(clock.pending(), []);
    Object.assign(srf, { refuses: undefined, connected: true });
    loss.find();
    t.same(
      srf.sent.map(({ options }) => options.method),
      ['BYE'],
    );
  }
  const { srf, clock, ask, answers } = open();
  srf.connected = false;
  ask('INVITE');
  clock.advance(32_000);
  t.match(answers, [{ status: 408 }], 'the wait has an end, whatever is told');
});

t.test('a BYE keeps no timer of its own', async (t) => {
  const { srf, clock, ask, answers } = open();
  ask('BYE');
  t.same(clock.pending(), []);
  srf.last.answer(200);
  t.match(answers, [{ status: 200 }]);
});

t.test('when the engine is lost, a probe says so, a BYE is said again, and an offer is left to who plans the call', async (t) => {
  const { srf, clock, ask, answers } = open();
  const loss = EngineLoss.of(srf.asSrf());
  ask('BYE');
  ask('INVITE');
  ask('OPTIONS');
  loss.lose();
  loss.lose();
  t.match(answers, [{ status: 500, reason: 'the SIP engine is gone' }]);
  t.equal(answers.length, 1);
  t.same(clock.pending(), [], 'nobody runs into a deadline');
  ask('UPDATE');
  ask('BYE');
  t.equal(srf.sent.length, 3, 'nothing is sent while it is gone');
  t.equal(loss.find(), true);
  t.same(
    srf.sent.slice(3).map(({ options }) => options.method),
    ['BYE', 'BYE'],
  );
  srf.last.answer(200);
  t.match(answers[1], { status: 200 });
  t.equal(loss.find(), false, 'it was not lost again');
});
