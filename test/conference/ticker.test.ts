/**
 * Goal: a tick every 20 ms on the mean, whatever the timer does. Method: a clock that the test moves, also too late.
 */
import t from 'tap';
import { Ticker } from '#conference/ticker.js';
import { FakeClock } from '../support/fake-clock.js';

function ticking(): { clock: FakeClock; ticker: Ticker; made: () => number; left: () => number; lateMs: (ms: number) => void } {
  const clock = new FakeClock();
  let made = 0;
  let left = 0;
  let behindMs = 0;
  const ticker = new Ticker({
    clock,
    nowMs: () => clock.now() + behindMs,
    afterReading: (fn) => fn(),
    tick: () => void made++,
    skip: (ticks) => void (left += ticks),
  });
  ticker.start();
  return { clock, ticker, made: () => made, left: () => left, lateMs: (ms) => void (behindMs += ms) };
}

t.test('fifty a second', (t) => {
  const { clock, ticker, made } = ticking();
  clock.advance(1000);
  t.equal(made(), 50);
  t.match(ticker.stats, { ticks: 50, late: 0, skipped: 0 });
  t.end();
});

t.test('what a late timer missed is made up for, and the beat stays', (t) => {
  const { clock, ticker, made, lateMs } = ticking();
  clock.advance(100);
  lateMs(70);
  clock.advance(830);
  t.equal(made(), 50);
  t.match(ticker.stats, { late: 1, skipped: 0 });
  t.end();
});

t.test('after a long pause the rest is left out, and said', (t) => {
  const { clock, ticker, made, left, lateMs } = ticking();
  clock.advance(100);
  lateMs(1000);
  clock.advance(20);
  t.equal(made(), 5 + 5);
  t.equal(left(), 51 - 5);
  t.equal(ticker.stats.skipped, 46);
  t.end();
});

t.test('started again while a tick was on its way, there is still one beat', (t) => {
  const clock = new FakeClock();
  const later: (() => void)[] = [];
  let made = 0;
  const parts = { clock, nowMs: () => clock.now(), tick: () => void made++, skip: () => undefined };
  const ticker = new Ticker({ ...parts, afterReading: (fn) => void later.push(fn) });
  ticker.start();
  clock.advance(20);
  ticker.stop();
  ticker.start();
  later.shift()?.();
  t.equal(made, 0, "the old tick is nobody's");
  t.same(clock.pending(), ['conference tick']);
  clock.advance(20);
  later.shift()?.();
  t.equal(made, 1);
  t.same(clock.pending(), ['conference tick']);
  t.end();
});

t.test('stopped is stopped, also in the moment between timer and tick', (t) => {
  const clock = new FakeClock();
  let later: (() => void) | undefined;
  let made = 0;
  const parts = { clock, nowMs: () => clock.now(), tick: () => void made++, skip: () => undefined };
  const ticker = new Ticker({ ...parts, afterReading: (fn) => void (later = fn) });
  ticker.start();
  ticker.start();
  t.same(clock.pending(), ['conference tick'], 'starting twice is starting once');
  clock.advance(20);
  ticker.stop();
  later?.();
  t.equal(made, 0);
  t.same(clock.pending(), []);
  t.end();
});
