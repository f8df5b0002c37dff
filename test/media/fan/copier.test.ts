/**
 * Goal: what is copied comes to the listener from the port that it talks to, and what the listener says still goes to the owner of that port.
 * Method: real sockets; the test is rtpengine and the phone. Silence is moved by the clock.
 */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { checkBorrowing } from '#media/fan/borrowed-port.js';
import { Copier, LOOK_MS } from '#media/fan/copier.js';
import type { News } from '#media/fan/messages.js';
import { FakeClock } from '../../support/fake-clock.js';

const HOST = '127.0.0.1';

async function socketOf(t: Test): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  t.teardown(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return socket;
}

const placeOf = (socket: Socket) => ({ address: HOST, port: socket.address().port });
const next = async (socket: Socket) => (await once(socket, 'message')) as [Buffer, { port: number }];
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A stream, its source, and a phone that talks to a port of "rtpengine". */
async function stage(t: Test) {
  const [source, owner, phone] = [await socketOf(t), await socketOf(t), await socketOf(t)];
  const clock = new FakeClock();
  const told: News[] = [];
  const copier = new Copier({ clock, tell: (news) => told.push(news) });
  t.teardown(() => copier.stop());
  const port = (await copier.execute({ kind: 'open', stream: 'jazz', address: HOST })) ?? 0;
  await copier.execute({ kind: 'feed', stream: 'jazz', from: placeOf(source) });
  const play = (text: string): void => source.send(text, port, HOST);
  const sit = (seat = 'a', to = phone) =>
    copier.execute({ kind: 'sit', stream: 'jazz', seat, from: placeOf(owner), to: placeOf(to), joined: 1 });
  return { copier, clock, told, source, owner, phone, port, play, sit };
}

t.test('this machine lends ports', async (t) => {
  t.equal(await checkBorrowing(HOST), undefined);
  t.equal(await checkBorrowing('192.0.2.1'), 'EADDRNOTAVAIL', 'an address of somebody else');
});

t.test('a listener hears the stream from the port it talks to, and is heard there by its owner', async (t) => {
  const { owner, phone, play, sit, copier, told } = await stage(t);
  await sit();
  const music = next(phone);
  play('one');
  const [datagram, from] = await music;
  t.equal(datagram.toString(), 'one');
  t.equal(from.port, owner.address().port);
  const voice = next(owner);
  phone.send('hello', owner.address().port, HOST);
  t.equal((await voice)[0].toString(), 'hello');
  t.equal(await copier.execute({ kind: 'count', seat: 'a' }), 1);
  t.same(told, []);
});

t.test('nobody else can have the port of a stream: what comes in there is its music alone', async (t) => {
  const { port } = await stage(t);
  const rtpengine = createSocket({ type: 'udp4', reuseAddr: true });
  t.teardown(() => new Promise<void>((resolve) => rtpengine.close(() => resolve())));
  rtpengine.bind(port, HOST);
  const [error] = (await once(rtpengine, 'error')) as [NodeJS.ErrnoException];
  t.equal(error.code, 'EADDRINUSE');
});

t.test('who sits down at another port is sent to from there alone, and what was sent still counts', async (t) => {
  const { copier, phone, owner, play, sit } = await stage(t);
  await sit();
  const first = next(phone);
  play('one');
  t.equal((await first)[1].port, owner.address().port);
  const anew = await socketOf(t);
  const again = next(phone);
  await copier.execute({ kind: 'sit', stream: 'jazz', seat: 'a', from: placeOf(anew), to: placeOf(phone), joined: 1 });
  const [datagram, from] = await again;
  t.same([datagram.toString(), from.port], ['one', anew.address().port], 'the newest packet, at once');
  const second = next(phone);
  play('two');
  t.equal((await second)[1].port, anew.address().port);
  t.equal(await copier.execute({ kind: 'count', seat: 'a' }), 3);
});

t.test('whoever sits down hears the newest packet at once', async (t) => {
  const { phone, owner, play, sit } = await stage(t);
  await sit('early');
  const first = next(phone);
  play('one');
  await first;
  const late = await socketOf(t);
  const music = next(late);
  await sit('late', late);
  const [datagram, from] = await music;
  t.equal(datagram.toString(), 'one');
  t.equal(from.port, owner.address().port);
});

t.test('who has moved is sent to there, and who has left is sent nothing', async (t) => {
  const { copier, phone, play, sit } = await stage(t);
  await sit();
  const elsewhere = await socketOf(t);
  await copier.execute({ kind: 'move', seat: 'a', to: placeOf(elsewhere) });
  let wrong = 0;
  phone.on('message', () => wrong++);
  const music = next(elsewhere);
  play('one');
  t.equal((await music)[0].toString(), 'one');
  t.equal(await copier.execute({ kind: 'leave', seat: 'a' }), 1);
  t.equal(await copier.execute({ kind: 'leave', seat: 'a' }), undefined, 'leaving twice is leaving once');
  const other = await socketOf(t);
  await sit('b', other);
  elsewhere.on('message', () => wrong++);
  const last = next(other);
  play('two');
  await last;
  t.equal(wrong, 0);
});

/** RTP of 20 ms (RFC 3550 §5.1), so that it can be joined. */
function rtp(number: number): Buffer {
  const datagram = Buffer.alloc(172, number);
  datagram.writeUInt16BE(0x8000, 0);
  datagram.writeUInt32BE(160 * number, 4);
  datagram.writeUInt32BE(7, 8);
  return datagram;
}

t.test(
  'who is to have other packets is sent them from the next whole one on, and one that leaves before is sent none',
  async (t) => {
    const { copier, source, port, owner, phone, sit } = await stage(t);
    const other = await socketOf(t);
    const sent = async (number: number): Promise<void> => {
      const heard = next(phone);
      source.send(rtp(number), port, HOST);
      await heard;
    };
    await sit('a');
    await sit('gone', other);
    await copier.execute({ kind: 'sit', stream: 'jazz', seat: 'long', from: placeOf(owner), to: placeOf(phone), joined: 3 });
    await copier.execute({ kind: 'leave', seat: 'long' }); // those who had long packets have left, and they go on being made
    const toBoth = next(other);
    await sent(1);
    await toBoth;
    let toOther = 0;
    other.on('message', () => toOther++);
    for (const seat of ['a', 'gone']) await copier.execute({ kind: 'pack', seat, joined: 3 });
    await copier.execute({ kind: 'leave', seat: 'gone' });
    const lengths: number[] = [];
    phone.on('message', (datagram: Buffer) => lengths.push(datagram.length));
    await sent(2);
    await sent(3);
    source.send(rtp(4), port, HOST);
    source.send(rtp(5), port, HOST);
    await sent(6);
    t.same(lengths, [172, 172, 12 + 480]);
    t.equal(toOther, 0);
    t.equal(await copier.execute({ kind: 'pack', seat: 'gone', joined: 3 }), undefined, 'one that is not there needs none');
  },
);

t.test('what comes from a stranger is not music', async (t) => {
  const { phone, port, play, sit } = await stage(t);
  await sit();
  const stranger = await socketOf(t);
  const music = next(phone);
  stranger.send('noise', port, HOST);
  play('one');
  t.equal((await music)[0].toString(), 'one');
});

t.test('a stream that falls silent is told of when somebody listens', async (t) => {
  const { clock, told, sit, play, phone } = await stage(t);
  const look = async (): Promise<void> => {
    clock.advance(LOOK_MS);
    await turn();
    await turn();
  };
  for (const _ of [1, 2, 3]) await look();
  t.same(told, [], 'nobody listens');
  await sit();
  const music = next(phone);
  play('one');
  await music;
  await look();
  await look();
  t.same(told, [], 'a packet has come not long ago');
  await look();
  t.same(told, [{ kind: 'silent', stream: 'jazz' }]);
});

t.test('a seat that cannot be had is refused, and so is one at a stream that is not there', async (t) => {
  const { copier, phone } = await stage(t);
  const to = placeOf(phone);
  await t.rejects(copier.execute({ kind: 'sit', stream: 'blues', seat: 'a', from: to, to, joined: 1 }));
  const elsewhere = { address: '192.0.2.1', port: 4000 };
  await t.rejects(copier.execute({ kind: 'sit', stream: 'jazz', seat: 'a', from: elsewhere, to, joined: 1 }), {
    code: 'EADDRNOTAVAIL',
  });
  t.equal(await copier.execute({ kind: 'leave', seat: 'a' }), undefined, 'nothing of it is left');
});

t.test(
  'what is told in one turn is done in its order: a stream that ends while somebody sits down has no listener',
  async (t) => {
    const { copier, told, sit } = await stage(t);
    const sitting = sit();
    const closing = copier.execute({ kind: 'close', stream: 'jazz' });
    await t.rejects(sitting, { message: /jazz/ });
    await closing;
    t.equal(await copier.execute({ kind: 'leave', seat: 'a' }), undefined, 'it has no seat');
    t.same(told, []);
  },
);

t.test('with its stream a seat ends, and the port is free of us', async (t) => {
  const { copier, owner, sit } = await stage(t);
  await sit();
  await copier.execute({ kind: 'close', stream: 'jazz' });
  await copier.execute({ kind: 'close', stream: 'jazz' });
  t.equal(await copier.execute({ kind: 'count', seat: 'a' }), 0);
  const again = createSocket({ type: 'udp6', reuseAddr: false });
  t.teardown(() => again.close());
  const { port } = owner.address();
  const refused = once(again, 'error');
  again.bind(port, `::ffff:${HOST}`);
  t.match(await refused, [{ code: 'EADDRINUSE' }], 'its owner still has it');
});
