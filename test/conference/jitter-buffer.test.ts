/**
 * Goal: what a member says comes out in order, whole and soon, whatever the network does. Method: packets carry a rising count as
 * samples, so that what comes out says which packet it was; times are made up.
 */
import fc from 'fast-check';
import t from 'tap';
import { FRAME_SAMPLES, newFrame } from '#conference/frame.js';
import { JitterBuffer, type Popped } from '#conference/jitter-buffer.js';
import { amplitude, steepest, tone } from '../support/conference-table.js';

const SSRC = 7;

/** Packet `number` of a stream: every sample of it is its number. */
const samplesOf = (number: number, length = FRAME_SAMPLES): Int16Array => new Int16Array(length).fill(number);

/** Plays a list: what arrives before each tick; gives what each tick made, the number of the packet or the word. */
function play(arrivals: readonly (readonly number[])[], start = 1000): { out: (number | Popped)[]; buffer: JitterBuffer } {
  const buffer = new JitterBuffer();
  const frame = newFrame();
  const out = arrivals.map((numbers, tick) => {
    for (const number of numbers) buffer.push(SSRC, (start + number * FRAME_SAMPLES) >>> 0, samplesOf(number), tick * 20);
    const popped = buffer.pop(frame);
    return popped === 'sound' ? (frame[FRAME_SAMPLES - 1] ?? 0) : popped;
  });
  return { out, buffer };
}

const steady = (count: number, from = 1): number[][] => Array.from({ length: count }, (_, index) => [from + index]);

t.test('a steady stream comes out whole, a packet later', (t) => {
  const { out, buffer } = play(steady(10));
  t.same(out, ['covered', 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.match(buffer.stats, { lost: 0, late: 0, starved: 0, frames: 9 });
  t.end();
});

t.test('the clock of a stream may wrap in the middle', (t) => {
  const { out } = play(steady(10), 2 ** 32 - 5 * FRAME_SAMPLES);
  t.same(out.slice(1), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  t.end();
});

t.test('packets out of order are put in order', (t) => {
  const { out, buffer } = play([[1], [2], [4, 3], [5], [6], [7]]);
  t.same(out.slice(1), [1, 2, 3, 4, 5]);
  t.equal(buffer.stats.lost, 0);
  t.end();
});

t.test('a packet that was lost is covered once, and nothing else is', (t) => {
  const { out, buffer } = play([...steady(6), [], ...steady(6, 8)]);
  t.same(out, ['covered', 1, 2, 3, 4, 5, 6, 'covered', 8, 9, 10, 11, 12]);
  t.match(buffer.stats, { lost: 1, starved: 0 });
  t.end();
});

t.test('the same packet twice is the same as once', (t) => {
  const { out } = play([[1], [2, 2], [3, 3, 2], [4], [5]]);
  t.same(out.slice(1), [1, 2, 3, 4]);
  t.end();
});

t.test('a packet after its turn is counted and not played', (t) => {
  const { out, buffer } = play([[1], [2], [3], [5], [6], [4, 7], [8]]);
  t.equal(buffer.stats.late, 1);
  t.equal(out.filter((one) => one === 4).length, 0);
  t.end();
});

t.test('a packet that is late makes the buffer wait longer, so that the next late one is in time', (t) => {
  const { out, buffer } = play([...steady(6), [], [], [7, 8, 9], ...steady(6, 10), [], [], [16, 17, 18], ...steady(4, 19)]);
  t.ok(buffer.stats.starved > 0, 'the first time');
  const second = out.slice(15);
  t.same(
    second.filter((one) => typeof one !== 'number'),
    [],
    `the second time ${out.join(' ')}`,
  );
  t.equal(buffer.stats.late, 0);
  t.end();
});

t.test('what waits longer than it must is shortened again, without a click', (t) => {
  const buffer = new JitterBuffer();
  const frame = newFrame();
  const heard: number[] = [];
  let sent = 0;
  const say = (atMs: number): void => {
    buffer.push(SSRC, sent * FRAME_SAMPLES, tone(100, FRAME_SAMPLES, 8000, sent * FRAME_SAMPLES), atMs);
    sent++;
  };
  for (let burst = 0; burst < 6; burst++) say(0);
  const delays: number[] = [];
  for (let tick = 1; tick < 400; tick++) {
    say(tick * 20);
    if (buffer.pop(frame) === 'sound') heard.push(...frame);
    delays.push(buffer.delayMs);
  }
  t.ok((delays[0] ?? 0) > 80 && (delays.at(-1) ?? 99) < 25, `${delays[0]} ms became ${delays.at(-1)} ms`);
  t.ok(buffer.stats.skippedMs > 50);
  t.ok(steepest(Int16Array.from(heard)) < 900, String(steepest(Int16Array.from(heard))));
  t.end();
});

t.test('a member that stops is silent after a fade, and begins anew when it speaks again', (t) => {
  const gap: number[][] = Array.from({ length: 50 }, () => []);
  const { out, buffer } = play([...steady(6), ...gap, ...steady(5, 57)]);
  t.equal(out[30], 'silence');
  t.same(out.slice(-4), [57, 58, 59, 60]);
  t.ok(buffer.stats.starved < 10, 'silence is not counted as loss for ever');
  t.end();
});

t.test('another source, or a clock that jumps, begins anew', (t) => {
  const { out, buffer } = play([...steady(6), ...steady(4, 5000)]);
  t.same(out.slice(-3), [5000, 5001, 5002]);
  const frame = newFrame();
  for (let number = 0; number < 4; number++) {
    buffer.push(SSRC + 1, number * FRAME_SAMPLES, samplesOf(number + 1), 1000 + 20 * number);
    buffer.pop(frame);
  }
  t.equal(frame[0], 3);
  t.end();
});

t.test('packets of 10, 30 and 60 ms are one stream', (t) => {
  for (const length of [80, 240, 480]) {
    const buffer = new JitterBuffer();
    const frame = newFrame();
    const heard: number[] = [];
    let said = 0;
    for (let tick = 0; tick < 100; tick++) {
      for (; said < (tick + 1) * FRAME_SAMPLES; said += length) buffer.push(SSRC, said, tone(500, length, 8000, said), tick * 20);
      if (buffer.pop(frame) === 'sound') heard.push(...frame);
    }
    t.equal(buffer.stats.lost, 0, `${length / 8} ms`);
    t.ok(amplitude(heard.slice(-1600), 500) > 7900, `${length / 8} ms`);
  }
  t.end();
});

t.test('a flood keeps the delay within its limit', (t) => {
  const buffer = new JitterBuffer();
  for (let number = 0; number < 10_000; number++) buffer.push(SSRC, number * FRAME_SAMPLES, samplesOf(1), 0);
  t.ok(buffer.delayMs <= 260, `${buffer.delayMs} ms`);
  t.end();
});

t.test('whatever is lost, late or out of order, sound never goes back, and the delay stays bounded', (t) => {
  const delay = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 20 }) },
    fc.integer({ min: 0, max: 400 }),
    fc.constant(-1),
  );
  fc.assert(
    fc.property(fc.array(delay, { minLength: 30, maxLength: 150 }), (delaysMs) => {
      const arrivals: number[][] = Array.from({ length: delaysMs.length + 25 }, () => []);
      delaysMs.forEach((ms, index) => void (ms >= 0 && arrivals[index + Math.floor(ms / 20)]?.push(index + 1)));
      const { out, buffer } = play(arrivals);
      const played = out.filter((one) => typeof one === 'number');
      const back = played.findIndex((number, index) => number < (played[index - 1] ?? 0));
      return back === -1 && buffer.delayMs <= 512;
    }),
  );
  t.pass('for all that were tried');
  t.end();
});
