/** voipnow: the kinds of calls an App makes, what is answered where it rings, and what there is no route for. */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { JoinableCalls, signedIn } from '../../support/voipnow-fixture.js';

const parties = { caller: '210', callee: '024' };
const talking = callView({ parties });

t.test('a callback rings its source first, at the cost of an extension that must be said', async (t) => {
  const { ask, calls } = await signedIn(t, new FakeCalls());
  const view = { source: ['211'], destination: ['0003*024'], callerId: 'John Doe <4242425>' };
  const made = await ask('POST', '/@me/callback?waitForPickup=25', { extension: '0003*210', phoneCallView: [view], nonce: 'n' });
  t.equal(made.statusCode, 200);
  t.match(made.json(), [{ id: /^[0-9a-f]{20}$/, extension: '0003*210', nonce: 'n' }]);
  t.same(calls.last, { kind: 'call.setup', caller: '211', callee: '024' });
  const unsaid = await ask('POST', '/@me/callback', { phoneCallView: [view] });
  t.equal(unsaid.statusCode, 400);
  t.match(unsaid.json(), { error: { code: 'extension_invalid' } });
  t.match((await ask('POST', '/@me/callback', {})).json(), { error: { code: 'request_invalid' } });
  const late = await ask('POST', '/@me/callback?waitForPickup=x', { extension: '210', phoneCallView: [view] });
  t.match(late.json(), { error: { code: 'pc_parameter_invalid' } });
});

t.test('a number is invited into the call in which the source is, or into a conference by its id', async (t) => {
  const { ask, calls } = await signedIn(t, new JoinableCalls(talking));
  const view = { source: ['210'], destination: ['211'] };
  const joined = await ask('POST', '/@me/conferenceInvite', { extension: '210', phoneCallView: [view] });
  t.equal(joined.statusCode, 200);
  t.match(joined.json(), [{ phoneCallView: [{}, { extension: '0003*211' }] }]);
  t.same(calls.asked.at(-2), { kind: 'call.join', callId: 'call1', as: 'member', party: 'caller', to: { number: '211' } });
  const added = await ask('POST', '/@me/conferenceInvite?number=conf1&pin=2233', { extension: '210', phoneCallView: [view] });
  t.equal(added.statusCode, 200);
  t.same(calls.asked.at(-2), { kind: 'conference.add', conferenceId: 'conf1', member: { number: '211' } });
});

t.test("an invitation into nothing, or into what is somebody else's, is refused by its field", async (t) => {
  const foreign = callView({ id: 'foreign' as CallId, parties: { caller: '900', callee: '901' } });
  const { ask } = await signedIn(t, new JoinableCalls(foreign));
  const rows = [
    ['/@me/conferenceInvite', { source: '210', destination: '211' }, 'pc_number_invalid'],
    ['/@me/conferenceInvite', { source: '900', destination: '211' }, 'pc_number_invalid'],
    ['/@me/conferenceInvite?number=3', { source: '210', destination: '211' }, 'pc_parameter_invalid'],
    ['/@me/conferenceInvite', { source: '210' }, 'pc_number_invalid'],
  ] as const;
  for (const [path, view, code] of rows) {
    const answer = await ask('POST', path, { extension: '210', phoneCallView: [view] });
    t.equal(answer.statusCode, 400, path);
    t.match(answer.json(), { error: { code } }, `${path} ${JSON.stringify(view)}`);
  }
  const narrow = await signedIn(t, new JoinableCalls(foreign), 'narrow', 'narrow-secret');
  const hidden = await narrow.ask('POST', '/13/conferenceInvite?number=nobody', {
    extension: '210',
    phoneCallView: [{ source: '210', destination: '211' }],
  });
  t.match(hidden.json(), { error: { code: 'pc_parameter_invalid' } });
  const foreignPhone = await narrow.ask('POST', '/13/simple', {
    extension: '210',
    phoneCallView: [{ source: '211', destination: '024' }],
  });
  t.match(foreignPhone.json(), { error: { code: 'access_denied' } }, 'whose cost it is says nothing of whose phone rings');
});

t.test('what rings at the extension itself is answered, and at another is picked up', async (t) => {
  const { ask, calls } = await signedIn(t, new FakeCalls(callView({ parties, state: 'ringing' })));
  const pickUp = { action: 'PickUp', phoneCallViewId: '01' };
  t.equal((await ask('PUT', '/12/024/call1', pickUp)).statusCode, 202);
  t.same(calls.last, { kind: 'call.answer', callId: 'call1' });
  t.equal((await ask('PUT', '/12/024/call1', { ...pickUp, sendCallTo: '211' })).statusCode, 202);
  t.same(calls.last, { kind: 'call.pickup', callId: 'call1', to: { number: '211' } });
});

t.test("below /uapi there is no refusal but the dialect's own", async (t) => {
  const { app, headers } = await signedIn(t, new FakeCalls(talking));
  const rows = [
    ['GET', '/uapi/nothing', 404, undefined],
    ['POST', '/uapi/phoneCalls/12/210/call1/more', 404, undefined],
    ['GET', '/uapi/', 404, undefined],
    ['POST', '/uapi/phoneCalls/12/210/call1', 405, 'GET, PUT, DELETE'],
    ['PATCH', '/uapi/phoneCalls/12/210', 405, 'GET, PUT, DELETE, POST'],
    ['OPTIONS', '/uapi/phoneCalls/12/210', 405, 'GET, PUT, DELETE, POST'],
    ['PROPFIND', '/uapi/nothing', 404, undefined],
    ['TRACE', '/uapi', 404, undefined],
  ] as const;
  for (const [method, url, status, allow] of rows) {
    const answer = await app.inject({ method, url, headers });
    t.equal(answer.statusCode, status, `${method} ${url}`);
    t.match(answer.json(), { error: { code: 'request_invalid', message: /./ } }, `${method} ${url}`);
    t.equal(answer.headers.allow, allow, `${method} ${url}`);
    const stranger = await app.inject({ method, url });
    t.equal(stranger.statusCode, 401, 'strangers learn nothing of which paths exist');
    t.match(stranger.json(), { error: { code: 'unauthorized' } });
  }
});

t.test("bodies that cannot be read are refused in the dialect's own words", async (t) => {
  const { app, headers } = await signedIn(t, new FakeCalls(talking));
  const url = '/uapi/phoneCalls/12/210/call1';
  const sent = (type: string, payload: string) =>
    app.inject({ method: 'PUT', url, headers: { ...headers, 'content-type': type }, payload });
  const rows = [
    ['application/json', '{"action"', 400],
    ['text/plain', 'OnHold', 415],
    ['application/json', JSON.stringify({ action: 'x'.repeat(200_000) }), 413],
  ] as const;
  for (const [type, payload, status] of rows) {
    const answer = await sent(type, payload);
    t.equal(answer.statusCode, status, payload.slice(0, 20));
    t.match(answer.json(), { error: { code: 'request_invalid', message: /./ } });
  }
});
