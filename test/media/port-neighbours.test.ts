/**
 * Goal: two rtpengines of one machine never have the same ports, because callers of one would hear those of the other. Method: command lines as
 * they are written, a clock that is moved, and the real product beside a real rtpengine.
 */
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { createLogger } from '#kit/log.js';
import { RealClock } from '#kit/clock.js';
import { checkNeighbours, neighbours, portShare } from '#media/port-neighbours.js';
import { findRtpengine, RtpengineProcess } from '#media/rtpengine-process.js';
import { FakeClock } from '../support/fake-clock.js';
import { freePorts } from '../support/free-ports.js';
import { Holdfast } from '../support/holdfast.js';
import { startTestMedia } from '../support/media-fixture.js';
import { until } from '../support/until.js';

/** And no longer what starts one. */
const isRtpengine = ({ pid }: RtpengineProcess): Promise<void> =>
  until('it is an rtpengine', () => /^[^\0]*rtpengine\0/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')));

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
  await checkNeighbours(OURS, clock, 2000, look({ addresses: ['10.0.0.2'] }));
  await checkNeighbours(OURS, clock, 2000, look({ portMin: 31_000, portMax: 32_000 }));
  await checkNeighbours(OURS, clock, 2000, look({ portMin: 20_000, portMax: 29_999 }));
  t.same(clock.pending(), [], 'nobody waited');
});

t.test('one that is about to end is waited for', async (t) => {
  const clock = new FakeClock();
  const lives = [[{ ...OURS, pid: 7 }], [{ ...OURS, pid: 7 }], []];
  const checked = checkNeighbours(OURS, clock, 2000, () => Promise.resolve(lives.shift() ?? []));
  for (let looks = 0; looks < 2; looks++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(50);
  }
  await checked;
  t.equal(lives.length, 0);
});

t.test('one in a container has the same ports on another network', async (t) => {
  const proc = t.testdir({ self: { ns: {} }, 7: { ns: {} }, 8: { ns: {} }, 9: {}, 10: {}, word: {} });
  const line = ['rtpengine', '-i', '10.0.0.1', '-m', '100', '-M', '200', ''].join('\0');
  for (const pid of [7, 8, 9]) writeFileSync(`${proc}/${pid}/cmdline`, line);
  for (const [pid, network] of [
    ['self', 1],
    ['7', 1],
    ['8', 2],
  ] as const)
    symlinkSync(`net:[${network}]`, `${proc}/${pid}/ns/net`);
  t.same(
    (await neighbours(proc)).map(({ pid }) => pid),
    [7, 9],
    'whose network we may not know counts as ours',
  );
  t.same(await neighbours(`${proc}/nothing`), []);
});

t.test('after its death ours is not started beside another that has its ports meanwhile', async (t) => {
  const range = await freePorts();
  const media = await startTestMedia(t, range);
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...range };
  const other = await RtpengineProcess.start(options, new RealClock(), createLogger('silent'));
  t.teardown(() => other.stop());
  await isRtpengine(other);
  process.kill(media.pid() ?? 0, 'SIGKILL');
  await until('it has been tried in vain for a while', () => media.health().rtpengine === 'down');
  await other.stop();
  await until('ours is back', () => media.health().rtpengine === 'up');
  t.not(media.pid(), undefined);
});

t.test('the product does not start beside an rtpengine that may take its ports, and says which', async (t) => {
  const range = await freePorts(400);
  const options = { program: findRtpengine(), addresses: ['127.0.0.1'], timeoutSeconds: 60, ...range };
  const other = await RtpengineProcess.start(options, new RealClock(), createLogger('silent'));
  t.teardown(() => other.stop());
  await isRtpengine(other);
  const [portMin, portMax] = [range.portMax - 20, range.portMax + 20].map(String);
  await t.rejects(Holdfast.start({ environment: { RTPENGINE_PORT_MIN: portMin ?? '', RTPENGINE_PORT_MAX: portMax ?? '' } }), {
    message: new RegExp(
      `rtpengine\\.portMin.*found ${portMin} to ${portMax}.*process ${other.pid} has ${range.portMin} to ${range.portMax}`,
    ),
  });
});
