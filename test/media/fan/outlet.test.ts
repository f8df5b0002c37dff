/**
 * outlet: whoever comes over from one length of packets to another misses no sound and hears none twice.
 * Method: sockets are arrays; a packet of 20 ms carries its number.
 */
import t from 'tap';
import { Outlet, type Seat } from '#media/fan/outlet.js';

const HEAD = 12;

function packet(number: number): Buffer {
  const datagram = Buffer.alloc(HEAD + 160, number);
  datagram.writeUInt16BE(0x8000, 0);
  datagram.writeUInt32BE(160 * number, 4);
  datagram.writeUInt32BE(7, 8);
  return datagram;
}

/** `heard`: the numbers of what was heard, each packet as one word. */
function listener() {
  const heard: string[] = [];
  const send = (datagram: Buffer): void => {
    const parts = Array.from({ length: (datagram.length - HEAD) / 160 }, (_, at) => datagram[HEAD + 160 * at]);
    heard.push(parts.join('+'));
  };
  const seat: Seat = { name: 'a', port: { send, close: () => undefined }, to: { address: '::1', port: 4000 }, sent: 0 };
  return { seat, heard };
}

function house(joined = 1) {
  const [short, long] = [new Outlet(joined), new Outlet(3)];
  let number = 0;
  // In this order the seat would be gone from the short ones before it has its last, if nobody waited for all.
  const tick = (): void => {
    number++;
    for (const outlet of [long, short]) outlet.copy(packet(number));
    for (const outlet of [long, short]) outlet.settle();
  };
  return { short, long, tick };
}

for (const before of [0, 1, 2, 3]) {
  t.test(`one that is brought over after ${before} packets hears everything once`, async (t) => {
    const { short, long, tick } = house();
    const { seat, heard } = listener();
    short.add(seat);
    for (let count = 0; count < before; count++) tick();
    long.takeOver(seat, short);
    for (let count = before; count < 9; count++) tick();
    t.same(heard.join('+'), '1+2+3+4+5+6+7+8+9');
    t.equal(heard.at(-1), '7+8+9');
    t.equal(seat.sent, heard.length);
  });
}

for (const before of [0, 1, 2, 3, 4, 5]) {
  t.test(`and so does one that was sent two as one, after ${before} packets`, async (t) => {
    const { short, long, tick } = house(2);
    const { seat, heard } = listener();
    short.add(seat);
    for (let count = 0; count < before; count++) tick();
    long.takeOver(seat, short);
    for (let count = before; count < 12; count++) tick();
    t.same(heard.join('+'), '1+2+3+4+5+6+7+8+9+10+11+12');
    t.equal(heard.at(-1), '10+11+12');
  });
}

t.test('who leaves while it comes over hears nothing more', async (t) => {
  const { short, long, tick } = house();
  const { seat, heard } = listener();
  short.add(seat);
  tick();
  long.takeOver(seat, short);
  for (const outlet of [short, long]) outlet.remove(seat);
  for (let count = 0; count < 6; count++) tick();
  t.same(heard, ['1']);
});

t.test('nobody comes over who is not there, and not from the same to the same', async (t) => {
  const { short, long, tick } = house();
  const { seat, heard } = listener();
  long.takeOver(seat, short);
  tick();
  short.add(seat);
  short.takeOver(seat, short);
  for (let count = 0; count < 3; count++) tick();
  t.same(heard, ['1', '2', '3', '4']);
});

t.test('the newest packet is heard at once, unless it is too old', async (t) => {
  const { short, tick } = house();
  const [first, second] = [listener(), listener()];
  tick();
  short.add(first.seat);
  t.same(first.heard, ['1']);
  short.forgetNewest();
  short.add(second.seat);
  t.same(second.heard, []);
});
