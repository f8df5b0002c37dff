/** Goal: memory is given back once after a crowd, and nobody is stopped for it in between. */
import t from 'tap';
import { QuietCollector } from '#kit/quiet-collector.js';
import { FakeClock } from '../support/fake-clock.js';

function house() {
  const clock = new FakeClock();
  const state = { count: 0, collected: 0 };
  const collector = new QuietCollector({ clock, count: () => state.count, collect: () => state.collected++ });
  const looks = (count: number): void => {
    for (let look = 0; look < count; look++) clock.advance(10_000);
  };
  return { clock, state, collector, looks };
}

t.test('once, when a crowd has been gone for some time, and again after the next one', async (t) => {
  const { state, looks } = house();
  for (const round of [1, 2]) {
    state.count = 500;
    looks(5);
    state.count = 50;
    looks(3);
    t.equal(state.collected, round - 1, 'they might come back');
    looks(1);
    t.equal(state.collected, round);
    looks(20);
    t.equal(state.collected, round, 'once');
  }
});

t.test('not while more than a tenth is there, not after a few, and not when they come back', async (t) => {
  const { state, looks } = house();
  state.count = 199;
  looks(1);
  state.count = 0;
  looks(20);
  state.count = 500;
  looks(1);
  state.count = 51;
  looks(20);
  for (let wave = 0; wave < 5; wave++) {
    state.count = 0;
    looks(3);
    state.count = 400;
    looks(1);
  }
  t.equal(state.collected, 0);
});

t.test('closing twice is closing once, and nothing is left that waits', async (t) => {
  const { clock, state, collector, looks } = house();
  state.count = 500;
  looks(1);
  collector.close();
  collector.close();
  t.same(clock.pending(), []);
});

t.test('V8 itself can be asked', async (t) => {
  const clock = new FakeClock();
  let count = 500;
  const collector = new QuietCollector({ clock, count: () => count });
  t.teardown(() => collector.close());
  clock.advance(10_000);
  count = 0;
  const gone = new WeakRef({ some: 'thing' });
  await new Promise((resolve) => setImmediate(resolve)); // a WeakRef holds until the turn is over
  for (let look = 0; look < 4; look++) clock.advance(10_000);
  t.equal(gone.deref(), undefined);
});
