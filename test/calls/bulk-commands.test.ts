/** bulk-commands: which calls one request means, how many are under way at once, and what is told of each. */
import t from 'tap';
import {
  BULK_ANSWER_MS,
  BULKS_AT_ONCE,
  BulkCommands,
  CALLS_AT_ONCE,
  MOST_IDS,
  type BulkCommand,
  type BulkFilter,
} from '#calls/bulk-commands.js';
import type { CallView, Command, Outcome } from '#calls/commands.js';
import type { LiveCall } from '#calls/live-call.js';
import type { CallId } from '#core/leg.js';
import { WrongMoment } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { callView, holdProof } from '../support/fake-calls.js';
import { FakeClock } from '../support/fake-clock.js';

type Single = Extract<Command, { kind: 'call.hold' | 'call.resume' }>;

/** A house of calls, each of which answers when the test lets it. */
function house(views: readonly CallView[], trunks: Readonly<Record<string, string>> = {}) {
  const asked: Single[] = [];
  const waiting: (() => void)[] = [];
  const state = { atOnce: 0, most: 0, held: false };
  const clock = new FakeClock();
  const answer = (command: Single): Outcome => {
    if (command.atOnce === true) return { kind: 'call.done', callId: command.callId };
    return { kind: 'hold.done', proof: holdProof({ callId: command.callId }) };
  };
  const bulk = new BulkCommands({
    execute: async (command) => {
      const single = command as Single;
      asked.push(single);
      state.most = Math.max(state.most, ++state.atOnce);
      if (state.held) await new Promise<void>((resolve) => waiting.push(resolve));
      state.atOnce--;
      const failure = failures.get(single.callId);
      if (failure !== undefined) throw failure;
      return answers.get(single.callId) ?? answer(single);
    },
    calls: {
      list: () => views,
      view: (one) => views.find((view) => view.id === one),
      live: (id) => ({ dialFacts: { trunk: trunks[id] } }) as unknown as LiveCall,
    },
    clock,
    log: createLogger('silent'),
  });
  const failures = new Map<string, Error>();
  const answers = new Map<string, Outcome>();
  const hold = (filter: BulkFilter) => bulk.execute({ kind: 'calls.hold', filter, holder: 'controller' });
  const resume = (filter: BulkFilter) => bulk.execute({ kind: 'calls.resume', filter, holder: 'controller' });
  const ids = () => asked.map(({ callId }) => String(callId));
  return { bulk, clock, asked, ids, state, waiting, failures, answers, hold, resume };
}

const id = (text: string): CallId => text as CallId;
const view = (name: string, facts: Partial<CallView> = {}): CallView => callView({ id: id(name), ...facts });
const many = (count: number): CallView[] => Array.from({ length: count }, (_, index) => view(`c${index}`));
const parties = (caller: string, callee: string) => ({ parties: { caller, callee } });

const HOUSE = [
  view('talking', parties('101', '102')),
  view('held', { ...parties('103', '101'), state: 'held' }),
  view('ringing', { ...parties('101', '104'), state: 'ringing' }),
  view('trunk', parties('+49', '105')),
];

t.test('a filter that says nothing is refused, and nobody is held', async (t) => {
  const { hold, asked } = house(HOUSE);
  await t.rejects(hold({}), { code: 'bad_request', field: 'all' });
  t.same(asked, []);
});

t.test('a hold means calls that are up, a resume those that are held', async (t) => {
  const one = house(HOUSE);
  await one.hold({ all: true });
  t.same(one.ids(), ['talking', 'held', 'trunk']);
  const other = house(HOUSE);
  await other.resume({ all: true });
  t.same(other.ids(), ['held']);
});

t.test('calls are found by number on either side, by trunk and by state, and every word counts', async (t) => {
  const cases: [BulkFilter, string[]][] = [
    [{ number: '101' }, ['talking', 'held']],
    [{ number: '101', state: 'in-call' }, ['talking']],
    [{ trunk: 'carrier' }, ['trunk']],
    [{ trunk: 'carrier', number: '101' }, []],
    [{ number: '999' }, []],
    [{ ids: [id('trunk'), id('talking')], number: '101' }, ['talking']],
  ];
  for (const [filter, expected] of cases) {
    const { hold, ids } = house(HOUSE, { trunk: 'carrier' });
    const { report } = await hold(filter);
    t.same(ids(), expected, JSON.stringify(filter));
    t.equal(report.matched, expected.length);
  }
});

t.test('named calls are asked once, in their order, also those that are not known here', async (t) => {
  const { hold, ids } = house(HOUSE);
  await hold({ ids: ['trunk', 'gone', 'ringing', 'trunk'].map(id) });
  t.same(ids(), ['trunk', 'gone', 'ringing']);
  const tooMany = Array.from({ length: MOST_IDS + 1 }, (_, index) => id(`x${index}`));
  await t.rejects(hold({ ids: tooMany }), { code: 'bad_request', field: 'ids' });
});

t.test('never more than so many calls are under way while they are answered at once, and all are reached', async (t) => {
  const { hold, state, waiting, ids } = house(many(150));
  state.held = true;
  const done = hold({ all: true });
  while (ids().length < 150 || waiting.length > 0) {
    await Promise.resolve();
    waiting.shift()?.();
  }
  const { report } = await done;
  t.equal(state.most, CALLS_AT_ONCE.first);
  t.equal(report.matched, 150);
  t.same(
    report.calls.map(({ callId }) => String(callId)),
    many(150).map((one) => String(one.id)),
    'rows stand in the order of the calls',
  );
});

t.test('each row tells what became of its call, and the counts add up', async (t) => {
  const { hold, failures, answers } = house(many(5));
  failures.set('c0', new WrongMoment('the call ended meanwhile', 'ended'));
  failures.set('c1', new Error('a bug'));
  answers.set('c2', { kind: 'hold.done', proof: holdProof({ callId: id('c2'), changed: false }) });
  answers.set('c3', { kind: 'hold.done', proof: holdProof({ callId: id('c3'), settled: false }) });
  const { report } = await hold({ all: true });
  t.same(
    report.calls.map(({ callId, result, code }) => [callId, result, code]),
    [
      ['c0', 'failed', 'wrong_moment'],
      ['c1', 'failed', 'internal'],
      ['c2', 'unchanged', undefined],
      ['c3', 'pending', undefined],
      ['c4', 'done', undefined],
    ],
  );
  t.same(report.counts, { done: 1, unchanged: 1, pending: 1, failed: 2 });
  t.equal(report.music, 6, 'both parties of the three calls that answered');
  t.same(report.calls[4]?.caller, { held: true, state: 'agreed', sound: 'music' });
  t.notOk(JSON.stringify(report).includes('a bug'), 'what a bug says stays in the house');
});

t.test('each call is asked in the words of the request, without a count of packets', async (t) => {
  const { bulk, asked } = house(many(1));
  const command: BulkCommand = {
    kind: 'calls.hold',
    filter: { all: true },
    holder: 'caller',
    music: { music: 'jazz' },
    policy: { maxSeconds: 60 },
    by: 'rest',
  };
  await bulk.execute(command);
  t.same(asked, [
    {
      kind: 'call.hold',
      callId: 'c0',
      holder: 'caller',
      music: { music: 'jazz' },
      policy: { maxSeconds: 60 },
      by: 'rest',
      brief: true,
    },
  ]);
});

t.test('when the answer is due, the calls that are left are only begun', async (t) => {
  const { hold, state, waiting, clock, asked } = house(many(CALLS_AT_ONCE.most + 3));
  state.held = true;
  const done = hold({ all: true });
  await Promise.resolve();
  clock.advance(BULK_ANSWER_MS);
  t.equal(state.most, CALLS_AT_ONCE.most, 'while phones are silent more and more are begun');
  state.held = false;
  waiting.forEach((go) => go());
  const { report } = await done;
  t.same(report.counts, { done: CALLS_AT_ONCE.most, unchanged: 0, pending: 3, failed: 0 });
  t.equal(asked.filter(({ atOnce }) => atOnce === true).length, 3);
});

t.test('only so many requests run at once, and a place is free again when one has ended', async (t) => {
  const { hold, state, waiting } = house(many(1));
  state.held = true;
  const running = Array.from({ length: BULKS_AT_ONCE }, () => hold({ all: true }));
  await Promise.resolve();
  await t.rejects(hold({ all: true }), { code: 'busy', http: 503, retryAfterSec: 1 });
  waiting.forEach((go) => go());
  await Promise.all(running);
  state.held = false;
  t.equal((await hold({ all: true })).report.matched, 1);
});
