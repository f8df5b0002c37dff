/** Goal: while we are behind, as many new calls are let in as can be done in time, no more and not much fewer. Moved clock. */
import t from 'tap';
import { CallRate } from '#engine/call-rate.js';

const SAMPLE_MS = 100;

/** A house that can do `capacity` calls a second; what is more waits, and is what we are behind by. */
function run(rate: CallRate, offered: number, capacity: number, seconds: number, startMs = 0) {
  let [nowMs, waiting, due, admitted, behindMs] = [startMs, 0, 0, 0, 0];
  for (let sample = 0; sample < (seconds * 1000) / SAMPLE_MS; sample++) {
    let worstMs = 0;
    for (let ms = 0; ms < SAMPLE_MS; ms++) {
      nowMs += 1;
      for (due += offered / 1000; due >= 1; due--)
        if (rate.admits(nowMs)) {
          waiting += 1;
          admitted += 1;
        }
      waiting = Math.max(0, waiting - capacity / 1000);
      worstMs = Math.max(worstMs, (waiting * 1000) / capacity);
    }
    behindMs = worstMs;
    rate.sample(worstMs, nowMs);
  }
  return { perSecond: admitted / seconds, behindMs, nowMs };
}

t.test('who is in time has no limit, and one pause makes none', async (t) => {
  const rate = new CallRate();
  const { nowMs } = run(rate, 300, 400, 5);
  for (const lateMs of [800, 5, 300, 300, 5]) rate.sample(lateMs, nowMs + 1);
  t.equal(rate.limited, false);
});

t.test('calls have a rate before the door is shut, whenever that is', async (t) => {
  for (const [shutMs, lateMs] of [
    [undefined, 260],
    [400, 260],
    [60_000, 260],
    [100, 70],
  ] as const) {
    const limited = [lateMs, lateMs - 20].map((ms) => {
      const rate = new CallRate(shutMs);
      const { nowMs } = run(rate, 300, 400, 5);
      for (let sample = 1; sample <= 6; sample++) {
        for (let asked = 0; asked < 30; asked++) rate.admits(nowMs + SAMPLE_MS * sample);
        rate.sample(ms, nowMs + SAMPLE_MS * sample);
      }
      return rate.limited;
    });
    t.same(limited, [true, false], `shut at ${shutMs} ms`);
  }
});

t.test('at three times and at ten times of what can be done, more than 80 % of it is done, and nobody waits long', async (t) => {
  for (const times of [3, 10]) {
    const rate = new CallRate();
    const { nowMs } = run(rate, 400 * times, 400, 5);
    const { perSecond, behindMs } = run(rate, 400 * times, 400, 20, nowMs);
    t.ok(perSecond > 320, `${times} times: ${perSecond.toFixed(0)} a second`);
    t.ok(behindMs < 400, `${times} times: behind by ${behindMs.toFixed(0)} ms`);
  }
});

t.test(
  'what was done in time before a pause is let in again as soon as nothing waits, and less each time that it was too much',
  async (t) => {
    const rate = new CallRate();
    let nowMs = 0;
    const pass = (lateMs: number, samples: number): number => {
      for (let sample = 0; sample < samples; sample++) {
        for (let asked = 0; asked < 200; asked++) rate.admits((nowMs += SAMPLE_MS / 200));
        rate.sample(lateMs, nowMs);
      }
      return rate.perSecond;
    };
    pass(10, 20);
    t.ok(pass(500, 6) < 1000, 'while it is worked off half of it and less');
    const again = pass(20, 1);
    t.ok(again > 1350 && again < 1600, `${again.toFixed(0)} of 2000 a second`);
    pass(500, 3);
    const third = pass(20, 1);
    t.ok(third < 0.85 * again && third > 0.7 * again, `${third.toFixed(0)} after ${again.toFixed(0)}`);
  },
);

t.test('what could be done before is forgotten when calls become heavier', async (t) => {
  const rate = new CallRate();
  const { nowMs } = run(rate, 2000, 2400, 5);
  const first = run(rate, 2000, 400, 10, nowMs);
  const { perSecond, behindMs } = run(rate, 2000, 400, 20, first.nowMs);
  t.ok(perSecond > 320 && perSecond < 420, `${perSecond.toFixed(0)} a second`);
  t.ok(behindMs < 400, `behind by ${behindMs.toFixed(0)} ms`);
});

t.test('when it is over everybody is let in again', async (t) => {
  const rate = new CallRate();
  const { nowMs } = run(rate, 1200, 400, 10);
  t.equal(rate.limited, true);
  t.ok(run(rate, 100, 400, 20, nowMs).perSecond > 99);
  t.equal(rate.limited, false);
});

t.test('however bad it is, a few are let in, by whom it is found out that it is over', async (t) => {
  const rate = new CallRate();
  let admitted = 0;
  for (let nowMs = 0; nowMs < 60_000; nowMs += SAMPLE_MS) {
    rate.sample(5000, nowMs);
    if (rate.admits(nowMs)) admitted += 1;
  }
  t.equal(admitted, 60_000 / SAMPLE_MS, 'every one of them: ten a second are not what makes us late');
  t.equal(rate.limited, false);
});

t.test('while nobody is let in nothing is learned of how many could be', async (t) => {
  const rate = new CallRate();
  const { nowMs } = run(rate, 1200, 400, 5);
  const before = rate.perSecond;
  for (let sample = 1; sample <= 30; sample += 1) {
    rate.shut();
    rate.sample(3000 - sample * SAMPLE_MS + 500, nowMs + sample * SAMPLE_MS);
  }
  t.equal(rate.perSecond, before, 'a pause of three seconds, and the same rate as before it');
});
