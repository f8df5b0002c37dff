/** plivo: members of conferences, roles that are kept, and what each of them hears. */
import t, { type Test } from 'tap';
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { CallId } from '#core/leg.js';
import { buildApp } from '#http/app.js';
import { PlivoMemory } from '#http/dialects/plivo-memory.js';
import type { PhlosConfig } from '#kit/config.js';
import { callView, FakeCalls } from '../../support/fake-calls.js';
import { DEMO_PHLOS, fixture } from '../../support/http-fixture.js';

const DEMO = { authorization: `Basic ${Buffer.from('demo:demo-token').toString('base64')}` };
const NODE = '/v1/phlo/demo-phlo/multi_party_call/demo-node';
const ALL = '/v1/Account/demo/MultiPartyCall/name_demo-node/Participant/all';

/** A house in which everything is built. */
class BuiltCalls extends FakeCalls {
  override execute(command: Command): Promise<Outcome> {
    const known = new Set<string>(['call.list', 'call.hold', 'call.resume', 'call.hangup', 'call.setup', 'call.transfer']);
    if (known.has(command.kind)) return super.execute(command);
    this.asked.push(command);
    return Promise.resolve({
      kind: 'call.done',
      callId: command.kind !== 'history.find' && 'callId' in command ? command.callId : ('' as CallId),
    });
  }
}

async function house(t: Test, calls: FakeCalls, node: object = {}, plivo: Partial<PhlosConfig> = {}) {
  const parts = fixture(calls);
  const phones = ['101', '102', '103'].map((number) => ({ number, name: '', password: 'x' }));
  const phlos = [{ id: 'demo-phlo', createdOn: '', nodes: [{ id: 'demo-node', ...node }] }];
  const config = {
    ...parts.deps.config,
    accounts: { ...parts.deps.config.accounts, phones },
    plivo: { ...DEMO_PHLOS, phlos, ...plivo },
  } as typeof parts.deps.config;
  const http = await buildApp({ ...parts.deps, config });
  t.teardown(() => http.stop());
  const post = (url: string, payload: object) => http.app.inject({ method: 'POST', url, payload, headers: DEMO });
  /** What a request led to, without looking at the calls. */
  const leadsTo = async (url: string, payload: object): Promise<Command[]> => {
    const before = calls.asked.length;
    const answer = await post(url, payload);
    t.ok(answer.statusCode < 300, `${answer.statusCode} ${answer.body}`);
    return calls.asked.slice(before).filter(({ kind }) => kind !== 'call.list');
  };
  const act = (member: string, action: string) => leadsTo(`${NODE}/members/${member}`, { action });
  return { ...http, ...parts, post, leadsTo, act };
}

const memberCall = (id: string, number: string, more: Partial<CallView> = {}): CallView =>
  callView({
    id: id as CallId,
    origin: 'conference',
    conference: 'conf1',
    parties: { caller: 'conf1', callee: number },
    ...more,
  });
const three = (): BuiltCalls => new BuiltCalls(memberCall('m1', '+3630'), memberCall('m2', '102'), memberCall('m3', '103'));
const MUSIC = { agentHoldMusic: 'office', customerHoldMusic: 'pop' };

t.test('a member of a conference is its member call: held, muted, hung up by it', async (t) => {
  const { act } = await house(t, three(), MUSIC);
  t.same(await act('102', 'hold'), [{ kind: 'call.hold', callId: 'm2', holder: 'callee', atOnce: true, deaf: true }]);
  t.same(await act('sip:102@pbx.local', 'unhold'), [{ kind: 'call.resume', callId: 'm2', holder: 'callee', atOnce: true }]);
  t.same(await act('3630', 'mute'), [{ kind: 'call.mute', callId: 'm1', party: 'callee', muted: true }]);
  t.same(await act('3630', 'unmute'), [{ kind: 'call.mute', callId: 'm1', party: 'callee', muted: false }]);
  t.same(await act('103', 'hangup'), [{ kind: 'call.hangup', callId: 'm3' }]);
  t.same(await act('103', 'abort_transfer'), [{ kind: 'consult.cancel', callId: 'm3', holder: 'callee' }]);
});

t.test('the conference itself is nobody who could be named', async (t) => {
  const { post, calls } = await house(t, three());
  t.equal((await post(`${NODE}/members/conf1`, { action: 'hold' })).statusCode, 404);
  t.same(
    calls.asked.map(({ kind }) => kind),
    ['call.list'],
  );
});

t.test('held in the other sense, the member hears the music of its role', async (t) => {
  const { act } = await house(t, three(), MUSIC, { holdSense: 'held' });
  t.same(await act('102', 'hold'), [
    { kind: 'call.hold', callId: 'm2', holder: 'caller', atOnce: true, music: { music: 'office' } },
  ]);
  t.same(await act('3630', 'hold'), [
    { kind: 'call.hold', callId: 'm1', holder: 'caller', atOnce: true, music: { music: 'pop' } },
  ]);
});

t.test('all of a conference are its phones, each once, and what still rings is left alone', async (t) => {
  const calls = three();
  calls.calls.set('m4', memberCall('m4', '104', { state: 'ringing' }));
  const { leadsTo } = await house(t, calls, MUSIC);
  const done = await leadsTo(ALL, { hold: true, mute: true });
  t.same(
    done.map((command) => [command.kind, 'callId' in command && command.callId]),
    ['m3', 'm2', 'm1'].flatMap((id) => [
      ['call.mute', id],
      ['call.hold', id],
    ]),
  );
  for (const command of done) if (command.kind === 'call.hold') t.equal(command.holder, 'caller', 'in the name of the others');
});

t.test('a conference is found by its id, and so is each of its member calls', async (t) => {
  const { leadsTo } = await house(t, three());
  const of = (id: string) => `/v1/Account/demo/MultiPartyCall/uuid_${id}/Participant/102/`;
  t.match(await leadsTo(of('conf1'), { mute: true }), [{ callId: 'm2' }]);
  t.match(await leadsTo(of('m2'), { mute: true }), [{ callId: 'm2' }]);
});

t.test('where one member of a conference belongs to the node, all do', async (t) => {
  const calls = three();
  calls.calls.set('other', callView({ id: 'other' as CallId, parties: { caller: '101', callee: '104' } }));
  const { act, post } = await house(t, calls, { numbers: ['102'] });
  t.match(await act('3630', 'mute'), [{ callId: 'm1' }]);
  t.equal((await post(`${NODE}/members/101`, { action: 'mute' })).statusCode, 404);
});

t.test('a third member: who asks talks already, and each hears the music of its role while another holds', async (t) => {
  const two = callView({ parties: { caller: '+3630', callee: '102' } });
  const { leadsTo } = await house(t, new BuiltCalls(two), MUSIC);
  const join = { kind: 'call.join', callId: 'call1', as: 'member', party: 'callee', to: { number: '103' }, othersHear: 'music' };
  t.same(await leadsTo(NODE, { action: 'call', trigger_source: '102', to: '103', role: 'customer' }), [
    { ...join, music: { '+3630': 'pop', '102': 'office', '103': 'pop' } },
  ]);
});

t.test('and a fourth, asked for by a member of the conference', async (t) => {
  const { leadsTo } = await house(t, three(), MUSIC);
  const [join] = await leadsTo(NODE, { action: 'call', trigger_source: '103', to: '+3670', role: 'customer' });
  t.match(join, { kind: 'call.join', callId: 'm3', party: 'callee', to: { number: '+3670' } });
  t.same(join?.kind === 'call.join' && join.music, { '+3630': 'pop', '102': 'office', '103': 'office', '+3670': 'pop' });
});

t.test('without music of the node each hears what is due', async (t) => {
  const { leadsTo } = await house(t, three());
  const [join] = await leadsTo(NODE, { action: 'call', trigger_source: '103', to: '104' });
  t.notOk(join !== undefined && 'music' in join);
});

t.test('a cold transfer out of a conference: the target comes, and who transferred leaves', async (t) => {
  const { leadsTo } = await house(t, three());
  const done = await leadsTo(NODE, { action: 'cold_transfer', trigger_source: '102', to: '104' });
  t.match(done, [
    { kind: 'call.join', callId: 'm2', to: { number: '104' } },
    { kind: 'call.hangup', callId: 'm2' },
  ]);
});

t.test('who was added with a role keeps it until its call ends, through a conference and a transfer', async (t) => {
  const calls = new BuiltCalls(callView({ parties: { caller: '102', callee: '+3630' } }));
  const { leadsTo, act, bus } = await house(t, calls, MUSIC);
  await leadsTo(NODE, { action: 'cold_transfer', trigger_source: '102', to: 'sip:103@pbx.local', role: 'customer' });
  const parties = { caller: '+3630', callee: '103' };
  calls.calls.set('call2', callView({ id: 'call2' as CallId, createdAt: '2026-11-21T11:00:00.000Z', parties }));
  const heard = async (): Promise<unknown> => {
    const [hold] = await act('3630', 'hold');
    return hold?.kind === 'call.hold' ? hold.music : undefined;
  };
  t.same(await heard(), { music: 'pop' }, 'our phone 103 was added as a customer');
  const ends = (cause: 'conference' | 'transferred' | 'callee-hung-up'): void =>
    void bus.publish({ kind: 'call.ended', callId: 'call2' as CallId, parties, cause, answered: true });
  ends('conference');
  ends('transferred');
  t.same(await heard(), { music: 'pop' });
  ends('callee-hung-up');
  t.same(await heard(), { music: 'office' }, 'and is the agent it was again');
});

t.test('a transfer that is refused leaves no role behind', async (t) => {
  const { post, act, calls } = await house(t, new BuiltCalls(callView({ parties: { caller: '+3630', callee: '103' } })), MUSIC);
  const answer = await post(NODE, { action: 'call', trigger_source: '101', to: '999', role: 'agent' });
  t.equal(answer.statusCode, 400, answer.body);
  calls.calls.set(
    'n',
    callView({ id: 'n' as CallId, createdAt: '2026-11-21T11:00:00.000Z', parties: { caller: '999', callee: '102' } }),
  );
  const [hold] = await act('102', 'hold');
  t.match(hold, { music: { music: 'pop' } }, '999 is a customer');
});

t.test('roles are bounded: the oldest makes room', async (t) => {
  const memory = new PlivoMemory(2);
  for (const number of ['1', '2', '3']) memory.added(number, 'agent');
  memory.added('sip:2@pbx.local', 'customer');
  memory.added('4', 'agent');
  t.same(
    ['1', '2', '3', '4'].map((number) => memory.role(number)),
    [undefined, 'customer', undefined, 'agent'],
  );
});

t.test('whatever stands below the root, with any method, is refused in the words of the dialect', async (t) => {
  const { app } = await house(t, three());
  for (const [method, url, status] of [
    ['PATCH', `${NODE}/members/102`, 405],
    ['OPTIONS', `${NODE}/members/102`, 405],
    ['PUT', '/v1/Account/demo/MultiPartyCall/name_demo-node/Participant/102', 405],
    ['GET', '/v1/account/demo', 404],
    ['DELETE', '/v1/Account', 404],
    ['PATCH', '/v1', 404],
    ['GET', '/v1/', 404],
    ['POST', `${NODE}/members/%zz`, 400],
  ] as const) {
    const answer = await app.inject({ method, url, headers: DEMO });
    t.equal(answer.statusCode, status, `${method} ${url}`);
    t.same(Object.keys(answer.json<object>()), ['api_id', 'error'], `${method} ${url}`);
  }
  const head = await app.inject({ method: 'HEAD', url: `${NODE}/members/102`, headers: DEMO });
  t.equal(head.statusCode, 405);
  t.match((await app.inject({ method: 'GET', url: '/v1x', headers: DEMO })).headers['content-type'], /problem/);
});
