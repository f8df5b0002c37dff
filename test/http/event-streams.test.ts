/** event-streams: server-sent events over real sockets: replay, order, heartbeat, limits, and slow readers. */
import { IncomingMessage, ServerResponse } from 'node:http';
import { connect, Socket } from 'node:net';
import t, { type Test } from 'tap';
import { EventBus } from '#calls/event-bus.js';
import type { HoldfastEvent } from '#core/events.js';
import type { CallId } from '#core/leg.js';
import { EventStreams } from '#http/event-streams.js';
import { createLogger } from '#kit/log.js';
import { FakeClock } from '../support/fake-clock.js';
import { BASIC, serverFixture } from '../support/http-fixture.js';

const ringing = (name: string): HoldfastEvent => ({
  kind: 'call.ringing',
  callId: name as CallId,
  parties: { caller: '101', callee: '102' },
  leg: 'callee',
});

/** Reads a stream as text; `until` waits for words, not for time. */
class Reader {
  text = '';
  status = 0;
  readonly ended: Promise<void>;
  #end = (): void => undefined;
  readonly #waiting: { words: string; done: () => void }[] = [];
  readonly #abort = new AbortController();

  constructor() {
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  static async open(t: Test, url: string, headers: Record<string, string> = {}): Promise<Reader> {
    const reader = new Reader();
    const response = await fetch(url, { headers: { ...BASIC, ...headers }, signal: reader.#abort.signal });
    reader.status = response.status;
    void reader.#read(response);
    t.teardown(() => reader.close());
    return reader;
  }

  until(words: string): Promise<void> {
    if (this.text.includes(words)) return Promise.resolve();
    return new Promise((done) => this.#waiting.push({ words, done }));
  }

  close(): void {
    this.#abort.abort();
  }

  get ids(): number[] {
    return [...this.text.matchAll(/^id: (\d+)\nevent:/gm)].map((match) => Number(match[1]));
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        this.text += decoder.decode(chunk as Uint8Array, { stream: true });
        for (const { words, done } of this.#waiting) if (this.text.includes(words)) done();
      }
    } catch {
      // Cut, from either side.
    }
    this.#end();
  }
}

t.test('events come as they happen, with their number, their kind and their facts', async (t) => {
  const { url, bus } = await serverFixture(t);
  bus.publish(ringing('before'));
  const reader = await Reader.open(t, `${url}/events`);
  await reader.until('id: 1\n');
  bus.publish(ringing('after'));
  await reader.until('"after"');
  t.notMatch(reader.text, /"before"/, 'only from now on');
  const block = reader.text.split('\n\n').find((part) => part.includes('"after"')) ?? '';
  const [id, kind, data = ''] = block.split('\n');
  t.equal(id, 'id: 2');
  t.equal(kind, 'event: call.ringing');
  t.match(JSON.parse(data.replace('data: ', '')), { seq: 2, kind: 'call.ringing', callId: 'after', leg: 'callee', at: /Z$/ });
});

t.test('Last-Event-ID and after replay what came later, once and in order; the header wins', async (t) => {
  const { url, bus } = await serverFixture(t);
  for (let index = 1; index <= 5; index++) bus.publish(ringing(`e${index}`));
  const byHeader = await Reader.open(t, `${url}/events?after=0`, { 'last-event-id': '3' });
  const byQuery = await Reader.open(t, `${url}/events?after=1`);
  const all = await Reader.open(t, `${url}/events?after=0`);
  await Promise.all([byHeader, byQuery, all].map((reader) => reader.until('"e5"')));
  bus.publish(ringing('e6'));
  await Promise.all([byHeader, byQuery, all].map((reader) => reader.until('"e6"')));
  t.same(byHeader.ids, [4, 5, 6]);
  t.same(byQuery.ids, [2, 3, 4, 5, 6]);
  t.same(all.ids, [1, 2, 3, 4, 5, 6]);
});

t.test('a reader of an earlier run is told of the gap and gets everything of this one', async (t) => {
  const { url, bus } = await serverFixture(t);
  bus.publish(ringing('e1'));
  const reader = await Reader.open(t, `${url}/events`, { 'last-event-id': '7000' });
  await reader.until('"e1"');
  t.match(reader.text, 'event: stream.gap\ndata: {"after":7000,"oldestKept":1}');
});

t.test('a whole history of 10 000 events reaches a reader that reads, and a cut history is told', async (t) => {
  const { url, bus } = await serverFixture(t);
  for (let index = 1; index <= 20_000; index++) bus.publish(ringing(`e${index}`));
  const reader = await Reader.open(t, `${url}/events?after=5`);
  await reader.until('"e20000"');
  t.match(reader.text, 'event: stream.gap\ndata: {"after":5,"oldestKept":10001}');
  t.equal(reader.ids.length, 10_000);
  t.equal(reader.ids[0], 10_001);
});

t.test('a silent stream is kept alive by comments', async (t) => {
  const { url, clock } = await serverFixture(t);
  const reader = await Reader.open(t, `${url}/events`);
  await reader.until('retry:');
  clock.advance(15_000);
  await reader.until(': still here');
  clock.advance(15_000);
  await reader.until(': still here\n\n: still here');
  t.equal(reader.text.split(': still here').length - 1, 2);
});

t.test('the hundred-and-first stream is refused, and a place becomes free when a reader leaves', async (t) => {
  const { url, clock } = await serverFixture(t);
  const readers: Reader[] = [];
  for (let index = 0; index < 100; index++) readers.push(await Reader.open(t, `${url}/events`));
  const refused = await fetch(`${url}/events`, { headers: BASIC });
  t.equal(refused.status, 503);
  t.equal(refused.headers.get('retry-after'), '10');
  t.match(await refused.json(), { code: 'busy' });
  const beats = () => clock.pending().filter((name) => name === 'event stream heartbeat').length;
  t.equal(beats(), 100);
  readers[0]?.close();
  while (beats() === 100) await new Promise((resolve) => setImmediate(resolve));
  t.equal((await Reader.open(t, `${url}/events`)).status, 200);
});

t.test('stopping the server ends the streams at once and leaves no timer', async (t) => {
  const { url, http, clock } = await serverFixture(t);
  const reader = await Reader.open(t, `${url}/events`);
  await reader.until('retry:');
  await Promise.all([http.stop(), http.stop(), reader.ended]);
  t.same(clock.pending(), []);
});

/** A reader on a bare socket, which can stop reading. */
async function stubbornReader(t: Test, port: number): Promise<{ socket: Socket; text: () => string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  t.teardown(() => socket.destroy());
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.write(`GET /events HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC.authorization}\r\n\r\n`);
  while (!text.includes('retry:')) await turn();
  socket.pause();
  return { socket, text: () => text };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const stalled = (clock: FakeClock): boolean => clock.pending().includes('event stream stalled');
const fat = (index: number): HoldfastEvent => ringing(`e${index}-${'x'.repeat(4000)}`);

/** Publishes until the socket, the kernel's buffers included, takes no more. @returns how many that were. */
async function fill(bus: EventBus, clock: FakeClock): Promise<number> {
  let count = 0;
  while (!stalled(clock) && count < 9000) {
    for (let more = 0; more < 50; more++) bus.publish(fat(++count));
    await turn();
  }
  return count;
}

t.test('a reader that was slow for a while misses nothing and gets nothing twice', async (t) => {
  const { http, bus, clock } = await serverFixture(t);
  const { socket, text } = await stubbornReader(t, http.port);
  let count = await fill(bus, clock);
  t.ok(stalled(clock), 'the socket is full');
  for (let more = 0; more < 500; more++) bus.publish(fat(++count));
  clock.advance(14_000);
  socket.resume();
  while (!text().includes(`"e${count}-`)) await turn();
  const ids = [...text().matchAll(/^id: (\d+)\r?\nevent:/gm)].map((match) => Number(match[1]));
  t.same(
    ids,
    Array.from({ length: count }, (_, index) => index + 1),
  );
  t.notMatch(text(), /stream\.gap/);
  t.notOk(stalled(clock), 'and it is not cut later for it');
});

t.test('a reader that takes nothing for half a minute is cut, and the server goes on', async (t) => {
  const { http, url, bus, clock } = await serverFixture(t);
  const { socket } = await stubbornReader(t, http.port);
  await fill(bus, clock);
  t.ok(stalled(clock), 'the socket is full');
  clock.advance(29_999);
  t.ok(stalled(clock), 'not yet');
  clock.advance(1);
  t.same(clock.pending(), [], 'no timer of it is left');
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  await closed;
  bus.publish(ringing('later'));
  t.equal((await fetch(`${url}/health`)).status, 200);
});

t.test('what waits for a stuck reader is one event and not the whole history', async (t) => {
  const log = createLogger('silent');
  const clock = new FakeClock();
  const bus = new EventBus(clock, log);
  const streams = new EventStreams({ bus, clock, log });
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.assignSocket(new StuckSocket());
  streams.open(response, undefined);
  for (let index = 1; index <= 5000; index++) bus.publish(ringing(`e${index}`));
  t.ok(response.writableLength < 64 * 1024, `${response.writableLength} bytes wait`);
  streams.closeAll();
  t.equal(streams.size, 0);
  t.same(clock.pending(), []);
});

class StuckSocket extends Socket {
  override _write(): void {
    // Takes the bytes and never says that it is ready for more.
  }

  override _writev(): void {
    // The same for many.
  }
}

t.test('whose credentials are taken away by a reload reads no further, and others do', async (t) => {
  const { http, url, deps, bus } = await serverFixture(t);
  const [user, token] = await Promise.all([
    Reader.open(t, `${url}/events`),
    Reader.open(t, `${url}/events`, { authorization: 'Bearer demo-token' }),
  ]);
  await Promise.all([user.until('id: 0\n'), token.until('id: 0\n')]);
  const { config } = deps;
  http.reloadable.prepare({ ...config, accounts: { ...config.accounts, tokens: [] } })();
  await token.ended;
  bus.publish(ringing('later'));
  await user.until('"later"');
  t.notMatch(token.text, /later/);
});

t.test('what an event brings about is told while it is told, and yet comes after it', async (t) => {
  const { url, bus } = await serverFixture(t);
  // Before any stream listens, so it hears each event first.
  bus.subscribe(({ event }) => event.kind === 'call.ringing' && event.callId === 'first' && bus.publish(ringing('second')));
  const reader = await Reader.open(t, `${url}/events`);
  await reader.until('id: 0\n');
  bus.publish(ringing('first'));
  await reader.until('"second"');
  bus.publish(ringing('third'));
  await reader.until('"third"');
  const [first = 0] = reader.ids;
  t.same(reader.ids, [first, first + 1, first + 2], 'in their order, each once');
  t.ok(reader.text.indexOf('first') < reader.text.indexOf('second'));
});
