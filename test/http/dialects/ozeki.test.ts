/** ozeki: the seeds' own requests and answers, and every code of the table. */
import { readdirSync, readFileSync } from 'node:fs';
import type { InjectOptions } from 'fastify';
import t from 'tap';
import type { CallView, Command } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { Busy, MediaFailed } from '#kit/errors.js';
import { callView, FakeCalls, holdProof } from '../../support/fake-calls.js';
import { appFixture } from '../../support/http-fixture.js';

type Golden = Readonly<{ from: string; request: string; command: Command; response: string }>;

const FOLDER = new URL('./ozeki/', import.meta.url);
const goldens = readdirSync(FOLDER).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Golden] as const,
);

/** The seeds print everything on one line; white space between elements says nothing in XML. */
const oneLine = (xml: string): string => xml.replace(/>\s+</g, '> <').trim();
const code = (xml: string): string => /<Code>(\d+)<\/Code>/.exec(xml)?.[1] ?? 'none';
const message = (xml: string): string => /<Message>(.*)<\/Message>/.exec(xml)?.[1] ?? 'none';
const LOGIN = 'Username=HTTP_User_1&Password=qwe123';

const talking = callView({ id: 'Nt3uh' as CallId });
const ringing: CallView = {
  ...callView({ id: 'ringing' as CallId, state: 'ringing', parties: { caller: '103', callee: '101' } }),
  createdAt: new Date(1_700_000_000_000 - 1000).toISOString(),
  ringingAt: new Date(1_700_000_000_000 - 749).toISOString(),
  answeredAt: undefined,
};

const wireIdOf = (xml: string): string => /<CallId>([^<]*)<\/CallId>/.exec(xml)?.[1] ?? '';

t.test('the printed requests give the printed answers, letter for letter', async (t) => {
  t.ok(goldens.length >= 6, 'the golden pairs were found');
  for (const [file, golden] of goldens) {
    const { app, calls } = await appFixture(t, new FakeCalls(golden.command.kind === 'call.list' ? ringing : talking));
    const { pathname, search } = new URL(golden.request);
    const answer = await app.inject({ url: `${pathname}${search}` });
    t.equal(answer.statusCode, 200, file);
    t.match(answer.headers['content-type'], /^application\/xml/, file);
    t.match(calls.last, golden.command, file);
    const start = new Date(ringing.createdAt);
    const expected = golden.response
      .replace('{id}', wireIdOf(answer.body))
      .replace('{start}', localTime(start))
      .replace('{offset-start}', `${localTime(start).replace(' ', 'T')}.000${offsetOf(start)}`);
    t.equal(oneLine(answer.body), expected, `${file}, from ${golden.from}`);
  }
});

const two = (value: number): string => String(value).padStart(2, '0');
function localTime(time: Date): string {
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
function offsetOf(time: Date): string {
  const east = -time.getTimezoneOffset();
  return `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}:${two(Math.abs(east) % 60)}`;
}

t.test('ids in the list are five or six letters and digits, stay the same, and name the call in the next command', async (t) => {
  const { app, calls, bus } = await appFixture(t, new FakeCalls(callView({ id: 'a-long-id-of-ours' as CallId })));
  const list = async () => wireIdOf((await app.inject({ url: `/api?command=ListActiveCalls&${LOGIN}` })).body);
  const id = await list();
  t.match(id, /^[0-9A-Za-z]{5,6}$/);
  t.equal(await list(), id);
  await app.inject({ url: `/api?command=Hold&CallId=${id}&${LOGIN}` });
  t.match(calls.last, { kind: 'call.hold', callId: 'a-long-id-of-ours' });
  const parties = { caller: '101', callee: '102' };
  const callId = 'a-long-id-of-ours' as CallId;
  calls.calls.clear();
  bus.publish({ kind: 'call.ended', callId, parties, cause: 'caller-hung-up', answered: true });
  t.equal(code((await app.inject({ url: `/api?command=Hold&CallId=${id}&${LOGIN}` })).body), '601', 'gone once it has ended');
});

t.test('no active calls is an empty list', async (t) => {
  const { app } = await appFixture(t);
  t.match((await app.inject({ url: `/api?command=ListActiveCalls&${LOGIN}` })).body, /<ActiveCalls \/>/);
});

t.test('every state of a call has their word for it', async (t) => {
  const states = { trying: 'Ringing', ringing: 'Ringing', 'in-call': 'InCall', held: 'Hold' } as const;
  for (const [state, word] of Object.entries(states)) {
    const { app } = await appFixture(t, new FakeCalls(callView({ state: state as CallView['state'] })));
    t.match((await app.inject({ url: `/api?command=ListActiveCalls&${LOGIN}` })).body, `<CallState>${word}</CallState>`);
  }
});

const form = (payload: string, url = '/api'): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
});

t.test('path, method and case do not matter, and the body wins over the query', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(talking));
  const asks: readonly InjectOptions[] = [
    { url: `/api?command=Hold&CallId=Nt3uh&${LOGIN}` },
    { url: `/api/?command=Hold&CallId=Nt3uh&${LOGIN}` },
    { url: `/?command=Hold&CallId=Nt3uh&${LOGIN}` },
    { url: `/?Command=hold&callid=Nt3uh&USERNAME=HTTP_User_1&password=qwe123` },
    form(`command=Hold&CallId=Nt3uh&${LOGIN}`),
    form(`command=Hold&CallId=Nt3uh&${LOGIN}`, '/api/'),
    form(`command=Hold&CallId=Nt3uh&${LOGIN}`, '/'),
    form(`CallId=Nt3uh&Password=qwe123`, '/?command=HOLD&CallId=nobody&Username=HTTP_User_1&Password=wrong'),
    { method: 'POST', url: `/api?command=Hold&CallId=Nt3uh&${LOGIN}` },
  ];
  for (const ask of asks) {
    const before = calls.asked.length;
    const answer = await app.inject(ask);
    t.equal(code(answer.body), '200', JSON.stringify(ask));
    t.same(calls.asked.slice(before), [{ kind: 'call.hold', callId: 'Nt3uh', holder: 'controller' }]);
  }
});

t.test('/ without a command is the front page', async (t) => {
  const { app } = await appFixture(t);
  t.match((await app.inject({ url: '/' })).body, /<h1>Holdfast/);
  t.match((await app.inject({ url: '/?hello=1' })).body, /<h1>Holdfast/);
});

t.test('a + that was not escaped still begins a number', async (t) => {
  const { app, calls } = await appFixture(t);
  await app.inject({ url: `/api?command=CallSetup&Caller=+36301234567&Callee=%2B36307654321&${LOGIN}` });
  t.match(calls.last, { caller: '+36301234567', callee: '+36307654321' });
});

t.test('Hold on a held call and Unhold on a talking one are done already', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(talking));
  calls.proof = holdProof({ changed: false });
  for (const command of ['Hold', 'Unhold'])
    t.equal(code((await app.inject({ url: `/api?command=${command}&CallId=Nt3uh&${LOGIN}` })).body), '200', command);
});

t.test('a hold that a phone refused, or has not answered yet, is a hold: nothing is rolled back', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(talking));
  const refused = { ...holdProof().callee, state: 'soft-held', status: 488 } as const;
  for (const proof of [holdProof({ callee: refused }), holdProof({ settled: false })]) {
    calls.proof = proof;
    t.equal(code((await app.inject({ url: `/api?command=Hold&CallId=Nt3uh&${LOGIN}` })).body), '200');
  }
  t.same(
    calls.asked.filter(({ kind }) => kind === 'call.resume'),
    [],
    'nobody resumed it',
  );
});

type Row = readonly [query: string, code: string, message: string];

const ROWS: readonly Row[] = [
  [`command=Dance&${LOGIN}`, '301', "Not implemented command: 'Dance'"],
  [`command=&${LOGIN}`, '301', "Not implemented command: ''"],
  [LOGIN, '301', "Not implemented command: ''"],
  [`command=Hold&${LOGIN}`, '302', "Missing or invalid parameter 'CallId' for command 'Hold'"],
  [`command=unhold&CallId=%20&${LOGIN}`, '302', "Missing or invalid parameter 'CallId' for command 'Unhold'"],
  [`command=CallSetup&Callee=102&${LOGIN}`, '302', "Missing or invalid parameter 'Caller' for command 'CallSetup'"],
  [`command=CallSetup&Caller=101&Callee=1%0A2&${LOGIN}`, '302', "Missing or invalid parameter 'Callee' for command 'CallSetup'"],
  [`command=Hold&CallId=ringing&${LOGIN}`, '303', "Command 'Hold' cannot be used here"],
  ['command=Hold&CallId=Nt3uh', '304', 'Authentication required'],
  ['command=Dance', '304', 'Authentication required'],
  ['command=Hold&CallId=Nt3uh&Username=HTTP_User_1&Password=x', '305', 'Authentication failed, bad username or password'],
  ['command=Hold&CallId=Nt3uh&Username=HTTP_User_1', '305', 'Authentication failed, bad username or password'],
  ['command=Hold&CallId=Nt3uh&Username=nobody&Password=qwe123', '305', 'Authentication failed, bad username or password'],
  [`command=CallSetup&Caller=101&Callee=999&${LOGIN}`, '402', "Call connect to '999' failed with result state 'NotFound'"],
  [`command=CallSetup&Caller=888&Callee=102&${LOGIN}`, '402', "Call connect to '888' failed with result state 'Error'"],
  [`command=Hangup&CallId=g67th7&${LOGIN}`, '601', "Call not found with ID 'g67th7'"],
  [`command=Hold&CallId=%3Cb%3E%26%00&${LOGIN}`, '601', "Call not found with ID '&lt;b&gt;&amp;\ufffd'"],
];

t.test('every refusal is HTTP 200 with its code and their words', async (t) => {
  const { app } = await appFixture(t, new FakeCalls(talking, { ...ringing, id: 'ringing' as CallId }));
  for (const [query, expected, words] of ROWS) {
    for (const ask of [{ url: `/api?${query}` }, form(query)]) {
      const answer = await app.inject(ask);
      t.equal(answer.statusCode, 200, query);
      t.equal(code(answer.body), expected, query);
      t.equal(message(answer.body), words, query);
    }
  }
});

t.test('what only HTTP can refuse is told in their way too', async (t) => {
  const { app, calls } = await appFixture(t);
  const large = await app.inject(form(`command=Hold&CallId=${'x'.repeat(1024 * 1024)}&${LOGIN}`));
  t.equal(large.statusCode, 200);
  t.equal(code(large.body), '300');
  const json = await app.inject({ method: 'POST', url: '/api', payload: { command: 'Hold' } });
  t.equal(code(json.body), '300');
  t.same(calls.asked, []);
});

t.test('a full house, a failed media server and a fault of ours have a code each', async (t) => {
  const { app, calls } = await appFixture(t, new FakeCalls(talking));
  const ask = async (query: string) => code((await app.inject({ url: `/api?${query}&${LOGIN}` })).body);
  calls.failure = new Busy('full', 5);
  t.equal(await ask('command=CallSetup&Caller=101&Callee=102'), '402');
  calls.failure = new MediaFailed('no');
  t.equal(await ask('command=Hold&CallId=Nt3uh'), '303');
  calls.failure = new RangeError('a bug');
  t.equal(await ask('command=Hold&CallId=Nt3uh'), '500');
});

t.test('passwords in the query never reach the log', async (t) => {
  const { app, calls, logged } = await appFixture(t, new FakeCalls(talking));
  await app.inject({ url: `/api?command=Hold&CallId=Nt3uh&${LOGIN}` });
  await app.inject({ url: `/api/nowhere?command=Hold&Password=qwe123` });
  calls.failure = new RangeError('a bug');
  await app.inject({ url: `/api?command=Hold&CallId=Nt3uh&${LOGIN}` });
  t.match(logged(), /"path":"\/api"/, 'the path is there');
  t.notMatch(logged(), /qwe123/);
});
