/**
 * outlet, outlets: each is sent the packets that suit it, of whatever length the music comes in; whoever comes over from one length to another
 * misses no sound and hears none twice.
 * Method: sockets are arrays, time is moved; 20 ms of sound are a number.
 */
import t from 'tap';
import { Outlet, type Seat } from '#media/fan/outlet.js';
import { Outlets } from '#media/fan/outlets.js';
import { FakeClock } from '../../support/fake-clock.js';

const HEAD = 12;

/** @param parts so many times 20 ms, from `number` on. */
function packet(number: number, parts = 1): Buffer {
  const head = Buffer.alloc(HEAD);
  head.writeUInt16BE(0x8000, 0);
  head.writeUInt32BE(160 * number, 4);
  head.writeUInt32BE(7, 8);
  return Buffer.concat([head, ...Array.from({ length: parts }, (_, at) => Buffer.alloc(160, number + at))]);
}

/** `heard`: the numbers of what was heard, each packet as one word; `heads`: time, number and source of each. */
function listener() {
  const heard: string[] = [];
  const heads: [time: number, sequence: number, source: number][] = [];
  const send = (datagram: Buffer): void => {
    const parts = Array.from({ length: (datagram.length - HEAD) / 160 }, (_, at) => datagram[HEAD + 160 * at]);
    heard.push(parts.join('+'));
    heads.push([datagram.readUInt32BE(4), datagram.readUInt16BE(2), datagram.readUInt32BE(8)]);
  };
  const seat: Seat = { name: 'a', port: { send, close: () => undefined }, to: { address: '::1', port: 4000 }, sent: 0 };
  return { seat, heard, heads };
}

/** @param joined what the short ones have; @param fed so many parts in each packet that comes. */
function house(joined = 1, fed = 1) {
  const clock = new FakeClock();
  const outlets = new Outlets(clock);
  // In this order the seat would be gone from the short ones before it has its last, if nobody waited for all.
  const [long, short] = [outlets.of(3), outlets.of(joined)];
  let number = 1;
  const tick = (): void => {
    outlets.copy(packet(number, fed));
    number += fed;
  };
  return { clock, outlets, short, long, tick };
}

for (const before of [0, 1, 2, 3]) {
  t.test(`one that is brought over after ${before} packets hears everything once`, async (t) => {
    const { outlets, short, long, tick } = house();
    const { seat, heard } = listener();
    short.add(seat);
    for (let count = 0; count < before; count++) tick();
    outlets.takeOver(seat, short, long);
    for (let count = before; count < 9; count++) tick();
    t.same(heard.join('+'), '1+2+3+4+5+6+7+8+9');
    t.equal(heard.at(-1), '7+8+9');
    t.equal(seat.sent, heard.length);
  });
}

for (const before of [0, 1, 2, 3, 4, 5]) {
  t.test(`and so does one that was sent two as one, after ${before} packets`, async (t) => {
    const { outlets, short, long, tick } = house(2);
    const { seat, heard } = listener();
    short.add(seat);
    for (let count = 0; count < before; count++) tick();
    outlets.takeOver(seat, short, long);
    for (let count = before; count < 12; count++) tick();
    t.same(heard.join('+'), '1+2+3+4+5+6+7+8+9+10+11+12');
    t.equal(heard.at(-1), '10+11+12');
  });
}

t.test('of a packet of 60 ms one hears all at once, and another each part at its time', async (t) => {
  const { clock, short, long, tick } = house(1, 3);
  const [near, far] = [listener(), listener()];
  short.add(near.seat);
  long.add(far.seat);
  tick();
  t.same([near.heard, far.heard], [['1'], ['1+2+3']]);
  clock.advance(19);
  t.same(near.heard, ['1']);
  clock.advance(1);
  t.same(near.heard, ['1', '2']);
  clock.advance(20);
  t.same(near.heard, ['1', '2', '3']);
  t.same(clock.pending(), []);
  clock.advance(20);
  tick();
  clock.advance(60);
  t.same(
    [near.heard, far.heard],
    [
      ['1', '2', '3', '4', '5', '6'],
      ['1+2+3', '4+5+6'],
    ],
  );
  const [[time = 0, sequence = 0, source = 0] = []] = near.heads;
  t.same(
    near.heads,
    near.heard.map((_, at) => [time + 160 * at, sequence + at, source]),
    'RFC 3550 §5.1: one source without a gap',
  );
  t.same(
    far.heads.map(([at]) => at),
    [160, 640],
  );
});

t.test('a packet that comes before its time does not overtake what is left of the one before', async (t) => {
  const { clock, short, tick } = house(1, 3);
  const { seat, heard } = listener();
  short.add(seat);
  tick();
  clock.advance(25);
  tick();
  t.same(heard, ['1', '2', '3', '4']);
  clock.advance(40);
  t.same(heard, ['1', '2', '3', '4', '5', '6']);
});

for (const [joined, ms] of [1, 2].flatMap((joined) => [0, 10, 20, 30, 40, 50, 59].map((ms) => [joined, ms] as const))) {
  t.test(
    `fed with 60 ms, one that had ${20 * joined} comes over ${ms} ms after a packet and hears everything once`,
    async (t) => {
      const { clock, outlets, short, long, tick } = house(joined, 3);
      const { seat, heard } = listener();
      short.add(seat);
      for (let count = 0; count < 5; count++) {
        tick();
        if (count === 1) {
          clock.advance(ms);
          outlets.takeOver(seat, short, long);
          clock.advance(60 - ms);
        } else clock.advance(60);
      }
      t.same(heard.join('+'), '1+2+3+4+5+6+7+8+9+10+11+12+13+14+15');
      t.equal(heard.at(-1), '13+14+15');
    },
  );
}

t.test(
  'where nobody hears short packets nothing waits for their time, and who sits down hears the last of them at once',
  async (t) => {
    const { clock, short, long, tick } = house(1, 3);
    long.add(listener().seat);
    tick();
    t.same(clock.pending(), []);
    const { seat, heard } = listener();
    short.add(seat);
    t.same(heard, ['3']);
    clock.advance(60);
    tick();
    t.same(heard, ['3', '4']);
  },
);

t.test('a stream that ends sends nothing more of what it had', async (t) => {
  const { clock, outlets, short, tick } = house(1, 3);
  const { seat, heard } = listener();
  short.add(seat);
  tick();
  outlets.stop();
  clock.advance(100);
  t.same([heard, clock.pending()], [['1'], []]);
});

t.test('who leaves while it comes over hears nothing more', async (t) => {
  const { outlets, short, long, tick } = house();
  const { seat, heard } = listener();
  short.add(seat);
  tick();
  tick();
  outlets.takeOver(seat, short, long);
  outlets.remove(seat);
  for (let count = 0; count < 6; count++) tick();
  t.same(heard, ['1', '2']);
});

t.test('nobody comes over who is not there, and not from the same to the same', async (t) => {
  const { outlets, short, long, tick } = house();
  const { seat, heard } = listener();
  outlets.takeOver(seat, short, long);
  tick();
  short.add(seat);
  outlets.takeOver(seat, short, short);
  for (let count = 0; count < 3; count++) tick();
  t.same(heard, ['1', '2', '3', '4']);
});

t.test('the newest packet is heard at once, unless it is too old', async (t) => {
  const outlet = new Outlet(1);
  const [first, second] = [listener(), listener()];
  outlet.copy(packet(1));
  outlet.add(first.seat);
  t.same(first.heard, ['1']);
  outlet.forgetNewest();
  outlet.add(second.seat);
  t.same(second.heard, []);
});
