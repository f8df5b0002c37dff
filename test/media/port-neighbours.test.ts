/**
 * Goal: two rtpengines of one machine never have the same ports, because callers of one would hear those of the other. Method: command lines as
 * they are written, a clock that is moved, and the real product beside a real rtpengine.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { RealClock } from '#kit/clock.js';
import { checkNeighbours, portShare } from '#media/port-neighbours.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { FakeClock } from '../support/fake-clock.js';
import { freePorts } from '../support/free-ports.js';
import { Holdfast } from '../support/holdfast.js';
import { until } from '../support/until.js';

const OURS = { addresses: ['127.0.0.1', '10.0.0.1'], portMin: 30_000, portMax: 30_999 };

t.test('what a command line says', async (t) => {
  const share = { addresses: ['10.0.0.1'], portMin: 100, portMax: 200 };
  const ports = ['--port-min=100', '--port-max', '200'];
  t.same(portShare(['/usr/bin/rtpengine', '--interface=10.0.0.1', ...ports]), share);
  t.same(portShare(['rtpengine', '--interface', 'pub/10.0.0.1!192.0.2.1', ...ports]), share);
  t.same(portShare(['rtpengine', '-i', '10.0.0.1', '-m100', '-M', '200']), share);
  t.same(portShare(['rtpengine', ...ports])?.addresses, []);
  t.equal(portShare(['rtpengine', '--config-file=/etc/rtpengine/rtpengine.conf']), undefined, 'its file is not read');
  t.equal(portShare(['rtpengine', '--port-min', '--port-max=7']), undefined);
  t.equal(portShare(['rtpengine-recording', ...ports]), undefined);
  t.equal(portShare(['less', 'rtpengine', ...ports]), undefined);
  t.equal(portShare([]), undefined);
});

t.test('only who shares an address and a port is in the way', async (t) => {
  const look = (other: Partial<typeof OURS>) => () => Promise.resolve([{ ...OURS, ...other, pid: 7 }]);
  const clock = new FakeClock();
  await checkNeighbours(OURS, clock, look({ addresses: ['10.0.0.2'] }));
  await checkNeighbours(OURS, clock, look({ portMin: 31_000, portMax: 32_000 }));
  await checkNeighbours(OURS, clock, look({ portMin: 20_000, portMax: 29_999 }));
  t.same(clock.pending(), [], 'nobody waited');
});

t.test('one that is about to end is waited for', async (t) => {
  const clock = new FakeClock();
  const lives = [[{ ...OURS, pid: 7 }], [{ ...OURS, pid: 7 }], []];
  const checked = checkNeighbours(OURS, clock, () => Promise.resolve(lives.shift() ?? []));
  for (let looks = 0; looks < 2; looks++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
  await checked;
  t.equal(lives.length, 0);
});

t.test('the product does not start beside an rtpengine that may take its ports, and says which', async (t) => {
  const range = await freePorts(400);
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...range };
  const other = await RtpengineProcess.start(options, new RealClock(), createLogger('silent'));
  t.teardown(() => other.stop());
  await until('it is an rtpengine, and no longer what starts one', () => {
    return /^[^\0]*rtpengine\0/.test(readFileSync(`/proc/${other.pid}/cmdline`, 'utf8'));
  });
  const [portMin, portMax] = [range.portMax - 20, range.portMax + 20].map(String);
  await t.rejects(Holdfast.start({ environment: { RTPENGINE_PORT_MIN: portMin ?? '', RTPENGINE_PORT_MAX: portMax ?? '' } }), {
    message: new RegExp(
      `rtpengine\\.portMin.*found ${portMin} to ${portMax}.*process ${other.pid} has ${range.portMin} to ${range.portMax}`,
    ),
  });
});
