/** desk: an agent's calls as events change them; a random walk never leaves a call behind. */
import t from 'tap';
import type { NumberedEvent } from '#calls/event-bus.js';
import { AgentCallIds } from '#http/agents/call-ids.js';
import { callBegan, callEnded, wished, type AgentState } from '#http/agents/agent-state.js';
import { heldOf, newDesk, newest, talkingOf, withOwn, type CallId, type Desk, type Notice } from '#http/agents/desk.js';
import { hear } from '#http/agents/desk-events.js';
import { EventLine, MOST_EVENTS } from '#http/agents/event-line.js';
import { callView, NO_HOLD } from '../../support/fake-calls.js';
import { FakeClock } from '../../support/fake-clock.js';

type Event = NumberedEvent['event'];
type Reasons = typeof NO_HOLD.reasons;

const isOurs = (number: string): boolean => number.length === 3;

class Table {
  desk: Desk = newDesk('101');
  told: Notice[] = [];

  hear(event: Event): string[] {
    const [desk, notices] = hear(this.desk, { seq: 1, at: '2026-11-21T10:00:00.000Z', event }, isOurs);
    this.desk = desk;
    this.told.push(...notices);
    return notices.map(({ kind }) => kind);
  }

  rings(id: string, caller: string, callee: string, leg: 'caller' | 'callee' = 'callee'): string[] {
    return this.hear({ kind: 'call.ringing', callId: id as CallId, parties: { caller, callee }, leg });
  }

  answered(id: string, caller: string, callee: string): string[] {
    return this.hear({ kind: 'call.answered', callId: id as CallId, parties: { caller, callee } });
  }

  hold(id: string, caller: string, callee: string, ...reasons: Reasons): string[] {
    const hold = { ...NO_HOLD, reasons };
    return this.hear({ kind: 'hold.changed', callId: id as CallId, parties: { caller, callee }, holders: [], hold });
  }

  ends(
    id: string,
    caller: string,
    callee: string,
    cause: Extract<Event, { kind: 'call.ended' }>['cause'],
    answered = true,
  ): string[] {
    return this.hear({ kind: 'call.ended', callId: id as CallId, parties: { caller, callee }, cause, answered });
  }

  conference(
    members: readonly (readonly [number: string, callId: string, state?: 'ringing' | 'in' | 'held'])[],
    state: 'open' | 'ended' = 'open',
  ) {
    const shown = members.map(([number, callId, how = 'in']) => ({
      number,
      callId: callId as CallId,
      state: how,
      as: 'member' as const,
      muted: false,
    }));
    return this.hear({ kind: 'conference.changed', conferenceId: 'c1', state, members: shown });
  }

  get ids() {
    const held = heldOf(this.desk).map(({ callId }) => callId);
    return { talking: talkingOf(this.desk)?.callId, held };
  }
}

t.test('a call the agent places: its own phone first, then the other', (t) => {
  const table = new Table();
  const view = callView({ id: 'a' as CallId, state: 'trying', parties: { caller: '101', callee: '030' } });
  table.desk = withOwn(table.desk, view, 'outbound', 1);
  t.same(table.rings('a', '101', '030', 'caller'), ['phone-alerting']);
  t.same(table.rings('a', '101', '030'), ['phone-offhook', 'customer-alerting']);
  t.same(table.answered('a', '101', '030'), ['busy', 'talking']);
  t.equal(talkingOf(table.desk)?.feature, 'outbound', 'a number of ours all the same');
  t.same(table.ends('a', '101', '030', 'callee-hung-up'), ['customer-released', 'released', 'phone-released', 'free']);
  t.end();
});

t.test('a call that nobody answers has failed for who placed it, and is over for whom it rang', (t) => {
  const table = new Table();
  table.rings('a', '101', '0301234');
  t.same(table.ends('a', '101', '0301234', 'no-answer', false), ['failed', 'phone-released']);
  table.rings('b', '0301234', '101');
  t.same(table.ends('b', '0301234', '101', 'caller-cancelled', false), ['released', 'phone-released']);
  t.end();
});

t.test('one is held, another taken, and each is what it was when the other ends', (t) => {
  const table = new Table();
  table.rings('a', '030', '101');
  table.answered('a', '030', '101');
  t.same(table.hold('a', '030', '101', 'callee-api'), ['held']);
  t.same(table.rings('b', '040', '101'), ['phone-alerting', 'ringing']);
  t.same(table.answered('b', '040', '101'), ['phone-offhook', 'talking'], 'it was busy already');
  t.same(table.ids, { talking: 'b', held: ['a'] });
  t.same(table.hold('b', '040', '101', 'callee-phone'), ['held']);
  t.same(table.ids, { talking: undefined, held: ['a', 'b'] });
  t.equal(newest(table.desk, 'held')?.callId, 'b');
  t.same(table.ends('b', '040', '101', 'caller-hung-up'), ['customer-released', 'released'], 'the phone is not on hook yet');
  t.same(table.hold('a', '030', '101'), ['talking']);
  t.same(table.ids, { talking: 'a', held: [] });
  t.end();
});

t.test("holds by others change nothing for the agent, and lifting one of the agent's two does not either", (t) => {
  const table = new Table();
  table.answered('a', '030', '101');
  t.same(table.hold('a', '030', '101', 'controller', 'caller-phone'), []);
  t.equal(table.ids.talking, 'a');
  t.same(table.hold('a', '030', '101', 'controller', 'callee-api', 'callee-phone'), ['held']);
  t.same(table.hold('a', '030', '101', 'callee-phone'), []);
  t.same(table.ids.held, ['a']);
  t.same(table.told.at(-1)?.kind, 'held');
  t.end();
});

t.test('two calls that were joined are both released; the held one has lost its customer', (t) => {
  const table = new Table();
  table.answered('a', '030', '101');
  table.hold('a', '030', '101', 'callee-api');
  table.answered('b', '040', '101');
  t.same(table.hold('a', '030', '101', 'callee-api', 'callee-transfer'), []);
  t.same(table.hold('b', '040', '101', 'callee-transfer'), []);
  t.same(table.ends('b', '040', '101', 'transferred'), ['released']);
  t.same(table.ends('a', '030', '101', 'transferred'), ['customer-released', 'released', 'phone-released', 'free']);
  t.end();
});

t.test('what is passed on talks no more, and talks again when nobody takes it; what is parked is gone', (t) => {
  const table = new Table();
  table.answered('a', '030', '101');
  t.same(table.hold('a', '030', '101', 'callee-transfer'), []);
  t.same(table.ids, { talking: undefined, held: [] });
  t.same(table.hold('a', '030', '101'), ['talking']);
  table.hold('a', '030', '101', 'callee-api');
  table.hold('a', '030', '101', 'callee-api', 'callee-transfer');
  t.same(table.hold('a', '030', '101', 'callee-api'), ['held']);
  const parked = { kind: 'call.parked', callId: 'a' as CallId, parties: { caller: '030', callee: '101' }, slot: '1' } as const;
  t.same(table.hear({ ...parked, by: '030' }), [], 'the other has left');
  t.same(table.hear({ ...parked, by: '101' }), ['released', 'phone-released', 'free']);
  t.same(table.ends('a', '030', '101', 'caller-hung-up'), []);
  t.end();
});

for (const order of ['calls first', 'conference first'] as const)
  t.test(`two calls become a conference, and go on as one call (${order})`, (t) => {
    const table = new Table();
    table.answered('a', '030', '101');
    table.hold('a', '030', '101', 'callee-api');
    table.answered('b', '040', '101');
    table.told = [];
    const calls = (): void => {
      t.same(table.ends('b', '040', '101', 'conference'), []);
      const after = order === 'calls first' ? [] : ['released'];
      t.same(table.ends('a', '030', '101', 'conference'), after, 'the one that was held is over under its own name');
    };
    t.same(table.answered('m1', 'conference', '101'), [], 'it was not called');
    if (order === 'calls first') calls();
    t.same(
      table.conference([
        ['101', 'm1'],
        ['040', 'm2'],
      ]),
      order === 'calls first' ? ['released', 'goes-on'] : ['goes-on'],
    );
    if (order === 'conference first') calls();
    t.same(
      table.conference([
        ['101', 'm1'],
        ['040', 'm2'],
        ['030', 'm3', 'ringing'],
      ]),
      [],
    );
    t.same(
      table.conference([
        ['101', 'm1'],
        ['040', 'm2'],
        ['030', 'm3'],
      ]),
      ['conference'],
    );
    t.equal(table.desk.calls.length, 1);
    const began = { caller: '040', callee: '101' };
    t.match(
      table.told.find(({ kind }) => kind === 'goes-on'),
      { was: 'b', call: { callId: 'm1', began } },
    );
    t.match(
      table.told.find(({ kind }) => kind === 'released'),
      { call: { callId: 'a' } },
    );
    t.same(table.hold('m1', 'conference', '101', 'callee-api'), ['held']);
    t.same(table.hold('m1', 'conference', '101'), ['talking']);
    t.equal(talkingOf(table.desk)?.state, 'conference');
    t.same(
      table.conference([
        ['101', 'm1'],
        ['040', 'm2'],
      ]),
      ['customer-released'],
    );
    t.match(table.told.at(-1), { number: '030' });
    t.same(table.conference([], 'ended'), ['released', 'phone-released', 'free']);
    t.same(table.desk.calls, []);
    t.end();
  });

t.test('the state of an agent, from every state by every wish', (t) => {
  const state = (mode: AgentState['mode']): AgentState => ({ mode, inCall: false, autoIdle: true });
  t.equal(wished(state('ready'), 'cancel-rest'), undefined);
  t.same(wished(state('rest'), 'cancel-rest'), [state('ready'), 'cancel-rest']);
  t.same(wished(state('work'), 'say-busy'), [state('busy'), 'set-busy']);
  for (const mode of ['ready', 'busy', 'work', 'rest'] as const) {
    const [during] = callBegan(state(mode));
    t.ok(during.inCall);
    t.same(callEnded(during)[0], state(mode === 'busy' ? 'busy' : 'ready'));
    t.equal(callEnded({ ...during, autoIdle: false })[0].mode, mode === 'busy' ? 'busy' : 'work');
  }
  t.end();
});

t.test('whatever happens in whatever order: no call twice, none after its end, and one word of it for each', (t) => {
  let seed = 7;
  const below = (most: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * most);
  };
  const ids = ['a', 'b', 'c', 'm'];
  for (let walk = 0; walk < 300; walk++) {
    const table = new Table();
    const sides: readonly (readonly [string, string])[] = [
      ['101', '030'],
      ['040', '101'],
    ];
    for (let step = 0; step < 40; step++) {
      const id = ids[below(4)] ?? 'a';
      const [caller, callee] = sides[below(2)] ?? ['', ''];
      const what = below(7);
      if (what === 0) table.rings(id, caller, callee, below(2) === 0 ? 'caller' : 'callee');
      if (what === 1) table.answered(id, caller, callee);
      if (what === 2)
        table.hold(
          id,
          caller,
          callee,
          ...(below(2) === 0
            ? []
            : ([
                (['caller-api', 'callee-transfer', 'caller-transfer', 'callee-phone'] as const)[below(4)] ?? 'controller',
              ] as const)),
        );
      if (what === 3) table.ends(id, caller, callee, below(2) === 0 ? 'conference' : 'caller-hung-up');
      if (what === 4)
        table.conference([
          ['101', 'm'],
          ['030', 'x'],
          ['040', 'y'],
        ]);
      if (what === 5)
        table.conference([
          ['030', 'x'],
          ['040', 'y'],
        ]);
      if (what === 6) table.conference([], 'ended');
      const known = table.desk.calls.map(({ callId }) => callId);
      if (new Set(known).size !== known.length) t.fail(`walk ${walk}: a call twice: ${known.join(' ')}`);
    }
    for (const id of ids) table.ends(id, '101', '030', 'caller-hung-up');
    table.conference([], 'ended');
    if (table.desk.calls.length > 0) t.fail(`walk ${walk}: left behind: ${JSON.stringify(table.desk.calls)}`);
    const phones = table.told.filter(({ kind }) => kind === 'busy' || kind === 'free').map(({ kind }) => kind);
    if (phones.some((kind, index) => kind !== (index % 2 === 0 ? 'busy' : 'free'))) t.fail(`walk ${walk}: ${phones.join(' ')}`);
  }
  t.pass('300 walks');
  t.end();
});

t.test('who is to be called by a program hears nothing before its phone rings, and so nothing of a call that never came', (t) => {
  const table = new Table();
  t.same(table.rings('a', '102', '101', 'caller'), [], 'the phone of 102 rings first');
  t.same(table.ends('a', '102', '101', 'refused'), []);
  t.same(table.desk.calls, []);
  t.end();
});

t.test('who asks for help is the caller, and not the conference that carries it', (t) => {
  const table = new Table();
  table.desk = { ...table.desk, asker: '102' };
  t.same(table.rings('m3', 'conference', '101'), ['phone-alerting', 'ringing']);
  t.match(table.desk.calls, [{ began: { caller: '102', callee: '101' }, feature: 'inner' }]);
  t.equal(table.desk.asker, undefined, 'once');
  t.end();
});

t.test('who has left a conference is no party of it any more', (t) => {
  const table = new Table();
  table.answered('a', '030', '101');
  table.ends('a', '030', '101', 'conference');
  const [me, customer, helper] = [
    ['101', 'm1'],
    ['030', 'm2'],
    ['102', 'm3'],
  ] as const;
  table.conference([me, customer, helper]);
  t.match(table.desk.calls, [{ parties: { caller: '030', callee: '101' } }]);
  table.conference([me, helper]);
  t.match(table.desk.calls, [{ parties: { caller: '102', callee: '101' } }]);
  t.equal(table.desk.calls[0]?.began, undefined);
  t.end();
});

t.test('ids: epoch and number, the same as long as a call lives, also when it goes on as another', (t) => {
  const ids = new AgentCallIds(() => 1_456_402_370_000);
  const [a, b] = ['a', 'b'] as unknown as [CallId, CallId];
  t.equal(ids.of(a), '1456402370-1');
  t.equal(ids.of(b), '1456402370-2');
  t.equal(ids.of(a), '1456402370-1');
  t.ok(ids.goesOnAs(a, b));
  t.equal(ids.find('1456402370-1'), b);
  t.notOk(ids.goesOnAs(a, 'c' as CallId), 'the other agent of it goes on under another id');
  t.equal(ids.of(a), '1456402370-1', 'and is told the end of this one');
  t.equal(ids.find('1456402370-2'), undefined);
  ids.forget(b);
  t.equal(ids.size, 0);
  t.equal(ids.of(a), '1456402370-3', 'none is used twice');
  t.end();
});

t.test('events that nobody fetches are limited, and the newest stay', async (t) => {
  const line = new EventLine<number>(new FakeClock(), 10_000);
  for (let event = 0; event < MOST_EVENTS + 10; event++) line.push(event);
  t.equal(line.size, MOST_EVENTS);
  t.same(await line.poll(), { kind: 'event', event: 10 });
  line.close();
  line.close();
  t.same(await line.poll(), { kind: 'closed' });
});

t.test('a poll whose asker has gone takes no event, and the next one has it', async (t) => {
  const clock = new FakeClock();
  const line = new EventLine<number>(clock, 10_000);
  let hangUp = (): void => undefined;
  let listening = 0;
  const whenGone = (listener: () => void): (() => void) => {
    hangUp = listener;
    listening += 1;
    return () => void (listening -= 1);
  };
  const first = line.poll(whenGone);
  hangUp();
  t.same(await first, { kind: 'none' });
  line.push(1);
  t.same(await line.poll(whenGone), { kind: 'event', event: 1 });
  const second = line.poll(whenGone);
  line.push(2);
  t.same(await second, { kind: 'event', event: 2 });
  hangUp(); // of a poll that has been answered
  line.push(3);
  t.equal(line.size, 1);
  t.equal(listening, 0, 'nobody listens to sockets for nothing');
  t.same(clock.pending(), []);
});
