/** under-way: how many items are worked on at once, and when more are begun. */
import t from 'tap';
import { GROW_MS, underWay } from '#calls/under-way.js';
import { FakeClock } from '../support/fake-clock.js';

const WIDTH = { first: 2, step: 3, most: 7 };
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Work that ends when the test says so. */
function bench(count: number, clock: FakeClock) {
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const work = async (item: number): Promise<string> => {
    begun.push(item);
    await new Promise<void>((resolve) => ends.set(item, resolve));
    return `done ${item}`;
  };
  const items = Array.from({ length: count }, (_, index) => index);
  const end = async (...which: number[]): Promise<void> => {
    for (const one of which) ends.get(one)?.();
    await settled();
  };
  return { begun, end, done: underWay(items, work, WIDTH, clock) };
}

t.test('few at first; who is done makes room for the next', async (t) => {
  const { begun, end } = bench(10, new FakeClock());
  t.same(begun, [0, 1]);
  await end(1);
  t.same(begun, [0, 1, 2]);
});

t.test('more while others are waited for, and never more than so many', async (t) => {
  const clock = new FakeClock();
  const { begun } = bench(10, clock);
  clock.advance(GROW_MS);
  t.equal(begun.length, 5);
  clock.advance(GROW_MS);
  t.equal(begun.length, 7);
  clock.advance(10 * GROW_MS);
  t.equal(begun.length, 7);
  t.same(clock.pending(), []);
});

t.test('not while this thread is what is waited for', async (t) => {
  const clock = new FakeClock();
  const { begun } = bench(10, clock);
  const now = clock.now.bind(clock);
  clock.now = () => now() + 4;
  clock.advance(GROW_MS);
  t.equal(begun.length, 2, 'the timer came 4 ms late');
  clock.advance(GROW_MS);
  t.equal(begun.length, 5, 'this one did not');
});

t.test('results stand in the order of the items, and nothing is left running', async (t) => {
  const clock = new FakeClock();
  const { begun, end, done } = bench(6, clock);
  clock.advance(GROW_MS);
  await end(4, 3, 2);
  t.equal(begun.length, 6);
  await end(0, 1, 5);
  t.same(
    await done,
    [0, 1, 2, 3, 4, 5].map((item) => `done ${item}`),
  );
  t.same(clock.pending(), []);
  t.same(await underWay([], () => Promise.resolve(1), WIDTH, clock), []);
  t.same(clock.pending(), []);
});
