/**
 * Goal: every call that has ended is kept with what happened to it, and found. Method: events on a real bus with a moved clock.
 */
import t, { type Test } from 'tap';
import type { CallView } from '#calls/commands.js';
import { EventBus } from '#calls/event-bus.js';
import { HistoryCommands, type CallRecord } from '#calls/history-commands.js';
import type { CallEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { CallHistory } from '#history/call-history.js';
import { BadRequest } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { BOTH_HELD, callView, NO_HOLD } from '../support/fake-calls.js';
import { FakeClock } from '../support/fake-clock.js';

const parties = { caller: '101', callee: '102' };

/** A house whose calls are what a test says they are. */
function house(maxCalls = 100, earlier: readonly CallRecord[] = []) {
  const clock = new FakeClock();
  const bus = new EventBus(clock, createLogger('silent'));
  const views = new Map<string, CallView>();
  const written: CallRecord[] = [];
  const view = (id: CallId): CallView | undefined => views.get(id);
  const history = new CallHistory({ bus, view, maxCalls, earlier, write: (record) => written.push(record) });
  const tell = (event: CallEvent): void => bus.publish(event);
  const up = (id: string, facts: Partial<CallView> = {}): void =>
    void views.set(id, callView({ id: id as CallId, createdAt: new Date(clock.now()).toISOString(), ...facts }));
  const end = (id: string, cause: 'caller-hung-up' | 'refused' = 'caller-hung-up', status?: number): void => {
    const before = views.get(id) ?? callView();
    views.set(id, { ...before, state: 'ended', endedAt: new Date(clock.now()).toISOString() });
    tell({ kind: 'call.ended', callId: id as CallId, parties: before.parties, cause, status, answered: true });
  };
  const held = (id: string, now: boolean): void =>
    tell({ kind: 'hold.changed', callId: id as CallId, parties, holders: [], hold: now ? BOTH_HELD : NO_HOLD });
  return { clock, history, written, tell, up, end, held };
}

t.test('how often and how long a call was held stands in its line', (t) => {
  const { clock, history, up, end, held, written } = house();
  up('a');
  held('a', true);
  clock.advance(1000);
  held('a', true); // another reason: still one hold
  clock.advance(1000);
  held('a', false);
  clock.advance(5000);
  held('a', true);
  clock.advance(500);
  end('a');
  const found = history.find({ page: 1, rows: 10 });
  t.equal(found.total, 1);
  t.match(found.rows[0], { id: 'a', holds: 2, heldMs: 2500, cause: 'caller-hung-up', recordings: [], origin: 'api', parties });
  t.same(written, found.rows);
  t.end();
});

t.test('what is told of a call after its end is added to it', (t) => {
  const { history, up, end, tell, written } = house();
  up('a');
  const callId = 'a' as CallId;
  tell({ kind: 'recording.completed', callId, parties, recordingId: 'one', seconds: 1, format: 'wav' });
  tell({ kind: 'transfer.changed', callId, parties, state: 'started', by: '101', to: '103', newCallId: 'b' as CallId });
  end('a');
  tell({ kind: 'transfer.changed', callId, parties, state: 'completed', by: '101', to: '103', newCallId: 'b' as CallId });
  tell({ kind: 'recording.completed', callId, parties, recordingId: 'two', seconds: 1, format: 'mp3' });
  const [call] = history.find({ callId: 'a', page: 1, rows: 1 }).rows;
  t.same(call?.recordings, ['one', 'two']);
  t.same(call?.transferredTo, { number: '103', callId: 'b' });
  t.equal(written.length, 3, 'a line each time');
  t.same(written.at(-1), call);
  t.end();
});

t.test('what is told between the last step of a call and its end is not lost', (t) => {
  const { history, up, end, tell } = house();
  up('a', { state: 'ended' });
  tell({ kind: 'recording.completed', callId: 'a' as CallId, parties, recordingId: 'one', seconds: 1, format: 'wav' });
  end('a');
  t.same(history.find({ page: 1, rows: 1 }).rows[0]?.recordings, ['one']);
  t.end();
});

t.test('only the last calls are kept, also of earlier runs', (t) => {
  const first = house(3);
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
    first.up(id);
    first.end(id);
    t.ok(first.history.all().length <= 3);
  }
  t.same(ids(first.history, { page: 1, rows: 10 }), ['g', 'f', 'e']);
  const second = house(2, first.history.all());
  t.same(ids(second.history, { page: 1, rows: 10 }), ['g', 'f']);
  t.end();
});

t.test('calls are found by everything that is said of them, page by page', (t) => {
  const { clock, history, up, end } = house();
  const startMs = clock.now();
  const at = (minute: number): string => new Date(startMs + minute * 60_000).toISOString();
  const pairs = [
    ['101', '102'],
    ['102', '103'],
    ['103', '101'],
    ['101', '102'],
    ['104', '105'],
  ] as const;
  pairs.forEach(([caller, callee], index) => {
    up(`c${index}`, { parties: { caller, callee } });
    end(`c${index}`, index % 2 === 0 ? 'caller-hung-up' : 'refused', 486);
    clock.advance(60_000);
  });
  const find = (query: Parameters<typeof ids>[1]): string[] => ids(history, query);
  const all = { page: 1, rows: 10 };
  t.same(find(all), ['c4', 'c3', 'c2', 'c1', 'c0']);
  t.same(find({ ...all, number: '101' }), ['c3', 'c2', 'c0']);
  t.same(find({ ...all, caller: '101' }), ['c3', 'c0']);
  t.same(find({ ...all, callee: '101' }), ['c2']);
  t.same(find({ ...all, number: '101', cause: 'refused' }), ['c3']);
  t.same(find({ ...all, since: at(1), until: at(3) }), ['c2', 'c1'], 'until is not included');
  t.same(find({ ...all, callId: 'c1' }), ['c1']);
  t.same(find({ ...all, callId: 'none' }), []);
  t.same(find({ page: 2, rows: 2 }), ['c2', 'c1']);
  t.same(find({ page: 4, rows: 2 }), []);
  t.equal(history.find({ page: 4, rows: 2 }).total, 5);
  t.end();
});

t.test('the command has usual values, and refuses those that mean nothing', (t) => {
  const { history, up, end } = house();
  up('a');
  end('a');
  const commands = new HistoryCommands(history);
  t.match(commands.execute({ kind: 'history.find' }), { kind: 'history.found', page: 1, total: 1 });
  const refused = (t: Test, field: string, command: Record<string, unknown>): void => {
    const error = thrown(() => commands.execute({ kind: 'history.find', ...command }));
    t.ok(error instanceof BadRequest);
    t.equal((error as BadRequest).field, field);
  };
  refused(t, 'page', { page: 0 });
  refused(t, 'page', { page: 1.5 });
  refused(t, 'rows', { rows: 1001 });
  refused(t, 'since', { since: 'yesterday' });
  refused(t, 'until', { until: 'soon' });
  t.end();
});

function ids(history: CallHistory, query: Parameters<CallHistory['find']>[0]): string[] {
  return history.find(query).rows.map(({ id }) => id);
}

function thrown(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  return undefined;
}
