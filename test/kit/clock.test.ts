/** clock: waits that are longer than setTimeout() can. */
import t from 'tap';
import { RealClock } from '#kit/clock.js';

t.test('a wait of more than 24.8 days is not over at once, and can be cancelled', async (t) => {
  const clock = new RealClock();
  const over: string[] = [];
  const timers = [2 ** 31, 31_536_000_000].map((ms) => clock.after(`${ms} ms`, ms, () => over.push(`${ms} ms`)));
  await new Promise<void>((resolve) => clock.after('a short one', 5, resolve));
  t.same(over, []);
  for (const timer of timers) timer.cancel();
});
