/** Goal: failures are counted, bans grow, and no map grows past its limit. */
import t from 'tap';
import { Bans } from '#guard/bans.js';
import { Buckets } from '#guard/buckets.js';
import { Strangers } from '#guard/strangers.js';
import { Tellings } from '#guard/tellings.js';

const LIMITS = { failures: 3, windowMs: 60_000, firstMs: 10_000, longestMs: 40_000, remembered: 5 };

t.test('the third failure in a window bans, the second ban is twice as long, and none is longer than the longest', async (t) => {
  const bans = new Bans(LIMITS);
  let nowMs = 0;
  const lengths: (number | undefined)[] = [];
  for (let round = 0; round < 4; round++) {
    for (let count = 0; count < 3; count++) lengths.push(bans.fail('a', nowMs));
    nowMs += 1000;
  }
  t.same(
    lengths.filter((one) => one !== undefined),
    [10, 20, 40, 40],
  );
  t.equal(bans.left('a', nowMs), 39);
  t.equal(bans.left('a', nowMs + 39_000), undefined);
  t.equal(bans.left('b', nowMs), undefined);
});

t.test('failures far apart are no guessing, and who was quiet for long begins anew', async (t) => {
  const bans = new Bans(LIMITS);
  for (let count = 0; count < 20; count++) t.equal(bans.fail('a', count * 60_000), undefined);
  bans.ban('b', 0);
  t.equal(bans.ban('b', 10_000), 20);
  t.equal(bans.ban('b', 10_000 + 20_000 + 40_000), 10);
});

t.test('with no failures allowed to be counted nobody is banned', async (t) => {
  const bans = new Bans({ ...LIMITS, failures: 0 });
  for (let count = 0; count < 50; count++) t.equal(bans.fail('a', 0), undefined);
  t.equal(bans.size, 0);
});

t.test('only so many names are remembered', async (t) => {
  const bans = new Bans(LIMITS);
  const buckets = new Buckets({ perSecond: 1, burst: 1 }, 5);
  for (let count = 0; count < 100; count++) {
    bans.fail(`name ${count}`, 0);
    buckets.take(`name ${count}`, 0);
  }
  t.equal(bans.size, 5);
  t.equal(buckets.size, 5);
});

t.test('a clock that is set back empties no bucket and fills none', async (t) => {
  const buckets = new Buckets({ perSecond: 1, burst: 2 }, 5);
  t.equal(buckets.take('a', 10_000).kind, 'in');
  t.equal(buckets.take('a', 0).kind, 'in');
  t.same(buckets.take('a', 0), { kind: 'over', retryAfterSec: 2 });
});

t.test('who asks for too many numbers and proves none is found out; who proves them is not', async (t) => {
  const strangers = new Strangers({ numbers: 3, windowMs: 1000, remembered: 10 });
  t.same(
    ['100', '101', '101', '102', '103'].map((number) => strangers.asks('a', number, 0)),
    [false, false, false, false, true],
  );
  for (let number = 0; number < 50; number++) {
    t.equal(strangers.asks('b', String(number), 0), false);
    strangers.proves('b', String(number));
  }
  for (let number = 0; number < 50; number++) t.equal(strangers.asks('c', String(number), number * 1000), false, 'slowly');
});

t.test('a line is said once a minute, and then says how often it was not', async (t) => {
  const tellings = new Tellings();
  t.same(
    [0, 1, 59_999, 60_000].map((nowMs) => tellings.say('x', nowMs)),
    [0, undefined, undefined, 2],
  );
  t.equal(tellings.say('y', 0), 0);
});

t.test('what is remembered shrinks at once when less is to be remembered', async (t) => {
  const bans = new Bans({ ...LIMITS, remembered: 100 });
  for (let count = 0; count < 100; count++) bans.ban(`name ${count}`, 0);
  bans.configure(LIMITS);
  t.equal(bans.size, 5);
  t.equal(bans.left('name 99', 0), 10, 'the youngest stays out');
});
