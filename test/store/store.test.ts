/**
 * Goal: changes gather and are written together, within the limits, and a disk that fails delays nothing but the keeping.
 */
import t from 'tap';
import type { Change, Shelf } from '#store/disk.js';
import { MemoryDisk } from '#store/memory-disk.js';
import { Store, type StoreLimits } from '#store/store.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';

/** Counts batches, and fails or waits when it is told to. */
class WatchedDisk extends MemoryDisk {
  readonly batches: string[][] = [];
  fails = false;
  hold: Promise<void> | undefined;

  override async commit(batch: readonly Change[]): Promise<void> {
    if (this.hold !== undefined) await this.hold;
    if (this.fails) throw new Error('no space left');
    this.batches.push(batch.map(({ shelf, key, bytes }) => `${shelf}/${key}${bytes === undefined ? ' goes' : ''}`));
    await super.commit(batch);
  }

  text(shelf: Shelf): Record<string, string> {
    return Object.fromEntries([...this.entries(shelf)].map(([key, bytes]) => [key, Buffer.from(bytes).toString()]));
  }
}

function house(limits: Partial<StoreLimits> = {}): { disk: WatchedDisk; clock: FakeClock; store: Store } {
  const disk = new WatchedDisk();
  const clock = new FakeClock();
  return { disk, clock, store: new Store(disk, clock, createLogger('silent'), limits) };
}

const say = (word: string) => (): Uint8Array => Buffer.from(word);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('ten changes of one thing within a batch are written once, as it is at the end', async (t) => {
  const { disk, clock, store } = house();
  let asked = 0;
  for (let step = 1; step <= 10; step += 1) {
    store.changed('calls', 'a', () => {
      asked += 1;
      return Buffer.from(String(step));
    });
  }
  t.same(disk.batches, [], 'nobody waits for the disk');
  clock.advance(5);
  await settled();
  t.same(disk.batches, [['calls/a']]);
  t.same(disk.text('calls'), { a: '10' });
  t.equal(asked, 1);
});

t.test('after a large batch the next one gathers longer, and after a small one as long as ever', async (t) => {
  const { disk, clock, store } = house({ commitMs: 5, busyCommitMs: 25 });
  const many = (): void => Array.from({ length: 40 }, (_one, n) => n).forEach((n) => store.changed('calls', `c${n}`, say('1')));
  const passes = async (ms: number): Promise<number> => {
    clock.advance(ms);
    await settled();
    return disk.batches.length;
  };
  many();
  t.equal(await passes(5), 1);
  store.changed('calls', 'a', say('1'));
  t.equal(await passes(24), 1);
  t.equal(await passes(1), 2);
  store.changed('calls', 'a', say('2'));
  t.equal(await passes(5), 3);
});

t.test('between large batches what is under way waits for its end, but not for ever, and never the first time', async (t) => {
  const { disk, clock, store } = house({ commitMs: 5, busyCommitMs: 25, underWayMs: 100 });
  const crowd = (): void => Array.from({ length: 40 }, (_one, n) => n).forEach((n) => store.changed('calls', `c${n}`, say('1')));
  let isUnderWay = true;
  const moves = (word: string): void => store.changed('calls', 'a', say(word), () => isUnderWay);
  const passes = async (ms: number): Promise<string | undefined> => {
    clock.advance(ms);
    await settled();
    return disk.text('calls')['a'];
  };
  moves('begun');
  t.equal(await passes(5), 'begun', 'alone it does not wait');
  crowd();
  store.changed('calls', 'new', say('1'), () => true);
  moves('more');
  t.equal(await passes(5), 'begun');
  t.equal(disk.text('calls')['new'], '1', 'nothing was there of it');
  crowd();
  moves('even more');
  t.equal(await passes(25), 'begun');
  isUnderWay = false;
  crowd();
  t.equal(await passes(25), 'even more', 'it has ended');
  isUnderWay = true;
  for (const word of ['first', 'second', 'third', 'fourth']) {
    crowd();
    moves(word);
    t.equal(await passes(25), word === 'fourth' ? word : 'even more', 'after 100 ms it has waited long enough');
  }
  crowd();
  moves('last');
  t.ok(await store.flush());
  t.equal(disk.text('calls')['a'], 'last', 'a flush waits for nobody');
  t.equal(store.health.pending, 0);
});

t.test('what must not wait does not, whatever is said of it after', async (t) => {
  const { disk, clock, store } = house();
  store.changed('calls', 'a', say('there'));
  clock.advance(5);
  await settled();
  for (let n = 0; n < 40; n += 1) store.changed('calls', `c${n}`, say('1'));
  store.changed('calls', 'a', say('moved'));
  store.changed('calls', 'a', say('and asked to hold'), () => true);
  clock.advance(5);
  await settled();
  t.equal(disk.text('calls')['a'], 'and asked to hold');
});

t.test('a clock that is set back stops nothing', async (t) => {
  const { disk, clock, store } = house({ commitMs: 5, busyCommitMs: 25, underWayMs: 100 });
  let backMs = 0;
  const now = clock.now.bind(clock);
  clock.now = () => now() - backMs;
  store.changed('calls', 'a', say('1'));
  for (let n = 0; n < 40; n += 1) store.changed('calls', `c${n}`, say('1'));
  clock.advance(5);
  await settled();
  store.changed('calls', 'a', say('2'), () => true);
  backMs = 3_600_000;
  for (let n = 0; n < 40; n += 1) store.changed('calls', `c${n}`, say('2'));
  clock.advance(25);
  await settled();
  t.equal(disk.text('calls')['c0'], '2', 'nothing waits an hour for the next batch');
  t.equal(disk.text('calls')['a'], '2', 'nor for its own end');
});

t.test('what takes the place of something is not written later than that goes', async (t) => {
  const { disk, clock, store } = house({ maxBatch: 3 });
  store.changed('calls', 'a', say('up'));
  clock.advance(5);
  await settled();
  store.changed('calls', 'a', say('up and changed'));
  for (const other of ['b', 'c']) store.changed('calls', other, say('1'));
  store.changed('history', 'a', say('a line'));
  store.remove('calls', 'a');
  for (let batch = 0; batch < 3; batch += 1) {
    t.ok('a' in disk.text('calls') || 'a' in disk.text('history'), `after ${batch} batches`);
    clock.advance(5);
    await settled();
  }
  t.notOk('a' in disk.text('calls'));
});

t.test('a batch that failed comes before what changed meanwhile, and what must not wait in it still does not', async (t) => {
  const { disk, clock, store } = house({ maxBatch: 1 });
  store.changed('calls', 'a', say('up'));
  clock.advance(5);
  await settled();
  disk.batches.length = 0;
  disk.fails = true;
  store.changed('history', 'a', say('a line'));
  clock.advance(5);
  store.remove('calls', 'a');
  await settled();
  disk.fails = false;
  clock.advance(1000);
  await settled();
  clock.advance(5);
  await settled();
  t.same(disk.batches, [['history/a'], ['calls/a goes']]);

  const other = house();
  other.store.changed('calls', 'b', say('there'));
  other.clock.advance(5);
  await settled();
  other.disk.fails = true;
  other.store.changed('calls', 'b', say('moved'));
  other.clock.advance(5);
  for (let n = 0; n < 40; n += 1) other.store.changed('calls', `c${n}`, say('1'));
  other.store.changed('calls', 'b', say('and asked to hold'), () => true);
  await settled();
  other.disk.fails = false;
  other.clock.advance(1000);
  await settled();
  t.equal(other.disk.text('calls')['b'], 'and asked to hold');
});

t.test('what comes and goes between two batches never sees the disk', async (t) => {
  const { disk, clock, store } = house();
  store.changed('calls', 'a', say('1'));
  store.remove('calls', 'a');
  store.remove('calls', 'never was');
  clock.advance(100);
  await settled();
  t.same(disk.batches, []);
  t.equal(store.health.entries, 0);
});

t.test('what was written and goes is taken away, also when it goes while it is being written', async (t) => {
  const { disk, clock, store } = house();
  let letGo = (): void => undefined;
  disk.hold = new Promise((resolve) => (letGo = resolve));
  store.changed('calls', 'a', say('1'));
  clock.advance(5);
  store.remove('calls', 'a');
  letGo();
  t.ok(await store.flush());
  t.same(disk.batches, [['calls/a'], ['calls/a goes']]);
  t.equal(store.health.entries, 0);
});

t.test('a slow disk makes larger batches, one at a time', async (t) => {
  const { disk, clock, store } = house();
  let letGo = (): void => undefined;
  disk.hold = new Promise((resolve) => (letGo = resolve));
  store.changed('calls', 'a', say('1'));
  clock.advance(5);
  for (const key of ['b', 'c', 'd']) store.changed('calls', key, say('1'));
  clock.advance(1000);
  t.same(clock.pending(), [], 'the next batch waits for the first');
  t.equal(store.health.pending, 4, 'what is being written is not written yet');
  letGo();
  await settled();
  t.equal(store.health.pending, 3);
  clock.advance(5);
  await settled();
  t.same(disk.batches, [['calls/a'], ['calls/b', 'calls/c', 'calls/d']]);
  t.equal(store.health.pending, 0);
});

t.test('a batch has an end, and the rest comes in the next', async (t) => {
  const { disk, store } = house({ maxBatch: 2 });
  for (const key of ['a', 'b', 'c', 'd', 'e']) store.changed('calls', key, say('1'));
  t.ok(await store.flush());
  t.same(disk.batches, [['calls/a', 'calls/b'], ['calls/c', 'calls/d'], ['calls/e']]);
});

t.test('a disk that fails is tried again, and the younger value wins', async (t) => {
  const { disk, clock, store } = house();
  disk.fails = true;
  store.changed('calls', 'a', say('old'));
  store.changed('calls', 'b', say('only'));
  t.notOk(await store.flush());
  t.match(store.health.problem, /cannot be written/);
  t.equal(store.health.pending, 2, 'neither is on the disk');
  store.changed('calls', 'a', say('young'));
  disk.fails = false;
  t.same(clock.pending(), ['group commit']);
  clock.advance(1000);
  await settled();
  t.same(disk.text('calls'), { a: 'young', b: 'only' });
  t.equal(store.health.problem, undefined);
});

t.test('past maxEntries nothing new is kept, and what is there goes on being kept', async (t) => {
  const { disk, store } = house({ maxEntries: 2 });
  for (const key of ['a', 'b', 'c']) store.changed('calls', key, say('1'));
  store.changed('calls', 'a', say('2'));
  await store.flush();
  t.same(disk.text('calls'), { a: '2', b: '1' });
  t.equal(store.health.refused, 1);
  store.remove('calls', 'b');
  await store.flush();
  store.changed('calls', 'c', say('3'));
  await store.flush();
  t.same(disk.text('calls'), { a: '2', c: '3' }, 'a place that is free again is given again');
});

t.test('what is too large, or cannot be written, is not kept in its old form either', async (t) => {
  const { disk, store } = house({ maxEntryBytes: 10 });
  store.changed('calls', 'a', say('small'));
  store.changed('calls', 'b', say('small'));
  await store.flush();
  store.changed('calls', 'a', say('much too large'));
  store.changed('calls', 'b', () => {
    throw new Error('no bytes for this');
  });
  store.changed('calls', 'a long name'.repeat(100), say('1'));
  await store.flush();
  t.same(disk.text('calls'), {});
  t.equal(store.health.refused, 3);
  t.equal(store.health.entries, 0);
});

t.test('closing writes what is left, once, and takes nothing more', async (t) => {
  const { disk, clock, store } = house();
  store.changed('calls', 'a', say('1'));
  await Promise.all([store.close(), store.close()]);
  store.changed('calls', 'b', say('1'));
  store.remove('calls', 'a');
  clock.advance(10_000);
  await settled();
  t.same(disk.text('calls'), { a: '1' });
  t.same(clock.pending(), []);
});

t.test('closing does not wait for ever for a disk that does not answer', async (t) => {
  const { disk, clock, store } = house();
  disk.hold = new Promise(() => undefined);
  store.changed('calls', 'a', say('1'));
  const closed = store.close();
  await settled();
  clock.advance(3000);
  await closed;
  t.same(disk.text('calls'), {});
});

t.test('what the last life left is known, so it can be taken away', async (t) => {
  const { disk, clock, store } = house();
  store.changed('calls', 'a', say('1'));
  await store.close();
  const next = new Store(disk, clock, createLogger('silent'));
  t.same(
    [...next.read('calls')].map(([key]) => key),
    ['a'],
  );
  next.remove('calls', 'a');
  await next.close();
  t.same(disk.text('calls'), {});
});
