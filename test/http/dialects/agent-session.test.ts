/** agent: who is signed in, until when, by which Guid, and how events are waited for. Time is moved by the test. */
import { setImmediate as turn } from 'node:timers/promises';
import type { HTTPMethods } from 'fastify';
import t from 'tap';
import { LOGIN_LIMITS } from '#http/login-guard.js';
import { agentFixture, AGENTS, ROOT } from '../../support/agent-fixture.js';

t.test('the Guid of the session, with or without its prefix, and no cookie, opens an agent', async (t) => {
  const { signIn, ask, guids } = await agentFixture(t);
  t.match((await signIn('101')).headers, {
    'set-guid': /^JSESSIONID=[0-9a-f-]{36}\.AgentGateway0$/,
    'set-cookie': /^JSESSIONID=[0-9a-f-]{36}\.AgentGateway0; .*HttpOnly/,
  });
  await signIn('102');
  const guid = guids.get('101') ?? '';
  const retcode = async (headers: Record<string, string>) =>
    (await ask('GET', '/calldata/101/callinfo', undefined, headers)).body.retcode;
  t.equal(await retcode({ guid }), '0');
  t.equal(await retcode({ Guid: `JSESSIONID=${guid}` }), '0');
  t.equal(await retcode({ guid: '' }), '100-006', 'missing');
  t.equal(await retcode({ guid: '', cookie: `JSESSIONID=${guid}` }), '100-006', 'a cookie is no credential');
  t.equal(await retcode({ guid: guids.get('102') ?? '' }), '000-003', 'that of another agent');
  t.equal(await retcode({ guid: `${guid}x` }), '000-003');
  const before = guid;
  const renewed = await ask('PUT', '/onlineagent/101/updateGuid');
  t.equal(await retcode({ guid: before }), '000-003', 'the old one is good no more');
  t.equal(await retcode({ guid: (renewed.body.result as { guid: string }).guid }), '0');
});

t.test('wrong passwords and wrong Guids cost time, more with each; right ones, and none, do not', async (t) => {
  const { signIn, ask, clock } = await agentFixture(t, {}, undefined, { loginLimits: LOGIN_LIMITS });
  t.equal((await signIn('101')).body.retcode, '0');
  const waits = async (asked: Promise<unknown>): Promise<number> => {
    let answered = false;
    void asked.then(() => (answered = true));
    for (let ms = 0; ; ms += 50) {
      for (let more = 0; more < 5; more++) await turn();
      if (answered || ms > 20_000) return ms;
      clock.advance(50);
    }
  };
  const wrong = () => waits(ask('PUT', '/onlineagent/101/forcelogin', { password: 'guess', phonenum: '101' }));
  const [first, second, third] = [await wrong(), await wrong(), await wrong()];
  t.ok(first > 0 && second > first && third > second, `${first} ${second} ${third} ms`);
  t.ok((await waits(ask('GET', '/calldata/101/callinfo', undefined, { guid: 'x' }))) > 0, 'another Guid');
  t.equal(await waits(ask('GET', '/calldata/101/callinfo', undefined, { guid: '' })), 0, 'none');
  t.equal(await waits(ask('GET', '/calldata/101/callinfo')), 0, 'the right one');
});

t.test('signing in twice, by force, and out', async (t) => {
  const { signIn, ask, guids, house } = await agentFixture(t);
  await signIn('101');
  const first = guids.get('101') ?? '';
  t.equal((await signIn('101')).body.retcode, '100-002');
  const call = house.talks('a', '0301234', '101');
  house.held(call, 'callee-api');
  t.equal((await signIn('101', {}, '/forcelogin')).body.retcode, '0');
  t.equal((await ask('GET', '/calldata/101/callinfo', undefined, { guid: first })).body.retcode, '000-003');
  t.equal(((await ask('GET', '/calldata/101/holdlist')).body.result as unknown[]).length, 1, 'its held call is still held');
  t.equal((await ask('DELETE', '/onlineagent/101/logout')).body.retcode, '100-010');
  t.equal((await ask('DELETE', '/onlineagent/101/forcelogout')).body.retcode, '0');
  t.equal((await ask('DELETE', '/onlineagent/101/logout')).body.retcode, '100-008');
  t.equal((await ask('POST', '/voicecall/101/gethold')).body.retcode, '100-006');
  t.equal((await signIn('291', { phonenum: '104' })).body.retcode, '0', 'any phone, where agents.yaml names none');
  t.equal((await signIn('101')).body.retcode, '0');
});

t.test('an agent that is taken out of the configuration is signed out, and one that is new signs in', async (t) => {
  const { signIn, ask, reads } = await agentFixture(t);
  await signIn('101');
  await signIn('102');
  reads([...AGENTS.agents.filter(({ agent }) => agent === '102'), { agent: '103', password: 'demo-103' }]);
  const retcode = async (agent: string): Promise<string> => (await ask('GET', `/calldata/${agent}/callinfo`)).body.retcode;
  t.same([await retcode('101'), await retcode('102')], ['100-006', '0']);
  t.equal((await signIn('103')).body.retcode, '0');
  t.not((await signIn('101')).body.retcode, '0');
});

t.test('calls that are up already are on the desk of who signs in', async (t) => {
  const { signIn, ask, house, types } = await agentFixture(t);
  house.held(house.talks('a', '101', '103'), 'caller-phone');
  house.talks('b', '0301234', '101');
  house.rings('c', '0305555', '101');
  await signIn('101');
  t.same(await types(), ['AgentOther_InService', 'AgentState_Busy']);
  t.match((await ask('GET', '/calldata/101/holdlist')).body.result, [{ caller: '101', called: '103', callfeature: 6 }]);
  t.match((await ask('GET', '/calldata/101/callinfo')).body.result, { caller: '0301234', callfeature: 0 });
  t.match((await ask('GET', '/calldata/101/callinfobeforeanswer')).body.result, { caller: '0305555' });
});

t.test('a poll is answered at once when there is an event, else when one comes, else after ten seconds', async (t) => {
  const { signIn, ask, house, clock } = await agentFixture(t);
  await signIn('101');
  t.equal((await ask('GET', '/agentevent/101')).body.event?.eventType, 'AgentOther_InService');
  t.equal((await ask('GET', '/agentevent/101')).body.event?.eventType, 'AgentState_Ready');
  const waiting = ask('GET', '/agentevent/101');
  await turn();
  house.rings('a', '0301234', '101');
  t.equal((await waiting).body.event?.eventType, 'AgentOther_PhoneAlerting');
  t.equal((await ask('GET', '/agentevent/101')).body.event?.eventType, 'AgentEvent_Ringing');
  const none = ask('GET', '/agentevent/101');
  await turn();
  clock.advance(9_999);
  t.ok(clock.pending().includes('agent poll'), 'it still waits');
  clock.advance(1);
  t.same((await none).body, { message: '', retcode: '0', event: null });
});

t.test('a second poll takes the place of the first, and signing out ends it', async (t) => {
  const { signIn, ask, told } = await agentFixture(t);
  await signIn('101');
  await told();
  const first = ask('GET', '/agentevent/101');
  await turn();
  const second = ask('GET', '/agentevent/101');
  t.equal((await first).body.retcode, '000-001');
  await ask('DELETE', '/onlineagent/101/logout');
  t.equal((await second).body.retcode, '100-006');
});

t.test('who polls and stops is signed out after two minutes', async (t) => {
  const { signIn, ask, told, clock } = await agentFixture(t);
  await signIn('101');
  await told();
  clock.advance(119_999);
  t.equal((await ask('GET', '/calldata/101/callinfo')).body.retcode, '0', 'not yet');
  clock.advance(1);
  t.equal((await ask('GET', '/calldata/101/callinfo')).body.retcode, '100-006', 'other requests are no sign of life');
  t.equal((await signIn('101')).body.retcode, '0', 'and may sign in again');
  t.same(
    clock.pending().filter((name) => name.startsWith('agent 101')),
    ['agent 101 without a poll'],
  );
});

t.test('a heartbeat counts as a poll', async (t) => {
  const { signIn, ask, told, clock } = await agentFixture(t);
  await signIn('101');
  await told();
  for (let minute = 0; minute < 5; minute++) {
    clock.advance(60_000);
    t.equal((await ask('POST', '/onlineagent/101/heartbeat')).body.retcode, '0');
  }
});

t.test('who was never seen to poll stays as long as it asks for anything within the grace', async (t) => {
  const { signIn, ask, clock } = await agentFixture(t, { graceSeconds: 3600 });
  await signIn('101');
  for (let hour = 0; hour < 3; hour++) {
    clock.advance(3_599_000);
    t.equal((await ask('GET', '/calldata/101/callinfo')).body.retcode, '0');
  }
  clock.advance(3_600_000);
  t.equal((await ask('GET', '/calldata/101/callinfo')).body.retcode, '100-006');
});

t.test('in dynamic authentication every poll renews the Guid, and the last one is good until the next', async (t) => {
  const { signIn, ask, guids } = await agentFixture(t, { authMode: 2 });
  await signIn('101');
  const poll = async (guid: string) => {
    const answer = await ask('GET', '/agentevent/101', undefined, { guid });
    return { retcode: answer.body.retcode, guid: answer.setGuid.replace('JSESSIONID=', '') };
  };
  const first = guids.get('101') ?? '';
  const second = await poll(first);
  t.not(second.guid, first);
  t.equal((await ask('GET', '/calldata/101/callinfo', undefined, { guid: first })).body.retcode, '0', 'a request that crossed');
  t.equal((await poll(second.guid)).retcode, '0');
  t.equal((await ask('GET', '/calldata/101/callinfo', undefined, { guid: first })).body.retcode, '000-003');
});

t.test('an interface that is called again before it was answered says so', async (t) => {
  const { signIn, ask, house, calls } = await agentFixture(t);
  await signIn('101');
  house.talks('a', '0301234', '101');
  let answer: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (answer = resolve));
  const fast = calls.execute.bind(calls);
  calls.execute = async (command) => {
    await slow;
    return fast(command);
  };
  const first = ask('POST', '/voicecall/101/hold');
  await turn();
  t.equal((await ask('POST', '/voicecall/101/hold')).body.retcode, '000-007');
  answer();
  t.equal((await first).body.retcode, '0');
  t.equal((await ask('POST', '/voicecall/101/hold')).body.retcode, '0', 'and then it may be called again');
});

t.test("a call that is over before its callout was answered is nobody's", async (t) => {
  const { signIn, ask, calls, bus } = await agentFixture(t);
  await signIn('101');
  const slow = calls.execute.bind(calls);
  calls.execute = async (command) => {
    const outcome = await slow(command);
    if (outcome.kind === 'call.accepted') {
      const { id: callId, parties } = outcome.call;
      bus.publish({ kind: 'call.ended', callId, parties, cause: 'refused', status: 503, answered: false });
    }
    return outcome;
  };
  t.equal((await ask('PUT', '/voicecall/101/callout', { called: '103' })).body.retcode, '0');
  t.same((await ask('GET', '/calldata/101/allcallid')).body.result, []);
  t.equal((await ask('PUT', '/voicecall/101/callout', { called: '103' })).body.retcode, '0', 'and the next is no second one');
});

t.test('states are told, and wait for the end of a call', async (t) => {
  const { signIn, ask, types, house } = await agentFixture(t);
  await signIn('101', { status: 3, autoenteridle: 'false' });
  const state = async () => ((await ask('GET', '/onlineagent/101/agentstatus')).body.result as { agentState: number }).agentState;
  const says = async (path: string) => t.equal((await ask('POST', `/onlineagent/101/${path}`)).body.retcode, '0', path);
  t.equal(await state(), 3);
  for (const path of [
    'cancelbusy',
    'saybusy?reason=201&prolong=false',
    'sayfree',
    'work',
    'cancelwork',
    'rest/600/0',
    'cancelrest',
  ])
    await says(path);
  t.same(await types(), [
    'AgentOther_InService',
    'AgentState_SetNotReady_Success',
    'AgentState_CancelNotReady_Success',
    'AgentState_SetNotReady_Success',
    'AgentState_Ready',
    'AgentState_SetWork_Success',
    'AgentState_CancelWork_Success',
    'AgentState_SetRest_Success',
    'AgentState_CancelRest_Success',
  ]);
  const call = house.talks('a', '0301234', '101');
  t.equal(await state(), 7);
  house.ends(call, 'caller-hung-up');
  t.equal((await types()).at(-1), 'AgentState_Work', 'it has work to finish');
  t.equal(await state(), 5);
  await says('autoenteridle/true');
  await says('cancelwork');
  house.ends(house.talks('b', '0301234', '101'), 'callee-hung-up');
  t.same((await types()).slice(-4), [
    'AgentEvent_Call_Release',
    'AgentEvent_Customer_Release',
    'AgentOther_PhoneRelease',
    'AgentState_Ready',
  ]);
});

t.test('what is below the root and no route is refused in the same words, before its body is read', async (t) => {
  const { app } = await agentFixture(t);
  const ask = async (method: HTTPMethods, url: string) =>
    app.inject({ method, url, headers: { 'content-type': 'text/plain' }, payload: 'x' });
  for (const [method, url, status, allow] of [
    ['GET', '/agentgateway', 404],
    ['GET', '/agentgateway/', 404],
    ['POST', `${ROOT}/nothing`, 404],
    ['PATCH', `${ROOT}/voicecall/101/nothing`, 404],
    ['PUT', `${ROOT}/voicecall/101/hold`, 405, 'POST'],
    ['GET', `${ROOT}/voicecall/101/connecthold/1-1`, 405, 'POST'],
    ['PATCH', `${ROOT}/voicecall/101/release`, 405, 'DELETE, POST'],
    ['POST', `${ROOT}/onlineagent/101`, 405, 'PUT'],
    ['OPTIONS', `${ROOT}/agentevent/101`, 405, 'GET'],
    ['POST', `${ROOT}/voicecall/%ff/hold`, 200],
  ] as const) {
    const answer = await ask(method, url);
    t.equal(answer.statusCode, status, `${method} ${url}`);
    t.match(answer.json(), { retcode: status === 200 ? '000-006' : '000-002', result: {} });
    t.equal(answer.headers.allow, allow);
  }
});

t.test('switched off there is nothing', async (t) => {
  const { app } = await agentFixture(t, { enabled: false });
  t.equal((await app.inject({ method: 'PUT', url: `${ROOT}/onlineagent/101` })).statusCode, 401);
});
