/** Goal: what is remembered stays within its limit, and who stays are the youngest. */
import t from 'tap';
import { forgetOldest } from '#kit/forget-oldest.js';

t.test('at its limit nothing is forgotten; beyond it an eighth goes, the oldest first', async (t) => {
  const map = new Map(Array.from({ length: 80 }, (_, index) => [index, 'x']));
  forgetOldest(map, 80);
  t.equal(map.size, 80);
  map.set(80, 'x');
  forgetOldest(map, 80);
  t.same(
    [...map.keys()],
    Array.from({ length: 70 }, (_, index) => index + 11),
  );
});

t.test('however many come, the limit holds and the youngest is always there', async (t) => {
  for (const most of [1, 5, 8, 100]) {
    const set = new Set<number>();
    for (let count = 0; count < 1000; count++) {
      // Every third one has been there before, and is young again.
      const who = count % 3 === 0 ? 7 : count;
      set.delete(who);
      set.add(who);
      forgetOldest(set, most);
      if (set.size > most || !set.has(who)) t.fail(`${most}: ${count}`);
    }
    t.ok(set.size >= most - (most >> 3), `of ${most} so many are kept: ${set.size}`);
    if (most > 2) t.ok(set.has(7), 'who comes again and again stays');
  }
});

t.test('nothing may be kept: nothing is', async (t) => {
  const set = new Set(['a', 'b']);
  forgetOldest(set, 0);
  t.equal(set.size, 0);
});

/** A map that counts how often somebody looks for its keys. */
class Watched extends Map<string, number> {
  looks = 0;

  override keys() {
    this.looks += 1;
    return super.keys();
  }
}

t.test('the oldest is looked for only when there are too many', async (t) => {
  const map = new Watched();
  for (let count = 0; count < 800; count++) {
    map.set(`name ${count}`, count);
    forgetOldest(map, 800);
  }
  t.equal(map.looks, 0);
  for (let count = 800; count < 1000; count++) {
    map.set(`name ${count}`, count);
    forgetOldest(map, 800);
  }
  t.equal(map.looks, 2);
});
