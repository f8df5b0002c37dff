/**
 * Goal: a call that is written and read is the same call: whatever happens to it next leads to the same. Method: the random walks of
 * core/call-walk.test.ts, where every state takes the way over bytes before its next step.
 */
import { isDeepStrictEqual } from 'node:util';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { step, type Call } from '#core/call.js';
import { isWorthKeeping } from '#calls/keep-call.js';
import type { StoredCall } from '#calls/store-port.js';
import type { CallId } from '#core/leg.js';
import { createLogger } from '#kit/log.js';
import { callBytes, callFrom, CallShelf } from '#store/call-shelf.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { bytesOf, valueOf } from '#store/record.js';
import { Store } from '#store/store.js';
import { StoreFailed } from '#store/store-failed.js';
import { CallStory, talking } from '../support/call-fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { ModelWorld, type Start } from '../support/model-world.js';
import { storedCall } from '../support/stored-call.js';

const WALKS: Readonly<Record<Start, number>> = { talking: 300, phone: 200, 'late offer': 150, api: 150 };
const SEED = 20_261_121;

const overBytes = (call: Exclude<Call, { kind: 'terminated' }>): Call => callFrom(callBytes(storedCall(call))).call;

for (const start of Object.keys(WALKS) as Start[]) {
  t.test(`every state of a call that starts with ${start} survives being written and read`, async (t) => {
    const seen = { states: 0, kept: 0, held: 0 };
    const walk = fc.property(fc.array(fc.nat({ max: 5039 }), { minLength: 60, maxLength: 400, size: 'max' }), (chosen) => {
      const world = new ModelWorld(start, chosen);
      const watch = world.laws.watch.bind(world.laws);
      world.laws.watch = (before, input, after, effects): void => {
        watch(before, input, after, effects);
        if (before.kind === 'terminated') return;
        const again = overBytes(before);
        if (!isDeepStrictEqual(again, before)) throw new Error(`read differently: ${JSON.stringify(before)}`);
        if (!isDeepStrictEqual(step(again, input, 5000), step(before, input, 5000))) throw new Error(`${input.kind} differs`);
        seen.states += 1;
        if (isWorthKeeping(before)) seen.kept += 1;
        if (before.kind === 'confirmed' && before.hold.size > 0) seen.held += 1;
      };
      world.run().letGo();
    });
    t.doesNotThrow(() => fc.assert(walk, { seed: SEED, numRuns: WALKS[start] }));
    t.ok(seen.states > 2000 && seen.kept > 1000 && seen.held > 200, `${JSON.stringify(seen)}`);
  });
}

t.test('all that is kept beside the value survives too: versions of o=, maps, what is absent', async (t) => {
  const stored = storedCall(talking().call, { dueMs: new Map([['hold-max-controller', 1_700_000_000_123]]) });
  const again = callFrom(callBytes(stored));
  t.ok(isDeepStrictEqual(again, stored));
  t.equal(again.sdp.caller.version, 3n);
  t.equal(again.dueMs.get('hold-max-controller'), 1_700_000_000_123);
});

t.test('a held call that version 1 has written is still read, and can be resumed', async (t) => {
  const golden = readFileSync(new URL('golden/held-call-v1.txt', import.meta.url), 'utf8');
  const { call, sdp } = callFrom(Buffer.from(golden, 'base64'));
  t.equal(call.kind, 'confirmed');
  t.match(sdp.callee.sent, /^v=0/);
  const story = new CallStory('phone', call);
  t.same(story.resume('controller'), [
    'stop-sound caller',
    'stop-sound callee',
    'send-reinvite caller sendrecv',
    'send-reinvite callee sendrecv',
    'stop-timer hold-max-controller',
    'stop-timer hold-remind-controller',
  ]);
});

t.test('a second program that holds a call of the last life gives its hold no new time', async (t) => {
  const { confirmed } = talking();
  const policy = { maxSeconds: 600, remindHolderEverySeconds: 0, onExpiry: { kind: 'transfer', to: '103' } } as const;
  const story = new CallStory('phone', { ...confirmed, traits: { ...confirmed.traits, policy } });
  t.ok(story.hold('controller').includes('start-timer hold-max-controller'));
  story.cooperate();
  const next = new CallStory('phone', overBytes(story.confirmed));
  const led = next.on({ kind: 'hold.requested', holder: 'controller', by: 'another' });
  t.notOk(
    led.some((effect) => effect.includes('timer')),
    led.join(),
  );
  const other = next.on({ kind: 'hold.requested', holder: 'controller', policy: { maxSeconds: 60 } });
  t.ok(other.includes('start-timer hold-max-controller'), 'other terms begin anew');
});

t.test('what is not ours, damaged or from the future is refused by name', async (t) => {
  t.throws(() => callFrom(Buffer.alloc(0)), StoreFailed);
  t.throws(() => callFrom(Buffer.from('{"call":{}}')), /no record/);
  t.throws(() => callFrom(bytesOf(200, {})), /version 200/);
  t.throws(() => callFrom(callBytes(storedCall(talking().call)).subarray(0, 40)), /damaged/);
  t.throws(() => callFrom(bytesOf(1, { call: { id: 'x' } })), /no call/);
});

t.test('an older record goes through every version in between', async (t) => {
  const add = (word: string) => (plain: unknown) => [...(plain as readonly string[]), word];
  t.same(valueOf(bytesOf(1, ['one']), [add('two'), add('three')]), ['one', 'two', 'three']);
  t.same(valueOf(bytesOf(2, ['one']), [add('two'), add('three')]), ['one', 'three']);
  t.same(valueOf(bytesOf(3, ['one']), [add('two'), add('three')]), ['one']);
});

t.test('the next life reads what the last has left, and gives up what it cannot read', async (t) => {
  const disk = new MemoryDisk();
  const clock = new FakeClock();
  const log = createLogger('silent');
  const store = new Store(disk, clock, log);
  const shelf = new CallShelf(store, log);
  const id = (name: string): CallId => name as CallId;
  const called = (name: string): StoredCall => storedCall({ ...talking().call, id: id(name) });
  shelf.changed(id('a'), () => called('a'));
  shelf.changed(id('b'), () => called('b'));
  shelf.changed(id('c'), () => undefined);
  store.changed('calls', 'broken', () => Buffer.from('broken'));
  await store.flush();
  shelf.ended(id('b'));
  await store.close();
  const next = new Store(disk, clock, log);
  t.same(
    new CallShelf(next, log).left().map(({ call }) => call.id),
    ['a'],
  );
  await next.close();
  t.same(
    [...disk.entries('calls')].map(([key]) => key),
    ['a'],
  );
});
