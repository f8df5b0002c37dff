/**
 * Goal: who hears whom in a conference, and what a call that has become one still answers to. Method: members without calls, a mixer that
 * writes down what it is told, and commands that write down what they are asked.
 */
import t from 'tap';
import type { CallId } from '#core/leg.js';
import { AbsorbedCalls, viewOfAbsorbed } from '#calls/absorbed-calls.js';
import { ConferenceAware } from '#calls/conference-aware.js';
import { ConferenceMember, type MemberFacts } from '#calls/conference-member.js';
import { Conference } from '#calls/conference.js';
import type { MixerPort } from '#calls/mixer-port.js';
import { callView, FakeCalls, NO_HOLD } from '../support/fake-calls.js';

function room(othersHear: 'conference' | 'music' = 'conference') {
  const said: string[] = [];
  const tell = (words: string): Promise<void> => (said.push(words), Promise.resolve());
  const mixer: MixerPort = {
    load: (name) => tell(`load ${name}`),
    create: (id) => tell(`create ${id}`),
    end: (id) => tell(`end ${id}`),
    join: (_id, member, { rtpFrom }) =>
      tell(`join ${member} ${rtpFrom?.port ?? ''}`.trim()).then(() => ({ address: '127.0.0.1', port: 4000 })),
    leave: (_id, member) => tell(`leave ${member}`),
    hold: (_id, member, options) => tell(`hold ${member} ${options.othersHear}`),
    resume: (_id, member) => tell(`resume ${member}`),
    hear: () => tell('hear'),
  };
  const conference = new Conference({
    id: 'room',
    mixer,
    createdMs: 0,
    isMuted: (callId) => callId === 'call-104',
    othersHear,
    music: {},
  });
  const add = async (number: string, more: Partial<MemberFacts> = {}): Promise<ConferenceMember> => {
    const facts: MemberFacts = { id: conference.nextName(), conferenceId: 'room', as: 'member', ...more };
    const deps = {
      mixer,
      othersHear: (one: ConferenceMember) => conference.othersHear(one),
      failed: () => said.push('failed'),
      changed: () => said.push('changed'),
      moved: () => said.push('moved'),
      gone: () => said.push('gone'),
    };
    const member = new ConferenceMember(number, facts, deps);
    member.callId = `call-${number}` as CallId;
    conference.add(member);
    await member.describe();
    return member;
  };
  return { conference, said, add };
}

const sdp = (port: number): string =>
  ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', `m=audio ${port} RTP/AVP 0`, ''].join('\r\n');

t.test('everybody hears everybody, a listener is heard by nobody and a whisperer by one', async (t) => {
  const { conference, add } = room();
  const agent = await add('101');
  await add('102');
  t.same(conference.rows(), { m1: { except: [] }, m2: { except: [] } });
  await add('103', { as: 'listener' });
  (await add('104', { as: 'whisperer' })).whispersTo = agent.facts.id;
  t.same(conference.rows(), {
    m1: { except: ['m3'] },
    m2: { except: ['m3', 'm4'] },
    m3: { except: ['m4'] },
    m4: { except: ['m3'] },
  });
  t.same(
    conference.view().members.map(({ muted }) => muted),
    [false, false, false, true],
  );
});

t.test('who waits apart hears nobody and is heard by nobody, and counts as held', async (t) => {
  const { conference, add } = room();
  const waiting = await add('101');
  await add('102');
  waiting.setApart(true);
  waiting.state = 'in';
  t.same(conference.rows(), { m1: { only: [] }, m2: { except: ['m1'] } });
  t.match(conference.view().members, [
    { number: '101', state: 'held' },
    { number: '102', state: 'ringing' },
  ]);
});

t.test('a conference is over with fewer than two who talk, whoever listens', async (t) => {
  const { conference, add } = room();
  const one = await add('101');
  const other = await add('102');
  await add('103', { as: 'listener' });
  t.notOk(conference.isOver);
  t.ok(conference.remove(one));
  t.notOk(conference.remove(one), 'once');
  t.ok(conference.isOver);
  t.equal(conference.ofNumber('102'), other);
  t.equal(conference.ofNumber('103'), undefined, 'who listens is no member by its number');
});

t.test('a member tells the mixer where its phone is, that it holds and that it goes', async (t) => {
  const { said, add } = room('music');
  const member = await add('101');
  await member.describe();
  t.same(said, ['join m1'], 'it joins once');
  member.heard(sdp(6000), 'sendrecv');
  member.heard(sdp(6000), 'inactive');
  member.heard(sdp(6000), 'sendonly');
  member.heard(sdp(7000), 'sendrecv');
  t.same(said.slice(1), [
    ...['join m1 6000', 'changed', 'join m1 6000', 'hold m1 music', 'changed', 'join m1 6000'],
    ...['join m1 7000', 'resume m1', 'changed'],
  ]);
  member.gone();
  member.hangUp();
  t.same(said.slice(-2), ['leave m1', 'gone'], 'once');
  const listener = await add('102', { as: 'listener' });
  listener.heard(sdp(6000), 'inactive');
  t.equal(said.at(-2), 'hold m2 conference', 'nobody hears music because of somebody who only listens');
});

t.test('who waits apart plays no music to those who talk about it; its own hold does, before and after', async (t) => {
  const { said, add } = room('music');
  const waiting = await add('101');
  waiting.heard(sdp(6000), 'sendrecv');
  waiting.setApart(true);
  waiting.heard(sdp(6000), 'recvonly');
  t.equal(said.at(-2), 'hold m1 conference');
  waiting.setApart(false, 'waited');
  waiting.heard(sdp(6000), 'sendrecv');
  t.equal(said.at(-2), 'resume m1', 'with no music before');

  waiting.heard(sdp(6000), 'inactive');
  t.equal(said.at(-2), 'hold m1 music');
  waiting.setApart(true);
  t.equal(said.at(-1), 'hold m1 conference');
  waiting.setApart(false, 'holds');
  t.equal(said.at(-1), 'hold m1 music');
});

t.test('a call that became a conference looks as its parties do', (t) => {
  const before = callView({
    id: 'a' as CallId,
    state: 'ended',
    endedAt: '2026-11-21T10:09:00.000Z',
    end: { cause: 'conference' },
  });
  const held = { ...NO_HOLD, reasons: ['callee-phone', 'caller-api'] as const, callee: { ...NO_HOLD.callee, held: true } };
  const view = viewOfAbsorbed(before, (role) => callView({ hold: role === 'caller' ? held : NO_HOLD }), 'room');
  t.match(view, { id: 'a', state: 'held', conference: 'room', parties: before.parties });
  t.notOk('end' in view || 'endedAt' in view);
  // What the phone of the caller does is the caller's; what the conference does to it is done in the name of the other.
  t.same(view.hold.reasons, ['caller-phone', 'callee-api']);
  t.notOk('muted' in view);
  const quiet = { muted: { caller: false, callee: true } };
  t.same(viewOfAbsorbed(before, (role) => callView(role === 'caller' ? quiet : {}), 'room').muted, {
    caller: true,
    callee: false,
  });
  t.ok(view.hold.caller.held);
  t.notOk(view.hold.callee.held);
  t.equal(viewOfAbsorbed(before, () => callView(), 'room').state, 'in-call');
  t.throws(() => viewOfAbsorbed(before, () => undefined, 'room'), { code: 'call_not_found' });
  t.end();
});

t.test('what is asked of it is asked of the member calls of its parties', async (t) => {
  const { conference, add } = room();
  const [caller, callee] = [await add('101'), await add('102')];
  const absorbed = new AbsorbedCalls();
  const a = 'a' as CallId;
  absorbed.add(a, { conference, parties: { caller: '101', callee: '102' }, caller, callee });
  const inner = new FakeCalls(
    callView({ id: caller.callId }),
    callView({ id: callee.callId }),
    callView({ id: 'plain' as CallId }),
  );
  const aware = new ConferenceAware(
    inner,
    { absorbed, muted: (id) => muted.push(id) },
    (id) => inner.calls.get(id) ?? callView({ id }),
  );
  const muted: string[] = [];
  const asked = (): unknown[] => inner.asked.splice(0);

  const held = await aware.execute({ kind: 'call.hold', callId: a, holder: 'caller' });
  t.match(held, { proof: { callId: a, callee: { held: false, sound: 'none', musicPackets: 0 } } });
  t.match(asked(), [{ kind: 'call.hold', callId: 'call-101', holder: 'callee' }]);
  t.match(await aware.execute({ kind: 'call.resume', callId: a, holder: 'controller' }), { proof: { callId: a } });
  t.match(asked(), [
    { callId: 'call-101', holder: 'controller' },
    { callId: 'call-102', holder: 'controller' },
  ]);
  t.match(await aware.execute({ kind: 'call.get', callId: a }), { call: { id: a, conference: 'room', state: 'in-call' } });
  await t.rejects(aware.execute({ kind: 'call.mute', callId: a, party: 'callee', muted: true }), { code: 'not_built' });
  t.match(asked(), [{ kind: 'call.mute', callId: 'call-102', party: 'callee' }]);
  await t.rejects(aware.execute({ kind: 'call.play', callId: a, to: 'all', what: { beep: true } }), { code: 'not_built' });
  const plays = asked() as readonly { callId: string; to: string; playId: string }[];
  t.match(plays, [
    { callId: 'call-101', to: 'callee', playId: String },
    { callId: 'call-102', to: 'callee', playId: plays[0]?.playId },
  ]);
  await aware.execute({ kind: 'call.get', callId: 'plain' as CallId });
  t.match(asked(), [{ callId: 'plain' }], 'other calls pass');

  await t.rejects(aware.execute({ kind: 'call.transfer', callId: a, to: { number: '104' } }), { code: 'wrong_moment' });
  t.same(asked(), [], 'what only a member call can do is not asked of one that has ended');

  callee.number = '104';
  await t.rejects(
    aware.execute({ kind: 'call.resume', callId: a, holder: 'callee' }),
    { code: 'call_not_found' },
    'it gave its place away',
  );
  callee.number = '102';
  conference.remove(caller);
  await t.rejects(aware.execute({ kind: 'call.hold', callId: a, holder: 'caller' }), { code: 'call_not_found' }, 'it has left');
  await aware.execute({ kind: 'call.hangup', callId: a });
  t.match(asked(), [{ kind: 'call.hangup', callId: 'call-102' }]);
  absorbed.forget(conference);
  await t.rejects(aware.execute({ kind: 'call.hangup', callId: a }), { code: 'call_not_found' });
});
