/** early: who waits for a crowd to become big. */
import t from 'tap';
import { Early } from '#media/fan/early.js';

t.test('those of a crowd are given out once, in the order in which they came', async (t) => {
  const early = new Early<number>();
  early.add('jazz', 'a', 1);
  early.add('jazz', 'b', 2);
  early.add('blues', 'c', 3);
  t.same(early.oneOfEach(), [1, 3]);
  t.same(early.take('jazz'), [1, 2]);
  t.same(early.oneOfEach(), [3]);
  t.same(early.take('jazz'), []);
  t.equal(early.size, 1);
});

t.test('nobody waits twice, and who has gone does not wait', async (t) => {
  const early = new Early<number>();
  early.add('jazz', 'a', 1);
  early.add('blues', 'a', 2);
  t.same(early.take('jazz'), []);
  early.add('blues', 'b', 3);
  early.remove('a');
  early.remove('a');
  t.same(early.take('blues'), [3]);
  early.add('jazz', 'd', 4);
  early.clear();
  t.equal(early.size, 0);
  t.same(early.take('jazz'), []);
});
