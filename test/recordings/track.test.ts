/**
 * Goal: sound stands on the time of a recording where it was said. Method: packets with times of their own, no socket.
 */
import t from 'tap';
import { Track } from '#recordings/track.js';
import { seeded } from '../support/mutate.js';

const PACKET = 160;
const START_MS = 1_000_000;

const packet = (value: number): Int16Array => new Int16Array(PACKET).fill(value);

function take(track: Track, count: number): Int16Array {
  const out = new Int16Array(count);
  track.take(out);
  return out;
}

/** Which values stand where, without what is silent: [first sample, value]. */
function marks(samples: Int16Array): [number, number][] {
  const found: [number, number][] = [];
  let before = 0;
  samples.forEach((value, at) => {
    if (value !== before && value !== 0) found.push([at, value]);
    before = value;
  });
  return found;
}

t.test('packets stand by their timestamps, whatever their order', (t) => {
  const track = new Track(START_MS);
  track.place(1, 5000, packet(1), START_MS + 20);
  track.place(1, 5320, packet(3), START_MS + 60);
  track.place(1, 5160, packet(2), START_MS + 61);
  t.same(marks(take(track, 1600)), [
    [160, 1],
    [320, 2],
    [480, 3],
  ]);
  t.same(marks(take(track, 1600)), [], 'what was taken is gone');
  t.end();
});

t.test('a timestamp may wrap', (t) => {
  const track = new Track(START_MS);
  track.place(1, 2 ** 32 - 160, packet(1), START_MS);
  track.place(1, 0, packet(2), START_MS + 20);
  t.same(marks(take(track, 800)), [
    [0, 1],
    [160, 2],
  ]);
  t.end();
});

t.test('a stream that stood still goes on where it arrives, so a hold keeps its length', (t) => {
  const track = new Track(START_MS);
  track.place(1, 1000, packet(1), START_MS);
  track.place(1, 1160, packet(2), START_MS + 2000);
  t.same(marks(take(track, 16_800)), [
    [0, 1],
    [16_000, 2],
  ]);
  t.end();
});

t.test('another source begins where it arrives', (t) => {
  const track = new Track(START_MS);
  track.place(1, 1000, packet(1), START_MS);
  track.place(2, 77, packet(2), START_MS + 20);
  t.same(marks(take(track, 800)), [
    [0, 1],
    [160, 2],
  ]);
  t.end();
});

t.test('what comes too late is left out, what hangs over is cut', (t) => {
  const track = new Track(START_MS);
  track.place(1, 1000, packet(1), START_MS);
  take(track, 400);
  track.place(1, 1160, packet(2), START_MS + 70);
  track.place(1, 1320, packet(3), START_MS + 71);
  t.same(marks(take(track, 400)), [[0, 3]], 'of the third packet the end');
  t.end();
});

t.test('a second of packets that all come early is laid anew: clocks drift', (t) => {
  const track = new Track(START_MS);
  // One packet late by 200 ms is the first, so all that follow stand 200 ms too late.
  track.place(1, 0, packet(1), START_MS + 200);
  for (let index = 1; index < 200; index++) track.place(1, index * PACKET, packet(index), START_MS + index * 20);
  const samples = take(track, 32_000);
  t.equal(samples.lastIndexOf(199), 199 * PACKET + PACKET - 1, 'the last one stands where it arrived');
  t.end();
});

t.test('whatever comes, every sample that is given out came from a packet or is silence', (t) => {
  let loud = 0;
  for (let seed = 0; seed < 50; seed++) {
    const random = seeded(seed);
    const track = new Track(START_MS);
    let nowMs = START_MS;
    for (let step = 0; step < 100; step++) {
      nowMs += Math.floor(random() * 100);
      const timestamp = random() < 0.2 ? Math.floor(random() * 2 ** 32) : (step * PACKET) >>> 0;
      track.place(Math.floor(random() * 2), timestamp, new Int16Array(Math.floor(random() * 1500)).fill(7), nowMs);
      const due = (nowMs - START_MS) * 8 - track.taken;
      if (random() < 0.3 && due > 0) {
        const samples = take(track, due);
        const strange = samples.find((sample) => sample !== 0 && sample !== 7);
        if (strange !== undefined) t.fail(`seed ${seed}: ${strange}`);
        loud += samples.filter((sample) => sample === 7).length;
      }
    }
  }
  t.ok(loud > 25_000, 'and much of it was a packet');
  t.end();
});
