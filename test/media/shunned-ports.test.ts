/**
 * Goal: ports that phones still send to belong to nobody for a while, and to everybody afterwards. Real sockets, moved clock.
 */
import { createSocket } from 'node:dgram';
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { ShunnedPorts } from '#media/shunned-ports.js';
import { openUdpSocket } from '#media/udp-socket.js';
import { toldPorts } from '#calls/told-ports.js';
import { FakeClock } from '../support/fake-clock.js';
import { sdpOf } from '../support/stored-call.js';

const LOG = createLogger('silent');
const LOOPBACK = '127.0.0.1';

async function freePort(): Promise<number> {
  const socket = await openUdpSocket(LOOPBACK);
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => (socket.close(), resolve(false)));
    socket.bind(port, LOOPBACK, () => socket.close(() => resolve(true)));
  });

t.test('nobody gets them before the phones have moved', async (t) => {
  const clock = new FakeClock();
  const shunned = new ShunnedPorts(clock, LOG, 10);
  const port = await freePort();
  await shunned.shun([{ address: LOOPBACK, port }]);
  await shunned.shun([{ address: LOOPBACK, port }]);
  t.equal(shunned.size, 1);
  t.equal(await isFree(port), false);
  clock.advance(40_000);
  t.equal(shunned.size, 0);
  t.equal(await isFree(port), true);
});

t.test('what is in use or another machine has is left alone, and so is what would be too many', async (t) => {
  const shunned = new ShunnedPorts(new FakeClock(), LOG, 2);
  const other = await openUdpSocket(LOOPBACK);
  await shunned.shun([
    { address: LOOPBACK, port: other.address().port },
    { address: '192.0.2.1', port: 4000 },
  ]);
  t.equal(shunned.size, 0);
  other.close();
  const port = await freePort();
  await shunned.shun([1, 2, 3].map((more) => ({ address: LOOPBACK, port: port + more })));
  t.equal(shunned.size, 0);
  shunned.release();
  shunned.release();
});

t.test('a phone sends to where our last description told it to, section by section', async (t) => {
  const video = 'm=video 5002 RTP/AVP 96\r\nc=IN IP4 192.0.2.9\r\nm=text 0 RTP/AVP 98\r\n';
  const sent = { caller: sdpOf(31_000) + video, callee: undefined };
  t.same(toldPorts({ ofLeg: (role) => ({ sent: sent[role] }) }), [
    { address: '127.0.0.1', port: 31_000 },
    { address: '192.0.2.9', port: 5002 },
  ]);
});
