/**
 * Goal: who asks how the engine's store is gets an answer, also from a thread that does not answer. Method: a thread that the test is.
 */
import t from 'tap';
import { StoreQuestions } from '#engine/store-questions.js';
import { FakeClock } from '../support/fake-clock.js';

const WELL = { entries: 4, pending: 1, batches: 9, refused: 0 };

function questions() {
  const clock = new FakeClock();
  const asked: number[] = [];
  return { clock, asked, store: new StoreQuestions((id) => void asked.push(id), clock) };
}

t.test('each question has its own answer, whichever comes first', async (t) => {
  const { clock, asked, store } = questions();
  const [first, second] = [store.ask(), store.ask()];
  const [one = 0, two = 0] = asked;
  t.not(one, two);
  store.answered(two, { ...WELL, pending: 0 });
  store.answered(one, WELL);
  t.same([await first, await second], [WELL, { ...WELL, pending: 0 }]);
  t.same(clock.pending(), []);
  const third = store.ask();
  store.answered(asked[2] ?? 0, undefined);
  t.equal(await third, undefined, 'there is no store');
});

t.test('a thread that does not answer is a problem; its late answer is nobody else’s', async (t) => {
  const { clock, asked, store } = questions();
  const before = store.ask();
  store.answered(asked[0] ?? 0, WELL);
  await before;
  const unheard = store.ask();
  clock.advance(1000);
  t.same(await unheard, { ...WELL, problem: 'the SIP engine does not say how its store is' }, 'as it was when it last said');
  const next = store.ask();
  store.answered(asked[1] ?? 0, { ...WELL, batches: 10 });
  store.answered(asked[2] ?? 0, { ...WELL, batches: 11 });
  t.same(await next, { ...WELL, batches: 11 });
  t.same(clock.pending(), []);
});

t.test('only so many wait', async (t) => {
  const { clock, asked, store } = questions();
  const waiting = Array.from({ length: 100 }, () => store.ask());
  t.match(await store.ask(), { problem: /does not say/ }, 'the next is told so at once');
  t.equal(asked.length, 100);
  store.answered(asked[0] ?? 0, WELL);
  const again = store.ask();
  t.equal(asked.length, 101, 'an answer makes room');
  store.answered(asked[100] ?? 0, WELL);
  t.same(await again, WELL);
  clock.advance(1000);
  const all = await Promise.all(waiting);
  t.equal(all.filter((health) => health?.problem !== undefined).length, 99);
});
