/**
 * Goal: event numbers never repeat, parking slots and the ids by which clients know calls still mean the same call in the next life.
 * Method: two lives on one disk in memory; the second knows nothing but what the first has kept.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { CallView } from '#calls/commands.js';
import { EventBus } from '#calls/event-bus.js';
import type { CallRecord } from '#calls/history-commands.js';
import { Parking } from '#calls/parking.js';
import type { CallId } from '#core/leg.js';
import { CallHistory } from '#history/call-history.js';
import { HistoryFile } from '#history/history-file.js';
import { AgentCallIds } from '#http/agents/call-ids.js';
import { PlivoMemory } from '#http/dialects/plivo-memory.js';
import { HeldSince } from '#http/dialects/voipnow-holds.js';
import { WireIds } from '#http/dialects/wire-ids.js';
import { eventPage } from '#http/event-pages.js';
import { createLogger } from '#kit/log.js';
import { HistoryShelf } from '#store/history-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { NoteShelf } from '#store/note-shelf.js';
import { NumberShelf } from '#store/number-shelf.js';
import { ParkShelf } from '#store/park-shelf.js';
import { bytesOf } from '#store/record.js';
import { Store } from '#store/store.js';
import { BOTH_HELD, callView, NO_HOLD } from '../support/fake-calls.js';
import { FakeClock } from '../support/fake-clock.js';
import { answered, ringing } from '../support/webhooks-fixture.js';

const log = createLogger('silent');
const clock = new FakeClock();
const life = (disk: MemoryDisk): Store => new Store(disk, clock, log);
const A = 'aaaa' as CallId;
const B = 'bbbb' as CallId;
const pageOf = (bus: EventBus, after: number) =>
  JSON.parse(eventPage(bus, after, 10)) as { events: { seq: number }[]; next: number; gap?: boolean };

t.test('event numbers go on, with a jump that no lost batch can have filled', async (t) => {
  const disk = new MemoryDisk();
  const first = life(disk);
  const bus = new EventBus(clock, log, 100, new NumberShelf(first));
  bus.publish(ringing('c1'));
  bus.publish(answered('c1'));
  await first.flush();
  bus.publish(answered('c1')); // in no batch when the program is killed

  const again = new EventBus(clock, log, 100, new NumberShelf(life(disk)));
  t.equal(again.last, 10_002);
  t.match(JSON.parse(eventPage(again, 2, 10)), { events: [], next: 10_002, gap: true });
  again.publish(ringing('c2'));
  t.same(
    again.after(0).map(({ seq }) => seq),
    [10_003],
  );
  t.match(pageOf(again, 2), { events: [{ seq: 10_003 }], next: 10_003 });
  t.equal(pageOf(again, 10_002).gap, undefined, 'who asks on from `next` has missed nothing');
});

t.test('a life that ends with its first event has not told a number that the next one tells', async (t) => {
  const disk = new MemoryDisk();
  const first = life(disk);
  new EventBus(clock, log, 100, new NumberShelf(first)).publish(ringing('c1'));
  await first.flush();
  const short = life(disk);
  const bus = new EventBus(clock, log, 100, new NumberShelf(short));
  await short.flush(); // the start waits for it (restoring.ts)
  bus.publish(ringing('c2')); // heard by programs, and in no batch
  t.ok(new NumberShelf(life(disk)).last > bus.last);
});

t.test('a parked call is found in its slot, and one that did not come back leaves it free', async (t) => {
  const disk = new MemoryDisk();
  const codes = { park: '*85', retrieve: '*86', slots: 3 };
  const first = life(disk);
  const parking = new Parking(codes, clock, new ParkShelf(first, log));
  const parked = { staying: 'caller', number: '101', by: '102' } as const;
  t.equal(parking.take(undefined, { callId: A, ...parked }), '1');
  t.equal(parking.take('3', { callId: B, ...parked }), '3');
  t.equal(parking.take(undefined, { callId: 'cccc' as CallId, ...parked }), '2');
  parking.free('cccc' as CallId);
  await first.flush();

  const second = life(disk);
  const again = new Parking(codes, clock, new ParkShelf(second, log));
  t.same(again.list(), parking.list());
  again.freeAllBut((id) => id === B);
  t.same(
    again.list().map(({ slot, callId }) => [slot, callId]),
    [['3', B]],
  );
  t.equal(again.take(undefined, { callId: A, ...parked }), '1');
  await second.flush();
  t.equal(new Parking(codes, clock, new ParkShelf(life(disk), log)).list().length, 2);
});

const callsOn = (store: Store): ReadonlySet<string> => new Set([...store.read('calls')].map(([id]) => id));

t.test('ids of every dialect name the same calls; of calls that are gone nothing stays', async (t) => {
  const disk = new MemoryDisk();
  await disk.commit([{ shelf: 'calls', key: A, bytes: bytesOf(1, 'a call') }]);
  const first = life(disk);
  const book = new NoteShelf(first, callsOn(first));
  const ids = new WireIds(undefined, undefined, undefined, { book, page: 'voipnow-ids', left: book.leftOfCalls('voipnow-ids') });
  const agents = new AgentCallIds(() => 1_456_402_370_000, book);
  const said = { a: ids.of(A), b: ids.of(B), agentA: agents.of(A), agentB: agents.of(B) };
  const roles = new PlivoMemory(10, book);
  roles.added('sip:101@example.com', 'customer');
  roles.added('sip:102@example.com', 'agent');
  const parties = { caller: '102', callee: '9' };
  const ended = { kind: 'call.ended', callId: A, parties, cause: 'caller-hung-up', answered: true } as const;
  roles.hear({ seq: 1, at: '', event: ended });
  const bus = new EventBus(clock, log);
  const held = new HeldSince(bus, book);
  const hold = { reasons: ['controller'] };
  bus.publish({ ...ringing(A), kind: 'hold.changed', hold } as unknown as Parameters<EventBus['publish']>[0]);
  t.not(held.of(A), undefined);
  await first.flush();

  const second = life(disk);
  const notes = new NoteShelf(second, callsOn(second));
  const again = new WireIds(undefined, undefined, undefined, {
    book: notes,
    page: 'voipnow-ids',
    left: notes.leftOfCalls('voipnow-ids'),
  });
  t.equal(again.find(said.a), A);
  t.equal(again.of(A), said.a);
  t.equal(again.find(said.b), undefined);
  const agentsAgain = new AgentCallIds(() => 1_456_402_370_000, notes);
  t.equal(agentsAgain.find(said.agentA), A);
  t.equal(agentsAgain.find(said.agentB), undefined);
  t.not(agentsAgain.of('dddd' as CallId), said.agentA, 'a new id is none that was given');
  t.equal(new PlivoMemory(10, notes).role('sip:101@example.com'), 'customer');
  t.equal(new PlivoMemory(10, notes).role('sip:102@example.com'), undefined);
  t.equal(new HeldSince(new EventBus(clock, log), notes).of(A), held.of(A));
});

t.test('a call that has ended is in the history once, whichever of the two the last batch had', async (t) => {
  const disk = new MemoryDisk();
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  await disk.commit([{ shelf: 'calls', key: A, bytes: bytesOf(1, 'a call') }]);
  const begin = (clock: FakeClock) => {
    const store = new Store(disk, clock, log);
    const keeper = new HistoryShelf(store, callsOn(store), log);
    const file = new HistoryFile({ folder, maxCalls: 10, clock, log, keeper });
    const bus = new EventBus(clock, log);
    const views = new Map<string, CallView>([A, B].map((id) => [id, callView({ id })]));
    const view = (id: CallId): CallView | undefined => views.get(id);
    const write = (record: CallRecord): void => file.write(record);
    const history = new CallHistory({ bus, view, maxCalls: 10, earlier: file.earlier, keeper, write });
    const held = (id: CallId, hold: typeof BOTH_HELD): void =>
      bus.publish({ kind: 'hold.changed', callId: id, parties: callView().parties, holders: [], hold });
    const end = (id: CallId): void => {
      views.set(id, { ...callView({ id }), state: 'ended', endedAt: new Date(clock.now()).toISOString() });
      bus.publish({ kind: 'call.ended', callId: id, parties: callView().parties, cause: 'caller-hung-up', answered: true });
    };
    return { store, file, bus, history, held, end };
  };
  const killed = new FakeClock();
  const first = begin(killed);
  first.held(A, BOTH_HELD);
  killed.advance(1000);
  first.held(A, NO_HOLD);
  first.held(A, BOTH_HELD);
  first.end(B); // its line waits for the next batch of the file when the program is killed
  await first.store.flush();

  const later = new FakeClock();
  later.advance(6000);
  const second = begin(later);
  t.same(
    second.history.all().map(({ id }) => id),
    [B],
  );
  second.held(A, BOTH_HELD); // as a restored call is recalled
  second.end(A);
  t.match(second.history.all().at(-1), { id: A, holds: 2, heldMs: 6000 });
  await second.file.close();
  await second.store.flush();
  t.equal(readFileSync(join(folder, 'calls.jsonl'), 'utf8').trim().split('\n').length, 2);

  const third = begin(later);
  third.end(A); // the batch without the call was lost, and it came back
  t.same(
    third.history.all().map(({ id }) => id),
    [B, A],
  );
});
