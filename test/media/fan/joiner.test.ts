/** joiner: several packets become one with the sound of all. */
import t from 'tap';
import { cut, Joiner, partsIn } from '#media/fan/joiner.js';

function packet({ sequence = 0, timestamp = 0, ssrc = 7, fill = 1 } = {}): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0x8000, 0);
  head.writeUInt16BE(sequence, 2);
  head.writeUInt32BE(timestamp >>> 0, 4);
  head.writeUInt32BE(ssrc, 8);
  return Buffer.concat([head, Buffer.alloc(160, fill)]);
}

const whole = (joiner: Joiner): Buffer => {
  joiner.join(packet());
  return joiner.join(packet({ timestamp: 160 })) ?? Buffer.alloc(12);
};

t.test('each second packet brings the sound of two, under numbers without a gap', async (t) => {
  const joiner = new Joiner(2);
  const joined = [0, 1, 2, 3].map((one) => joiner.join(packet({ sequence: 50 + one, timestamp: 160 * one, fill: one })));
  t.same(
    joined.map((one) => one?.length),
    [undefined, 332, undefined, 332],
  );
  t.same(joined[1]?.subarray(12), Buffer.concat([Buffer.alloc(160, 0), Buffer.alloc(160, 1)]));
  t.equal(joined[3]?.readUInt32BE(4), 320, 'the time is that of its first half');
  t.equal((joined[3]?.readUInt16BE(2) ?? 0) - (joined[1]?.readUInt16BE(2) ?? 0), 1);
});

t.test('what is joined is another source, always the same one, and another one again when what it is made of is', async (t) => {
  const joiner = new Joiner(2, () => 0.5);
  const joined = [0, 160, 320, 480, 640, 800].map((timestamp) =>
    joiner.join(packet({ timestamp, ssrc: timestamp < 640 ? 7 : 8 })),
  );
  const ssrcs = [1, 3, 5].map((at) => joined[at]?.readUInt32BE(8));
  t.equal(ssrcs[0], ssrcs[1]);
  t.equal(new Set([7, 8, ...ssrcs]).size, 4, 'RFC 3550 §8');
  for (const random of [0, 0.999999999999]) t.not(whole(new Joiner(2, () => random)).readUInt32BE(8), 7, 'whatever chance says');
});

t.test('it says when the rest of something is still to come', async (t) => {
  const joiner = new Joiner(2);
  t.equal(joiner.waits, false);
  joiner.join(packet());
  t.equal(joiner.waits, true);
  joiner.join(packet({ timestamp: 160 }));
  t.equal(joiner.waits, false);
});

t.test('what does not follow is not joined: another source, a gap, what is no packet of sound', async (t) => {
  const joiner = new Joiner(2);
  joiner.join(packet());
  t.equal(joiner.join(packet({ timestamp: 160, ssrc: 8 })), undefined);
  t.equal(joiner.join(packet({ timestamp: 480, ssrc: 8 })), undefined);
  t.equal(joiner.join(Buffer.from('short')), undefined);
  t.equal(joiner.join(packet({ timestamp: 640 })), undefined);
  t.equal(joiner.join(packet({ timestamp: 800 }))?.length, 332);
});

t.test('the clock of RTP goes round', async (t) => {
  const joiner = new Joiner(2);
  joiner.join(packet({ timestamp: -160 }));
  t.equal(joiner.join(packet({ timestamp: 0 }))?.length, 332);
});

t.test('three become one, and what lacks one of them is left out', async (t) => {
  const joiner = new Joiner(3);
  const times = [0, 160, 320, 480, 640, 960, 1120, 1280];
  const joined = times.map((timestamp, fill) => joiner.join(packet({ timestamp, fill })));
  t.same(
    joined.map((one) => one?.length),
    [undefined, undefined, 492, undefined, undefined, undefined, undefined, 492],
  );
  t.same(joined[2]?.subarray(12), Buffer.concat([0, 1, 2].map((fill) => Buffer.alloc(160, fill))));
  t.equal(joined[7]?.readUInt32BE(4), 960);
  t.equal((joined[7]?.readUInt16BE(2) ?? 0) - (joined[2]?.readUInt16BE(2) ?? 0), 1);
});

/** @param parts so many times 20 ms, each of its own number. */
const long = (parts: number, head = packet().subarray(0, 12)): Buffer =>
  Buffer.concat([head, ...Array.from({ length: parts }, (_, at) => Buffer.alloc(160, at))]);

t.test('a long packet goes through whole, under numbers of its own, and one part under numbers of its own too', async (t) => {
  const [three, one] = [new Joiner(3), new Joiner(1)];
  const whole = three.join(long(3));
  t.same(whole?.subarray(12), long(3).subarray(12));
  t.not(whole?.readUInt32BE(8), 7);
  t.equal(three.waits, false);
  t.same(one.join(packet({ fill: 5 }))?.subarray(12), Buffer.alloc(160, 5));
  t.same(one.join(Buffer.from('no RTP')), Buffer.from('no RTP'), 'what is not ours to read is sent as it came');
});

t.test('a long packet is cut into what each 20 ms of it would have been', async (t) => {
  const source = packet({ timestamp: -160, sequence: 9 }).subarray(0, 12);
  source.writeUInt8(0x80, 1);
  const parts = cut(long(3, source));
  t.same(
    parts.map((part) => [part.length, part[12], part.readUInt32BE(4), part.readUInt32BE(8)]),
    [
      [172, 0, 0xffff_ff60, 7],
      [172, 1, 0, 7],
      [172, 2, 160, 7],
    ],
    'the clock of RTP goes round',
  );
  t.same(
    parts.map((part) => part[1]),
    [0x80, 0, 0],
    'only the first begins after a silence',
  );
});

t.test('what is not made of parts of 20 ms is one', async (t) => {
  const odd = Buffer.concat([packet(), Buffer.alloc(40)]);
  for (const one of [odd, packet(), Buffer.from('short'), Buffer.alloc(332)]) {
    t.equal(partsIn(one), 1);
    t.same(cut(one), [one]);
  }
});
