/** doors: listening on several addresses, ports that are taken, broken requests, and closing at once. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import t from 'tap';
import { openDoors } from '#http/doors.js';
import { startHttp } from '#http/server.js';
import { ConfigError } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { callView, FakeCalls } from '../support/fake-calls.js';
import { FakeClock } from '../support/fake-clock.js';
import { BASIC, fixture, serverFixture } from '../support/http-fixture.js';
import { until } from '../support/until.js';

/** Sends raw bytes and reads until the other side closes. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' ? resolve(text) : reject(error)));
  });
}

t.test('every address answers on the same port', async (t) => {
  const parts = fixture(undefined, ['127.0.0.1', '127.0.0.2']);
  const http = await startHttp(parts.deps);
  t.teardown(() => http.stop());
  t.same(http.urls, [`http://127.0.0.1:${http.port}`, `http://127.0.0.2:${http.port}`]);
  for (const url of http.urls) t.equal((await fetch(`${url}/health`)).status, 200, url);
});

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

t.test('IPv6 loopback is served', { skip: hasIpv6 ? false : 'this machine has no IPv6' }, async (t) => {
  const parts = fixture(undefined, ['::1']);
  const http = await startHttp(parts.deps);
  t.teardown(() => http.stop());
  t.equal((await fetch(`http://[::1]:${http.port}/health`)).status, 200);
});

t.test('a port that is taken stops the start with the names of key and variable, and leaves nothing open', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.2', resolve));
  t.teardown(() => other.close());
  const { port } = other.address() as AddressInfo;
  const parts = fixture(undefined, ['127.0.0.1', '127.0.0.2'], port);
  const error = await startHttp(parts.deps).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  t.type(error, ConfigError);
  t.match(error, { message: new RegExp(`http\\.port \\(HOLDFAST_HTTP_PORT\\): ${port} on 127\\.0\\.0\\.2 is taken`) });
  await t.rejects(fetch(`http://127.0.0.1:${port}/health`), 'the first address was closed again');
  t.same(parts.clock.pending(), []);
});

t.test('an address of another machine is named', async (t) => {
  const parts = fixture(undefined, ['192.0.2.1']);
  await t.rejects(startHttp(parts.deps), { name: 'ConfigError', message: /HOLDFAST_ADDRESS\): 192\.0\.2\.1 is not an address/ });
});

t.test('what is not HTTP gets a problem document and a closed connection', async (t) => {
  const { http, logged } = await serverFixture(t);
  const rows = [
    ['NONSENSE\r\n\r\n', 400, 'malformed_http'],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n', 400, 'malformed_http'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    ['GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400, 'malformed_http'],
  ] as const;
  for (const [bytes, status, code] of rows) {
    const answer = await raw(http.port, bytes);
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `), bytes.slice(0, 30));
    t.match(head, /content-type: application\/problem\+json/);
    t.match(JSON.parse(body), { status, code });
  }
  t.notMatch(logged(), /"level":50/);
});

t.test('a client that keeps its half open after a refusal does not keep the connection', async (t) => {
  const { http } = await serverFixture(t);
  const socket = connect({ port: http.port, host: '127.0.0.1', allowHalfOpen: true });
  t.teardown(() => socket.destroy());
  const gone = new Promise<void>((resolve) => socket.on('error', () => resolve()));
  socket.write('this is not HTTP\r\n\r\n');
  await once(socket.resume(), 'end');
  // What is written to a connection that is closed is answered with a reset.
  const writing = setInterval(() => socket.write('x'), 1);
  await gone;
  clearInterval(writing);
  t.ok(socket.destroyed);
});

t.test('a megabyte is refused before it has arrived', async (t) => {
  const { http, calls } = await serverFixture(t);
  const head = `POST /calls HTTP/1.1\r\nHost: x\r\nAuthorization: ${BASIC.authorization}\r\nContent-Type: application/json\r\n`;
  const announced = await raw(http.port, `${head}Connection: close\r\nContent-Length: 1048576\r\n\r\n{"caller":"`);
  t.match(announced, /^HTTP\/1\.1 413 /);
  const body = 'x'.repeat(1024 * 1024);
  const chunked = await raw(
    http.port,
    `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n${body}\r\n0\r\n\r\n`,
  );
  t.match(chunked, /^HTTP\/1\.1 413 |^$/, 'refused, or cut while still sending');
  t.same(calls.asked, []);
});

t.test('an idle connection is closed at once when the server stops', async (t) => {
  const { http } = await serverFixture(t);
  const socket = connect(http.port, '127.0.0.1');
  socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await Promise.all([http.stop(), closed]);
});

t.test('a request under way may finish, and its connection closes with it', async (t) => {
  const calls = new FakeCalls(callView());
  const { http, url } = await serverFixture(t, calls);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const execute = calls.execute.bind(calls);
  let begun = (): void => undefined;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  calls.execute = async (command) => {
    begun();
    await held;
    return execute(command);
  };
  const answer = fetch(`${url}/calls/call1/hold`, { method: 'PUT', headers: BASIC });
  await asked;
  const stopped = http.stop();
  letGo();
  t.equal((await answer).status, 200);
  await stopped;
});

t.test('a request that never ends is cut when the time for politeness is over', async (t) => {
  const clock = new FakeClock();
  let begun = (): void => undefined;
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const log = createLogger('silent');
  const doors = await openDoors({ addresses: ['127.0.0.1'], port: 0, handler: () => begun(), clock, log });
  const cut = t.rejects(fetch(doors.urls[0] ?? ''));
  await asked;
  const closed = doors.close();
  clock.advance(499);
  t.same(clock.pending(), ['http close'], 'it still has a millisecond');
  clock.advance(1);
  await Promise.all([closed, cut]);
});

type Opened = Readonly<{ socket: Socket; closed: Promise<string> }>;

t.test('one address has no more than its share of the connections', async (t) => {
  const clock = new FakeClock();
  const doors = await openDoors({
    addresses: ['127.0.0.1'],
    port: 0,
    handler: (_request, response) => void response.end('here'),
    perAddress: 2,
    clock,
    log: createLogger('silent'),
  });
  t.teardown(() => {
    const closed = doors.close();
    clock.advance(10_000);
    return closed;
  });
  const opened = async (): Promise<Opened> => {
    const socket = connect(doors.port, '127.0.0.1');
    socket.on('error', () => undefined);
    const closed = once(socket, 'close').then(() => 'closed');
    t.teardown(() => socket.destroy());
    await once(socket, 'connect');
    return { socket, closed };
  };
  const asked = async ({ socket, closed }: Opened): Promise<string> => {
    const answered = once(socket, 'data').then(
      ([chunk]) => String(chunk).slice(0, 12),
      () => closed,
    );
    socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    return Promise.race([answered, closed]);
  };
  const [first, second, third] = [await opened(), await opened(), await opened()];
  t.same([await asked(first), await asked(second), await asked(third)], ['HTTP/1.1 200', 'HTTP/1.1 200', 'closed']);
  first.socket.destroy();
  await until('there is room again', async () => (await asked(await opened())) === 'HTTP/1.1 200');
});
