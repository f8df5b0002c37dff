/** voipnow-events: Apps ask for events of an extension, and are told at their own URL. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import type { CallEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { appFixture } from '../../support/http-fixture.js';
import { until } from '../../support/until.js';

const PATH = '/uapi/extensions/12/0003*210/phoneCallEvents/';
const parties = { caller: '210', callee: '024' };
const callId = 'call1' as CallId;
const ringing: CallEvent = { kind: 'call.ringing', callId, parties, leg: 'callee' };
const answered: CallEvent = { kind: 'call.answered', callId, parties };
const ended: CallEvent = { kind: 'call.ended', callId, parties, cause: 'caller-hung-up', answered: true };

async function signedIn(t: Test) {
  const fixture = await appFixture(t, new FakeCalls(callView({ parties })));
  const token = await fixture.app.inject({
    method: 'POST',
    url: '/oauth/token.php',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: 'client_id=demo&client_secret=demo&grant_type=client_credentials',
  });
  const headers = { authorization: `Bearer ${token.json<{ access_token: string }>().access_token}` };
  const wish = (payload: object, url = PATH) => fixture.app.inject({ method: 'POST', url, headers, payload });
  return { ...fixture, headers, wish };
}

async function receiver(t: Test): Promise<{ url: string; notes: string[] }> {
  const notes: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      notes.push(`${request.method ?? ''} ${request.url ?? ''} ${body}`);
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/told?mine=1`, notes };
}

t.test('an App is told by GET and by POST, with the id that a list shows, until the last event of the call', async (t) => {
  const { bus, wish, app, headers } = await signedIn(t);
  const { url, notes } = await receiver(t);
  const listed = await app.inject({ url: '/uapi/phoneCalls/12/210', headers });
  const id = listed.json<{ entry: { id: string }[] }>().entry[0]?.id ?? '';
  for (const type of [1, 4]) t.equal((await wish({ type, method: 0, url })).statusCode, 200);
  t.equal((await wish({ type: '2', method: '1', url, note: 'n', status: '1' })).statusCode, 200);
  t.equal((await wish({ type: 2, url, status: 0 })).statusCode, 200, 'asked for, and not now');
  t.equal((await wish({ type: 0, url })).statusCode, 200, 'nobody calls 210');
  bus.publish({ ...ringing, leg: 'caller' });
  bus.publish(ringing);
  await until('the dial-out', () => notes.length === 1);
  bus.publish(answered);
  await until('the answer', () => notes.length === 2);
  bus.publish(ended);
  await until('the hang-up', () => notes.length === 3);
  const [dialOut = '', answer = '', hangUp = ''] = notes;
  const said = {
    CallID: id,
    CallerIDNum: '0003*210',
    CallerIDName: 'John Doe',
    CallerExtension: '0003*210',
    CalledNumber: '0003*024',
    CallStatus: 'CALLING',
    CallFlow: 'OUT',
  };
  const target = (note: string): string => note.split(' ')[1] ?? '';
  t.same(Object.fromEntries(new URL(target(dialOut), url).searchParams), { mine: '1', ...said });
  t.equal(new URL(target(answer), url).searchParams.get('CallStatus'), 'ANSWER');
  t.match(hangUp, /^POST \/told\?mine=1 CallID=/);
  t.same(Object.fromEntries(new URLSearchParams(hangUp.split(' ')[2])), { ...said, CallStatus: 'ANSWER' });
});

t.test('the called extension hears of a dial-in', async (t) => {
  const { bus, wish } = await signedIn(t);
  const { url, notes } = await receiver(t);
  await wish({ type: 0, url }, '/uapi/extensions/@me/@self/phoneCallEvents');
  bus.publish(ringing);
  await until('the dial-in', () => notes.length === 1);
  t.match(notes[0], /CalledDID=024&CalledExtension=0003\*024&CallStatus=CALLING&CallFlow=IN/);
});

t.test('to an extension at which it rings no longer it is a hang-up', async (t) => {
  const { bus, wish } = await signedIn(t);
  const { url, notes } = await receiver(t);
  await wish({ type: 2, url }, '/uapi/extensions/@me/024/phoneCallEvents');
  const { callId } = ringing;
  bus.publish({ kind: 'call.forwarded', callId, parties: { caller: '210', callee: '211' }, from: '024', to: '211' });
  await until('the hang-up', () => notes.length === 1);
  t.match(notes[0], /CalledDID=024&CalledExtension=0003\*024&CallStatus=UNKNOWN&CallFlow=IN/);
});

t.test('what was asked for is listed, and asked for no longer', async (t) => {
  const { wish, app, headers } = await signedIn(t);
  const [added] = (await wish({ type: 2, url: 'http://127.0.0.1:1/x', note: 'mine' })).json<{ id: string }[]>();
  const list = async () => (await app.inject({ url: PATH, headers })).json<{ entry: object[] }>().entry;
  const shown = { id: '1', extension: '0003*210', type: 2, method: 0, url: 'http://127.0.0.1:1/x', note: 'mine', status: 1 };
  t.same(await list(), [shown]);
  t.match((await app.inject({ url: `${PATH}1`, headers })).json(), { ...shown, entry: [shown] });
  t.equal((await app.inject({ method: 'DELETE', url: `${PATH}${added?.id ?? ''}`, headers })).statusCode, 200);
  t.same(await list(), []);
  t.equal((await app.inject({ method: 'DELETE', url: `${PATH}1`, headers })).statusCode, 400);
});

t.test('a wish that cannot be is refused by the name of its field', async (t) => {
  const { wish } = await signedIn(t);
  const url = 'http://127.0.0.1:1/';
  for (const body of [
    {},
    { type: 5, url },
    { type: 1 },
    { type: 1, url: 'ftp://x' },
    { type: 1, url: 'http://a:b@x/' },
    { type: 1, url, method: 2 },
  ]) {
    const answer = await wish(body);
    t.equal(answer.statusCode, 400, JSON.stringify(body));
    t.match(answer.json(), { error: { code: 'pc_parameter_invalid', message: /type|url|method/ } });
  }
});
