/**
 * Goal: what is kept of a call is always what the call is, from its answer to its end. Method: calls of quiet phones over a store on
 * a disk of memory.
 */
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { storedOf } from '#calls/keep-call.js';
import type { StoredCall } from '#calls/store-port.js';
import type { CallId } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { CallShelf, callFrom } from '#store/call-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { Store } from '#store/store.js';
import { sdpOf } from '../support/stored-call.js';
import { QuietCalls } from '../support/quiet-calls.js';
import { FakeClock } from '../support/fake-clock.js';

function house() {
  const clock = new FakeClock();
  const disk = new MemoryDisk();
  const log = createLogger('silent');
  const store = new Store(disk, clock, log);
  const calls = new QuietCalls(new CallShelf(store, log), clock);
  const kept = async (id: CallId): Promise<StoredCall | undefined> => {
    await store.flush();
    const bytes = new Map(disk.entries('calls')).get(id);
    return bytes === undefined ? undefined : callFrom(bytes);
  };
  const isKeptAsItIs = async (id: CallId): Promise<boolean> => {
    const live = calls.service.live(id);
    return live !== undefined && isDeepStrictEqual(await kept(id), storedOf(live));
  };
  return { clock, disk, store, calls, kept, isKeptAsItIs };
}

t.test('what only rings is not kept; what was answered is, as it is after every step', async (t) => {
  const { calls, kept, isKeptAsItIs } = house();
  const id = await calls.rings();
  t.equal(await kept(id), undefined);
  const other = await calls.talks();
  t.ok(await isKeptAsItIs(other), 'answered');
  t.equal((await kept(other))?.sdp.caller.version, 1n);
  await calls.holds(other);
  t.ok(await isKeptAsItIs(other), 'held');
  const held = await kept(other);
  t.match(held?.sdp.callee.sent, /a=sendonly/, 'what was last said to a phone is kept, though it was said after the step');
  t.equal(held?.sdp.callee.version, 2n, 'so the version of o= can go on (RFC 3264 §8)');
  t.same([...(held?.dueMs.keys() ?? [])], ['hold-max-controller']);
  t.equal(held?.dueMs.get('hold-max-controller'), calls.clock.now() + 60_000);
  calls.service.dispatch(other, { kind: 'resume.requested', holder: 'controller' });
  await calls.answers(other, 'sendrecv');
  t.ok(await isKeptAsItIs(other), 'resumed');
  t.same([...((await kept(other))?.dueMs.keys() ?? [])], []);
});

t.test('the store is told that a call is under way from the hold to the answers of both phones', async (t) => {
  let isUnderWay: (() => boolean) | undefined;
  const calls = new QuietCalls({ changed: (_id, _what, underWay) => void (isUnderWay = underWay), ended: () => undefined });
  const id = await calls.talks();
  t.notOk(isUnderWay?.(), 'they talk');
  calls.service.dispatch(id, { kind: 'hold.requested', holder: 'controller' });
  await calls.settles();
  t.ok(isUnderWay?.(), 'both are asked');
  await calls.says(id, 'caller', { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_000, 'recvonly') });
  t.ok(isUnderWay?.(), 'one has answered');
  await calls.says(id, 'callee', { kind: 'reinvite-answered', status: 200, sdp: sdpOf(20_002, 'recvonly') });
  t.notOk(isUnderWay?.(), 'it is held');
});

t.test('a timer that has fired is due no more', async (t) => {
  const { clock, calls, kept } = house();
  const id = await calls.talks();
  await calls.holds(id);
  clock.advance(60_000);
  await calls.settles();
  const after = await kept(id);
  t.equal(after?.dueMs.has('hold-max-controller'), false);
  t.equal(after?.call.kind === 'confirmed' && after.call.hold.size, 0, 'it resumed');
});

t.test('a call that has ended is not kept, however it ended', async (t) => {
  const { calls, disk, store } = house();
  const ends: readonly ((id: CallId) => void)[] = [
    (id) => calls.service.signal({ callId: id, role: 'caller' }, { kind: 'bye' }),
    (id) => calls.service.signal({ callId: id, role: 'callee' }, { kind: 'lost', why: 'gone' }),
    (id) => calls.service.dispatch(id, { kind: 'hangup.requested' }),
  ];
  for (const end of ends) {
    const id = await calls.talks();
    await calls.holds(id);
    await store.flush();
    t.equal([...disk.entries('calls')].length, 1);
    end(id);
    await calls.settles();
    await store.flush();
    t.same([...disk.entries('calls')], []);
  }
  t.equal(calls.service.size, 0);
});

t.test('a call that is over between two batches costs the disk nothing', async (t) => {
  const { calls, store } = house();
  const id = await calls.talks();
  calls.service.dispatch(id, { kind: 'hangup.requested' });
  await calls.settles();
  await store.flush();
  t.equal(store.health.batches, 0);
});
