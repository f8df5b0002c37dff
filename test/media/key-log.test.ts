/** key-log: what rtpengine 10.5 writes for a key, as it was measured; and everything else, which is no key. */
import { createSocket } from 'node:dgram';
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { KeyLog, readReport } from '#media/key-log.js';

const REPORT = {
  callid: 'c1',
  source_tag: 'caller',
  tags: ['callee', 'caller'],
  type: 'DTMF',
  timestamp: 1795264803,
  source_ip: '127.0.0.1',
  event: 11,
  duration: 80,
  volume: 10,
};
const datagram = (change: Readonly<Record<string, unknown>>): Buffer => Buffer.from(JSON.stringify({ ...REPORT, ...change }));

t.test('a report names call, party and key', async (t) => {
  t.same(readReport(datagram({})), { leg: { callId: 'c1', role: 'caller' }, key: '#', ms: 80 });
  t.same(readReport(datagram({ source_tag: 'callee', event: 0 })), { leg: { callId: 'c1', role: 'callee' }, key: '0', ms: 80 });
});

t.test('whatever else comes is no key', async (t) => {
  for (const change of [{ event: 16 }, { event: -1 }, { event: '5' }, { type: 'x' }, { source_tag: 'somebody' }, { callid: 7 }])
    t.equal(readReport(datagram(change)), undefined, JSON.stringify(change));
  for (const text of ['', 'null', '[]', '{', '"x"', 'x'.repeat(5000)])
    t.equal(readReport(Buffer.from(text)), undefined, text.slice(0, 9));
});

t.test(
  'only who may report is listened to, an address that is taken is said clearly, and closing twice is closing once',
  async (t) => {
    const log = createLogger('silent');
    const mine = await KeyLog.open({ host: '127.0.0.1', port: 0 }, log, '127.0.0.1');
    const strict = await KeyLog.open({ host: '127.0.0.1', port: 0 }, log, '127.0.0.2');
    const socket = createSocket('udp4');
    t.teardown(() => {
      socket.close();
      for (const one of [mine, mine, strict]) one.close();
    });
    strict.onKey(() => t.fail('a stranger was heard'));
    const heard = new Promise((resolve) => mine.onKey((leg, key) => resolve(`${leg.role} ${key}`)));
    for (const { address } of [strict, mine]) socket.send(datagram({}), address.port, address.host);
    t.equal(await heard, 'caller #');
    await t.rejects(KeyLog.open(mine.address, log), { code: 'config_error', message: /rtpengine\.keys .*cannot listen/ });
  },
);
