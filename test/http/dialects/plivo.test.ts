/** plivo: the seed's own requests and answers, what their clients of all ages send, and every refusal. */
import { readdirSync, readFileSync } from 'node:fs';
import type { InjectOptions } from 'fastify';
import t, { type Test } from 'tap';
import type { CallView, Command } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { buildApp } from '#http/app.js';
import type { PhlosConfig } from '#kit/config.js';
import { Busy, MediaFailed } from '#kit/errors.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { DEMO_PHLOS, fixture, serverFixture } from '../../support/http-fixture.js';

type Golden = Readonly<{
  from: string;
  method: 'GET' | 'POST';
  url: string;
  contentType?: string;
  body?: string;
  command?: Command;
  status: number;
  response: Readonly<Record<string, string>>;
}>;

const FOLDER = new URL('./plivo/', import.meta.url);
const goldens = readdirSync(FOLDER).map(
  (file) => [file, JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Golden] as const,
);

const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });
const DEMO = basic('demo:demo-token');
const NODE = '/v1/phlo/demo-phlo/multi_party_call/demo-node';
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const talking = callView();
const phone = { number: '101', name: '', password: 'x' };

async function house(t: Test, calls: FakeCalls, plivo: Partial<PhlosConfig> = {}) {
  const parts = fixture(calls);
  const phones = ['101', '102', '103'].map((number) => ({ ...phone, number }));
  const config = {
    ...parts.deps.config,
    accounts: { ...parts.deps.config.accounts, phones },
    plivo: { ...DEMO_PHLOS, ...plivo },
  } as typeof parts.deps.config;
  const http = await buildApp({ ...parts.deps, config });
  t.teardown(() => http.stop());
  const post = (url: string, payload: object) => http.app.inject({ method: 'POST', url, payload, headers: DEMO });
  return { ...http, ...parts, post, act: (member: string, action: string) => post(`${NODE}/members/${member}`, { action }) };
}

/** A PHLO with this one node. */
const withNode = (node: object): Partial<PhlosConfig> => ({
  phlos: [{ id: 'demo-phlo', createdOn: DEMO_PHLOS.phlos[0]?.createdOn ?? '', nodes: [{ id: 'demo-node', ...node }] }],
});

t.test('the printed requests give the printed answers', async (t) => {
  t.ok(goldens.length >= 13, 'the golden pairs were found');
  for (const [file, golden] of goldens) {
    const { app, calls } = await house(t, new FakeCalls(talking));
    const headers = { ...DEMO, ...(golden.contentType === undefined ? {} : { 'content-type': golden.contentType }) };
    const body = golden.body === undefined ? {} : { payload: golden.body };
    const url = new URL(golden.url).pathname;
    const answer = await app.inject({ method: golden.method, url, headers, ...body });
    t.equal(answer.statusCode, golden.status, `${file}: ${answer.body}`);
    t.match(answer.headers['content-type'], /^application\/json/, file);
    const found: Record<string, string> = answer.json();
    const ids = Object.entries(golden.response).filter(([, value]) => value === '{uuid}');
    for (const [key] of ids) t.match(found[key], UUID, `${file}: ${key}`);
    const shown = Object.entries(found).map(([key, value]) => [key, UUID.test(value) ? '{uuid}' : value]);
    t.same(Object.fromEntries(shown), golden.response, `${file}, from ${golden.from}`);
    if (golden.command === undefined) t.same(calls.asked, [], file);
    else t.same(calls.last, golden.command, file);
  }
});

t.test('every answer has an api_id of its own', async (t) => {
  const { act } = await house(t, new FakeCalls(talking));
  const ids = [await act('102', 'hold'), await act('102', 'hold'), await act('109', 'hold')].map(
    (answer) => answer.json<{ api_id: string }>().api_id,
  );
  t.equal(new Set(ids).size, 3);
});

t.test('a member is found by number or SIP address, however it is spelled, and the newest call wins', async (t) => {
  const number = { caller: '+36301234567', callee: '102' };
  const older = callView({ id: 'older' as CallId, createdAt: '2026-11-21T09:00:00.000Z', parties: number });
  const newer = callView({ id: 'newer' as CallId, parties: { caller: 'bob@pbx.local', callee: '102' } });
  const ended = callView({ id: 'ended' as CallId, state: 'ended', createdAt: '2026-11-21T11:00:00.000Z' });
  const { calls, act } = await house(t, new FakeCalls(newer, older, ended));
  for (const [member, id, holder] of [
    ['+36301234567', 'older', 'caller'],
    ['36301234567', 'older', 'caller'],
    ['%2B36301234567', 'older', 'caller'],
    ['sip:bob@pbx.local', 'newer', 'caller'],
    ['sip:bob@PBX.local:5060;transport=tcp', 'newer', 'caller'],
    ['sip%3Abob%40pbx.local', 'newer', 'caller'],
    ['sips:bob@other.example', 'newer', 'caller'],
    ['bob', 'newer', 'caller'],
    ['102', 'newer', 'callee'],
    ['sip:102@pbx.local/', 'newer', 'callee'],
  ] as const) {
    t.equal((await act(member, 'hold')).statusCode, 201, member);
    t.match(calls.last, { kind: 'call.hold', callId: id, holder }, member);
  }
  for (const member of ['101', 'BOB', 'bobby', 'sip:@pbx.local', '%20'])
    t.equal((await act(member, 'hold')).statusCode, 404, member);
});

t.test('a call that rings does not hide the one that talks', async (t) => {
  const waiting = callView({ id: 'waiting' as CallId, state: 'ringing', createdAt: '2026-11-21T11:00:00.000Z' });
  const { calls, act } = await house(t, new FakeCalls(waiting, callView({ state: 'held' })));
  t.equal((await act('102', 'unhold')).statusCode, 201);
  t.match(calls.last, { callId: 'call1' });
});

t.test('the same user at two hosts: the whole address counts first', async (t) => {
  const far = callView({
    id: 'far' as CallId,
    createdAt: '2026-11-21T09:00:00.000Z',
    parties: { caller: 'bob@far', callee: '102' },
  });
  const near = callView({ id: 'near' as CallId, parties: { caller: 'bob@near', callee: '103' } });
  const { calls, act } = await house(t, new FakeCalls(far, near));
  await act('sip:bob@far', 'hold');
  t.match(calls.last, { callId: 'far' });
  await act('sip:bob@elsewhere', 'hold');
  t.match(calls.last, { callId: 'near' }, 'by the user part, the newest');
});

t.test('each member hears the music of its own role, in both senses of hold', async (t) => {
  const node = withNode({ agentHoldMusic: 'office', customerHoldMusic: 'pop' });
  const outside = callView({ parties: { caller: '+3630', callee: '102' } });
  const inside = callView();
  const outbound = callView({ parties: { caller: '102', callee: '+3630' } });
  const rows: readonly (readonly [string, CallView, string, 'holder' | 'held', string, string])[] = [
    ['the agent holds: the customer hears its music', outside, '102', 'holder', 'callee', 'pop'],
    ['the customer holds: the agent hears its music', outside, '3630', 'holder', 'caller', 'office'],
    ['who calls one of our phones is a customer', inside, '102', 'holder', 'callee', 'pop'],
    ['and the one who is called an agent', inside, '101', 'holder', 'caller', 'office'],
    ['our phone calls somebody: it is the agent', outbound, '102', 'holder', 'caller', 'pop'],
    ['held: the member itself hears its music', outside, '102', 'held', 'caller', 'office'],
    ['held: and so does the customer', outside, '3630', 'held', 'callee', 'pop'],
  ];
  for (const [why, call, member, holdSense, holder, music] of rows) {
    const { calls, act } = await house(t, new FakeCalls(call), { ...node, holdSense });
    await act(member, 'hold');
    const deaf = holdSense === 'holder' ? { deaf: true } : {};
    t.same(calls.last, { kind: 'call.hold', callId: 'call1', holder, atOnce: true, music: { music }, ...deaf }, why);
    await act(member, 'unhold');
    t.same(calls.last, { kind: 'call.resume', callId: 'call1', holder, atOnce: true }, why);
  }
});

t.test('a node may name its agents, and the numbers whose calls it takes', async (t) => {
  const node = { agents: ['+36301'], numbers: ['+36301'], agentHoldMusic: 'office', customerHoldMusic: 'pop' };
  const mine = callView({ parties: { caller: '102', callee: '36301' } });
  const other = callView({ id: 'other' as CallId, createdAt: '2026-11-21T11:00:00.000Z' });
  const { calls, act } = await house(t, new FakeCalls(mine, other), withNode(node));
  await act('102', 'hold');
  t.match(calls.last, { callId: 'call1', holder: 'caller', music: { music: 'office' } });
  t.equal((await act('101', 'hold')).statusCode, 404, 'its call belongs to no node');
});

t.test('what three members, muting and consulting need is asked for, and answered 501 as long as it is not there', async (t) => {
  const { calls, act, post } = await house(t, new FakeCalls(talking), withNode({ voicemail: 'goodbye' }));
  const member = async (action: string, command: object) => {
    const answer = await act('102', action);
    t.equal(answer.statusCode, 501, action);
    t.same(calls.last, command, action);
    t.ok(answer.json<Record<string, string>>().error, action);
  };
  const callId = 'call1';
  await member('mute', { kind: 'call.mute', callId, party: 'callee', muted: true });
  await member('unmute', { kind: 'call.mute', callId, party: 'callee', muted: false });
  await member('resume_call', { kind: 'consult.cancel', callId, holder: 'callee' });
  await member('abort_transfer', { kind: 'consult.cancel', callId, holder: 'callee' });
  await member('voicemail_drop', { kind: 'call.play', callId, to: 'callee', what: { prompt: 'goodbye' }, hangUpAfter: true });
  const node = async (body: object, command: object) => {
    t.equal((await post(NODE, body)).statusCode, 501, JSON.stringify(body));
    t.same(calls.last, command, JSON.stringify(body));
  };
  await node(
    { action: 'warm_transfer', to: '103', trigger_source: '101', role: 'customer' },
    { kind: 'call.consult', callId, holder: 'caller', to: { number: '103' }, othersHear: 'music' },
  );
  await node(
    { action: 'call', to: '103', trigger_source: 'sip:101@pbx.local', role: 'agent' },
    { kind: 'call.join', callId, as: 'member', party: 'caller', to: { number: '103' }, othersHear: 'music' },
  );
  await node({ action: 'abort_transfer' }, { kind: 'consult.cancel', callId, holder: 'callee' });
});

t.test('a transfer that names nobody is started by the agent of the newest call', async (t) => {
  const { calls, post } = await house(t, new FakeCalls(callView({ parties: { caller: '102', callee: '+3630' } })));
  t.equal((await post(NODE, { action: 'cold_transfer', to: 103 })).statusCode, 201);
  t.same(calls.last, { kind: 'call.transfer', callId: 'call1', leaving: 'caller', to: { number: '103' } });
});

t.test('all participants are held one by one, each by the other, so that each can be taken back alone', async (t) => {
  const ringing = callView({ id: 'ringing' as CallId, state: 'ringing' });
  const { calls, post } = await house(t, new FakeCalls(talking, ringing), withNode({ name: 'Sales' }));
  const all = '/v1/Account/demo/MultiPartyCall/name_Sales/Participant/all/';
  const answer = await post(all, { hold: true });
  t.equal(answer.statusCode, 202, answer.body);
  t.equal(answer.json<Record<string, string>>().hold, 'MPC: Sales hold member(s) succeeded');
  t.same(
    calls.asked.slice(1).map((command) => command.kind === 'call.hold' && [command.callId, command.holder]),
    [
      ['call1', 'callee'],
      ['call1', 'caller'],
    ],
  );
  t.equal((await post(all, { coach_mode: true })).statusCode, 400);
  const before = calls.asked.length;
  t.equal((await post(all, { hold: 'true', mute: 'false' })).statusCode, 501, 'muting is not there');
  t.same(
    calls.asked.slice(before).map(({ kind }) => kind),
    ['call.list', 'call.mute'],
    'and nobody was held on the way',
  );
});

type Row = readonly [why: string, ask: InjectOptions, status: number, error: RegExp];
const post = (url: string, payload: object | string, headers: object = {}): InjectOptions => ({
  method: 'POST',
  url,
  payload,
  headers: { ...DEMO, ...headers },
});
const member = (payload: object | string, headers: object = {}) => post(`${NODE}/members/102`, payload, headers);
const MPC = '/v1/Account/demo/MultiPartyCall';
const JSON_TYPE = { 'content-type': 'application/json' };
const MULTIPART = { 'content-type': 'multipart/form-data; boundary=b' };

const ROWS: readonly Row[] = [
  ['no credentials', { method: 'POST', url: `${NODE}/members/102`, payload: { action: 'hold' } }, 401, /user name/],
  ['a wrong token', member({ action: 'hold' }, basic('demo:wrong')), 401, /credentials/],
  ['credentials of our own API', member({ action: 'hold' }, basic('HTTP_User_1:qwe123')), 401, /credentials/],
  ['a token of our own API', member({ action: 'hold' }, { authorization: 'Bearer demo-token' }), 401, /credentials/],
  ['a stranger at a path that is not there', { url: '/v1/nowhere' }, 401, /user name/],
  ['an action nobody knows', member({ action: 'dance' }), 400, /^action: expected one of hold, unhold/],
  ['no action', member({}), 400, /^action/],
  ['an action that is no word', member({ action: { hold: 1 } }), 400, /^action/],
  ['a list for a body', member([]), 400, /^body/],
  ['null for a body', member('null', JSON_TYPE), 400, /^body/],
  ['broken JSON', member('{"action":', JSON_TYPE), 400, /not JSON/],
  [
    'multipart without an end',
    member('--b\r\nContent-Disposition: form-data; name="action"\r\n\r\nhold', MULTIPART),
    400,
    /no end/,
  ],
  ['multipart without a name', member('--b\r\n\r\nhold\r\n--b--', MULTIPART), 400, /no name/],
  [
    'a file',
    member('--b\r\nContent-Disposition: form-data; name="action"; filename="x"\r\n\r\nhold\r\n--b--', MULTIPART),
    400,
    /files/,
  ],
  ['multipart without a boundary', member('hold', { 'content-type': 'multipart/form-data' }), 400, /boundary/],
  ['a body of another kind', member('<hold/>', { 'content-type': 'application/xml' }), 400, /application\/xml/],
  ['a body that is too large', member({ action: 'x'.repeat(70_000) }), 400, /longer/],
  ['an unknown PHLO', post('/v1/phlo/nope/multi_party_call/demo-node/members/102', { action: 'hold' }), 404, /no PHLO nope/],
  ['an unknown node', post('/v1/phlo/demo-phlo/multi_party_call/nope/members/102', { action: 'hold' }), 404, /node nope/],
  ['an unknown member', post(`${NODE}/members/109`, { action: 'hold' }), 404, /no live member 109/],
  ['an unknown PHLO, looked at', { url: '/v1/phlo/nope/', headers: DEMO }, 404, /no PHLO/],
  ['a member who still rings', post(`${NODE}/members/104`, { action: 'hold' }), 400, /answered/],
  ['a transfer to nobody', post(NODE, { action: 'cold_transfer' }), 400, /^to is missing/],
  ['a transfer to no number', post(NODE, { action: 'cold_transfer', to: 'a b' }), 400, /^to: expected/],
  ['a role nobody plays', post(NODE, { action: 'cold_transfer', to: '103', role: 'king' }), 400, /^role/],
  ['a transfer by a stranger', post(NODE, { action: 'cold_transfer', to: '103', trigger_source: '109' }), 404, /member 109/],
  ['a call from nobody', post(NODE, { action: 'call', to: '103' }), 400, /trigger_source is missing/],
  ['a call to a number nobody has', post(NODE, { action: 'call', to: '999', trigger_source: '103' }), 400, /nobody has/],
  ['a call to a phone that is away', post(NODE, { action: 'call', to: '888', trigger_source: '103' }), 400, /registered/],
  ['a member action on the node', post(NODE, { action: 'hold' }), 400, /^action: expected one of call/],
  ['a run without numbers', post('/v1/account/demo/phlo/demo-phlo', {}), 400, /^from is missing/],
  ['a run of somebody else', post('/v1/account/other/phlo/demo-phlo', { from: '101', to: '102' }), 401, /another/],
  ['a voicemail that is not configured', member({ action: 'voicemail_drop' }), 501, /voicemail/],
  ['a method that is not there', { method: 'DELETE', url: NODE, headers: DEMO }, 405, /GET, POST/],
  ['a member looked at', { url: `${NODE}/members/102`, headers: DEMO }, 405, /POST/],
  ['a path that is not there', { url: '/v1/nowhere', headers: DEMO }, 404, /nothing/],
  ['a slash too many', { url: '/v1/phlo//demo-phlo', headers: DEMO }, 404, /nothing/],
  ['an unknown MPC', post(`${MPC}/name_nope/Participant/102`, { hold: true }), 404, /MultiPartyCall/],
  ['an MPC of no call', post(`${MPC}/uuid_nope/Participant/102`, { hold: true }), 404, /MultiPartyCall/],
  ['an MPC without prefix', post(`${MPC}/demo-node/Participant/102`, { hold: true }), 404, /MultiPartyCall/],
  ['an unknown participant', post(`${MPC}/name_demo-node/Participant/109`, { hold: true }), 404, /member 109/],
  [
    'a participant of another account',
    post('/v1/Account/x/MultiPartyCall/name_demo-node/Participant/102', { hold: true }),
    401,
    /another/,
  ],
  ['no wish', post(`${MPC}/name_demo-node/Participant/102`, {}), 400, /hold or mute/],
  ['a wish that is neither', post(`${MPC}/name_demo-node/Participant/102`, { hold: 'maybe' }), 400, /^hold: expected/],
  ['coaching', post(`${MPC}/name_demo-node/Participant/102`, { coach_mode: true }), 501, /coach_mode/],
];

t.test('every refusal has its status, an api_id and the reason in error, and nothing is done', async (t) => {
  const ringing = callView({ id: 'ringing' as CallId, state: 'ringing', parties: { caller: '104', callee: '105' } });
  for (const [why, ask, status, error] of ROWS) {
    const { app } = await house(t, new FakeCalls(talking, ringing));
    const answer = await app.inject(ask);
    t.equal(answer.statusCode, status, `${why}: ${answer.body}`);
    const body: Record<string, string> = answer.json();
    t.same(Object.keys(body), ['api_id', 'error'], why);
    t.match(body['api_id'], UUID, why);
    t.match(body['error'], error, why);
    t.equal('www-authenticate' in answer.headers, status === 401, why);
    if (status === 405) t.ok(answer.headers['allow'], why);
  }
});

t.test('a full house, a failed media server and a fault of ours are 5xx, and tell nothing of the fault', async (t) => {
  const { calls, act } = await house(t, new FakeCalls(talking));
  for (const [failure, status] of [
    [new Busy('full', 5), 503],
    [new MediaFailed('no'), 502],
    [new RangeError('a bug in plivo.ts'), 500],
  ] as const) {
    calls.failure = failure;
    const answer = await act('102', 'hold');
    t.equal(answer.statusCode, status);
    t.notMatch(answer.body, /bug|plivo\.ts/);
  }
});

t.test('whatever is sent, the answer is a refusal in the words of the dialect, and never a fault', async (t) => {
  const { app, calls } = await house(t, new FakeCalls(talking));
  const words = [
    'hold\u0000',
    '',
    ' ',
    '%',
    '__proto__',
    'constructor',
    '../..',
    '\u{1f4a9}',
    'a'.repeat(5000),
    '<script>',
    ';',
    '@',
    ':',
    '?',
  ];
  const asks: InjectOptions[] = words.flatMap((word) => {
    const one = encodeURIComponent(word);
    const values = [word, [word], { [word]: word }, null, 1e308, true];
    return [
      ...values.map((value) => member({ action: value, [word]: value })),
      ...values.map((to) => post(NODE, { action: 'cold_transfer', to: typeof to === 'number' ? [to] : to, trigger_source: to })),
      post(`${NODE}/members/${one}`, { action: 'hold' }),
      post(`/v1/phlo/${one}/multi_party_call/${one}/members/${one}`, { action: 'hold' }),
      post(`${MPC}/${one}/Participant/${one}`, { hold: true }),
      post(`${MPC}/name_${one}/Participant/${one}`, { hold: word }),
      member(word, JSON_TYPE),
      member(word, { 'content-type': 'application/x-www-form-urlencoded' }),
      member(word, MULTIPART),
      member(`--b\r\n${word}\r\n\r\n${word}\r\n--b--`, MULTIPART),
      { url: `/v1/${one}`, headers: DEMO },
    ];
  });
  for (const ask of asks) {
    const answer = await app.inject(ask);
    const shown = JSON.stringify(ask).slice(0, 200);
    t.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${answer.statusCode} for ${shown}`);
    t.notMatch(answer.body, /node_modules|\.ts:|\.js:/, shown);
  }
  t.same(
    calls.asked.filter(({ kind }) => kind !== 'call.list'),
    [],
    'nothing was done',
  );
});

t.test('switched off, nothing answers at /v1 but the house itself', async (t) => {
  const { act } = await house(t, new FakeCalls(talking), { enabled: false });
  t.match((await act('102', 'hold')).headers['content-type'], /problem/);
});

t.test('a multipart body on GET, as plivo-node 4.12.0 sends it, is passed over, and the connection lives on', async (t) => {
  const { url } = await serverFixture(t, new FakeCalls(talking));
  const { request, Agent } = await import('node:http');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.teardown(() => agent.destroy());
  const get = () =>
    new Promise<number>((resolve, reject) => {
      const body = '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n';
      const headers = { ...DEMO, ...MULTIPART, 'content-length': body.length };
      const asked = request(`${url}/v1/phlo/demo-phlo/?x=1`, { agent, headers }, (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode ?? 0));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  t.equal(await get(), 200);
  t.equal(await get(), 200);
});
