/**
 * Goal: who asks how the engine's store is gets an answer, also from a thread that does not answer. Method: a thread that the test is.
 */
import t from 'tap';
import { StoreQuestions } from '#engine/store-questions.js';
import { FakeClock } from '../support/fake-clock.js';

const WELL = { entries: 4, pending: 1, batches: 9, refused: 0 };

function questions() {
  const clock = new FakeClock();
  let asked = 0;
  return { clock, asked: () => asked, store: new StoreQuestions(() => void asked++, clock) };
}

t.test('each question has an answer of its own, in their order', async (t) => {
  const { clock, asked, store } = questions();
  const [first, second] = [store.ask(), store.ask()];
  t.equal(asked(), 2);
  store.answered(WELL);
  store.answered({ ...WELL, pending: 0 });
  t.same([await first, await second], [WELL, { ...WELL, pending: 0 }]);
  t.same(clock.pending(), []);
  const third = store.ask();
  store.answered(undefined);
  t.equal(await third, undefined, 'there is no store');
});

t.test('a thread that does not answer is a problem; its late answer is nobody else’s', async (t) => {
  const { clock, store } = questions();
  const before = store.ask();
  store.answered(WELL);
  await before;
  const unheard = store.ask();
  clock.advance(1000);
  t.same(await unheard, { ...WELL, problem: 'the SIP engine does not say how its store is' }, 'as it was when it last said');
  const next = store.ask();
  store.answered({ ...WELL, batches: 10 });
  store.answered({ ...WELL, batches: 11 });
  t.same(await next, { ...WELL, batches: 11 });
  t.same(clock.pending(), []);
});

t.test('only so many wait', async (t) => {
  const { clock, asked, store } = questions();
  const waiting = Array.from({ length: 100 }, () => store.ask());
  t.match(await store.ask(), { problem: /does not say/ }, 'the next is told so at once');
  t.equal(asked(), 100);
  clock.advance(1000);
  t.equal((await Promise.all(waiting)).length, 100);
  store.answered(WELL);
  const again = store.ask();
  t.equal(asked(), 101, 'an answer makes room');
  for (let left = 0; left < 100; left++) store.answered(WELL);
  t.same(await again, WELL);
});
