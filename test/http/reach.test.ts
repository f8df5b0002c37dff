/** reach: what the REST API reads, writes and refuses of calls that ring or wait, and of messages. */
import t from 'tap';
import { MessageRefused, NumberUnknown, WrongMoment } from '#kit/errors.js';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { appFixture, BEARER } from '../support/http-fixture.js';

const ringing = callView({ state: 'ringing' });

t.test('each path is one command', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(ringing));
  const callId = 'call1';
  const to = { number: '103' };
  const rows = [
    ['answer', undefined, { kind: 'call.answer', callId }],
    ['reject', {}, { kind: 'call.reject', callId, status: undefined }],
    ['reject', { status: 486 }, { kind: 'call.reject', callId, status: 486 }],
    ['forward', { to: '103' }, { kind: 'call.forward', callId, to }],
    ['pickup', { to: '103' }, { kind: 'call.pickup', callId, to }],
    ['retrieve', { to: '103' }, { kind: 'call.retrieve', callId, to }],
  ] as const;
  for (const [path, payload, command] of rows) {
    const answer = await app.inject({
      method: 'POST',
      url: `/calls/call1/${path}`,
      headers: BEARER,
      ...(payload === undefined ? {} : { payload }),
    });
    t.equal(answer.statusCode, 202, path);
    t.match(answer.json(), { callId });
    t.same(calls.last, command);
    if (path === 'retrieve') t.equal(answer.headers.location, '/calls/new');
  }
});

t.test('a message is one command, and says how it went', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls());
  const payload = { from: '101', to: '102', text: 'Grüße' };
  const send = () => app.inject({ method: 'POST', url: '/messages', headers: BEARER, payload });
  const answer = await send();
  t.equal(answer.statusCode, 202);
  t.same(answer.json(), { status: 202 });
  t.same(calls.last, { kind: 'message.send', ...payload });
  calls.failure = new MessageRefused('102', 486, 'Busy Here');
  const refused = await send();
  t.equal(refused.statusCode, 422);
  t.match(refused.json(), { code: 'message_refused', detail: '102 did not take the message: 486 Busy Here' });
});

t.test('what is wrong is named, and nothing is asked of the calls', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(ringing));
  const rows = [
    ['/calls/call1/forward', {}, 'to'],
    ['/calls/call1/forward', { to: 'a b' }, 'to'],
    ['/calls/call1/pickup', { to: '103', from: '1' }, 'from'],
    ['/calls/call1/reject', { status: 500 }, 'status'],
    ['/calls/call1/answer', { by: 'me' }, 'by'],
    ['/messages', { from: '101', to: '102' }, 'text'],
    ['/messages', { from: '101', to: '102', text: '' }, 'text'],
    ['/messages', { from: '<sip:x>', to: '102', text: 'x' }, 'from'],
  ] as const;
  for (const [url, payload, field] of rows) {
    const answer = await app.inject({ method: 'POST', url, headers: BEARER, payload });
    t.equal(answer.statusCode, 400, url);
    t.match(answer.json(), { code: 'bad_request', field }, `${url} ${JSON.stringify(payload)}`);
  }
  t.same(calls.asked, []);
});

t.test('refusals of the calls keep their codes', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(ringing));
  const rows = [
    [new WrongMoment('nobody rings', 'in-call'), 409, 'wrong_moment'],
    [new NumberUnknown('999'), 422, 'number_unknown'],
  ] as const;
  for (const [failure, status, code] of rows) {
    calls.failure = failure;
    const answer = await app.inject({ method: 'POST', url: '/calls/call1/forward', headers: BEARER, payload: { to: '999' } });
    t.equal(answer.statusCode, status);
    t.match(answer.json(), { code });
  }
});
