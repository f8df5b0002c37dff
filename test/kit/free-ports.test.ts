/**
 * Goal: no two test files are given the same ports, because two rtpengines would share them without a word. Method: processes that ask at the
 * same time, and one that asks after another has been killed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { freePorts, type PortRange } from '../support/free-ports.js';

const SUPPORT = new URL('../support/', import.meta.url).href;
const RANGES = 12;
const SIZE = 400;

/** Another test file: it claims, prints what it was given, and lives on. */
async function stranger(t: Test): Promise<{ child: ChildProcess; ranges: PortRange[]; port: number }> {
  const script = `
    const { freePorts } = await import('${SUPPORT}free-ports.ts');
    const { freePort } = await import('${SUPPORT}free-port.ts');
    const ranges = [];
    for (let asked = 0; asked < ${RANGES}; asked++) ranges.push(await freePorts(${SIZE}));
    console.log(JSON.stringify({ ranges, port: await freePort() }));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ['--import=tsx', '--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, ...(JSON.parse(line.toString()) as { ranges: PortRange[]; port: number }) };
}

const overlap = (one: PortRange, other: PortRange): boolean => one.portMin <= other.portMax && other.portMin <= one.portMax;

t.test('processes that live at the same time share no port', async (t) => {
  const strangers = await Promise.all([stranger(t), stranger(t)]);
  const ours = { ranges: [await freePorts(16), await freePorts(SIZE), await freePorts(40), await freePorts(41)], port: 0 };
  const ranges = [...strangers, ours].flatMap((one) => one.ranges);
  t.equal(ranges.length, 2 * RANGES + 4);
  const shared = ranges.flatMap((one, index) => ranges.slice(index + 1).filter((other) => overlap(one, other)));
  t.same(shared, []);
  t.same(
    ours.ranges.map(({ portMin, portMax }) => portMax - portMin + 1),
    [16, SIZE, 40, 41],
  );
  const [first, second] = strangers.map(({ port }) => Math.floor((port - 6700) / 100));
  t.not(first, second, 'single ports are of another block in each');
});

t.test('what a process had that was killed is claimed anew, and a process that asks for ever gets its own again', async (t) => {
  const gone = await stranger(t);
  gone.child.kill('SIGKILL');
  await once(gone.child, 'exit');
  const given: PortRange[] = [];
  // More than there are ports: the last ones are those that it was given before.
  for (let asked = 0; asked < 60; asked++) given.push(await freePorts(SIZE));
  const different = new Set(given.map(({ portMin }) => portMin));
  t.ok(different.size >= 20 && different.size < given.length, `${different.size} different ones in ${given.length}`);
});
