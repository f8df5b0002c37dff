/** deaf-ports: which calls rtpengine has given up, by its log and what its ports read. Method: its replies are made up, time is moved. */
import t from 'tap';
import { DeafPorts, swampedIn } from '#media/deaf-ports.js';
import { FakeClock } from '../support/fake-clock.js';

const LINE =
  'ERR: [zd2s5dhwnwaj port 61478]: [core] Too many packets in UDP receive queue (more than 50), aborting loop. Dropped';
const SECOND = 'ERR: [zd2s5dhwnwaj port 61456]: [core] UDP receive queue exceeded 5 times: discarding packet';

/** @param reads packets that came in at a port, by question. */
function house(reads: (asked: number) => Readonly<Record<number, number>>) {
  const clock = new FakeClock();
  const deaf: string[] = [];
  let asked = 0;
  const query = (): Promise<Record<string, unknown>> => {
    const streams = Object.entries(reads(asked++)).map(([port, packets]) => ({ 'local port': Number(port), stats: { packets } }));
    return Promise.resolve({ tags: { caller: { medias: [{ streams }] } } });
  };
  const ports = new DeafPorts({ ng: { query }, clock, deaf: (callId) => deaf.push(callId) });
  const passes = async (): Promise<void> => {
    clock.advance(1000);
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { ports, deaf, passes, clock, asked: () => asked };
}

const said = (line: string) => swampedIn(line) ?? { callId: '', port: 0 };

t.test('the lines of rtpengine 10.5 that speak of a full port', async (t) => {
  t.same(swampedIn(LINE), { callId: 'zd2s5dhwnwaj', port: 61478 });
  t.same(swampedIn(SECOND), { callId: 'zd2s5dhwnwaj', port: 61456 });
  t.equal(swampedIn('WARNING: [zd2s5dhwnwaj]: [control] something else'), undefined);
});

t.test('a port that reads nothing for a second has been given up, once for all ports of a call', async (t) => {
  const { ports, deaf, passes, clock } = house(() => ({ 61478: 300, 61456: 300 }));
  ports.suspect(said(LINE));
  ports.suspect(said(SECOND));
  await passes();
  t.same(deaf, []);
  await passes();
  t.same(deaf, ['zd2s5dhwnwaj']);
  t.same(clock.pending(), []);
  ports.suspect(said(LINE));
  await passes();
  await passes();
  t.equal(deaf.length, 2, 'and it is looked at again when that is said again');
});

t.test('one that goes on reading has not, and neither has one that is gone', async (t) => {
  const reading = house((asked) => ({ 61478: 300 + 50 * asked }));
  const gone = house((asked) => (asked === 0 ? { 61478: 300 } : {}));
  for (const { ports, passes, deaf } of [reading, gone]) {
    ports.suspect(said(LINE));
    await passes();
    await passes();
    t.same(deaf, []);
  }
});

t.test('where rtpengine does not answer others see to it, and nothing is left', async (t) => {
  const { ports, deaf, passes, clock } = house(() => {
    throw new Error('no answer');
  });
  ports.suspect(said(LINE));
  await passes();
  t.same([deaf, clock.pending()], [[], []]);
  ports.suspect(said(LINE));
  t.equal(clock.pending().length, 1, 'it is looked at again');
});
