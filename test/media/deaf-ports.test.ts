/**
 * Goal: a call is told as not read any more where that is so, and only there. Method: rtpengine's own lines, sockets as a test says they are, a
 * moved clock; and one real socket that is read as rtpengine reads its own.
 */
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import t from 'tap';
import { DeafPorts } from '#media/deaf-ports.js';
import { udpQueues, type UdpQueue } from '#media/udp-queues.js';
import { FakeClock } from '../support/fake-clock.js';
import { until } from '../support/until.js';

const MANY = (port: string): string =>
  `ERR: [zd2s5dhwnwaj port ${port}]: [core] Too many packets in UDP receive queue (more than 50), aborting loop. Dropped`;
const GIVEN_UP = (port: string): string =>
  `ERR: [zd2s5dhwnwaj port ${port}]: [core] UDP receive queue exceeded 5 times: discarding packet`;

function watched() {
  const clock = new FakeClock();
  const told: string[] = [];
  const sockets = new Map<number, UdpQueue>();
  const ports = new DeafPorts({ clock, onDeaf: (callId) => told.push(callId), queues: () => Promise.resolve(new Map(sockets)) });
  const looks = async (): Promise<void> => {
    clock.advance(5000);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, told, sockets, ports, looks };
}

t.test('a port that it gives up is said at once', async (t) => {
  const { ports, told, clock } = watched();
  for (const line of [GIVEN_UP('61456'), GIVEN_UP(' 8042')]) ports.heard(line); // five places are kept for a port
  t.same(told, ['zd2s5dhwnwaj', 'zd2s5dhwnwaj']);
  ports.heard('WARNING: [zd2s5dhwnwaj]: [control] something else');
  t.same([told.length, clock.pending()], [2, []]);
});

t.test('a full socket that nobody reads: packets wait, none is taken, others are lost', async (t) => {
  const { ports, told, sockets, looks, clock } = watched();
  sockets.set(8042, { bytes: 171_392, lost: 144 });
  ports.heard(MANY(' 8042'));
  await looks();
  t.same(told, [], 'one look says nothing');
  sockets.set(8042, { bytes: 171_392, lost: 169 });
  await looks();
  t.same(told, ['zd2s5dhwnwaj']);
  sockets.set(8042, { bytes: 171_392, lost: 194 });
  await looks();
  t.same(told.length, 2, 'told again while it is so');
  sockets.delete(8042);
  await looks();
  t.same([told.length, clock.pending()], [2, []], 'its call has begun anew');
});

t.test('what is read a moment later, and a phone that fell silent, are left alone', async (t) => {
  const { ports, told, sockets, looks, clock } = watched();
  sockets.set(8042, { bytes: 171_392, lost: 144 });
  sockets.set(8044, { bytes: 41_600, lost: 0 });
  for (const port of ['8042', '8044']) ports.heard(MANY(port));
  await looks();
  sockets.set(8042, { bytes: 40_000, lost: 150 });
  await looks();
  sockets.set(8042, { bytes: 0, lost: 150 });
  await looks();
  t.same(told, []);
  t.equal(clock.pending().length, 1, 'the one of the silent phone is looked at for as long as it waits');
  ports.close();
  t.same(clock.pending(), []);
});

t.test('no more is heard after the end; who is being asked then finds nobody', async (t) => {
  const { ports, told, sockets, clock } = watched();
  sockets.set(8042, { bytes: 171_392, lost: 144 });
  ports.heard(MANY('8042'));
  clock.advance(500);
  ports.close();
  await new Promise((resolve) => setImmediate(resolve));
  ports.heard(MANY('8042'));
  ports.heard(GIVEN_UP('8042'));
  t.same([told, clock.pending()], [[], []]);
});

t.test('what Linux says of a real socket: what waits, and what was lost', async (t) => {
  const [reader, sender] = [createSocket('udp4'), createSocket('udp4')];
  t.teardown(() => [reader, sender].forEach((one) => one.close()));
  reader.bind(0, '127.0.0.1');
  await once(reader, 'listening');
  const { port } = reader.address();
  const here = async (): Promise<UdpQueue | undefined> => (await udpQueues()).get(port);
  t.same(await here(), { bytes: 0, lost: 0 });
  reader.setRecvBufferSize(4096);
  sender.connect(port, '127.0.0.1');
  await once(sender, 'connect');
  // Nothing is read while this thread is busy with sending.
  for (let one = 0; one < 50; one++) sender.send(Buffer.alloc(172));
  await until('some are lost', async () => ((await here())?.lost ?? 0) > 0);
  t.equal((await udpQueues(['/proc/no/such/file'])).size, 0);
});
