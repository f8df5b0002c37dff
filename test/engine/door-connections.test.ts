/**
 * Goal: of an address that is denied nothing is taken apart and no connection is taken, and no single address takes them all.
 */
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { Value } from '@sinclair/typebox/value';
import type { DoorOptions } from '#engine/doorway.js';
import type { EngineOptions } from '#engine/options.js';
import { CONNECTION_LIMITS } from '#engine/transport/connections.js';
import type { TurnedAwayCounts } from '#engine/turned-away.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { createLogger } from '#kit/log.js';
import { certificateForTest } from '../support/certificates.js';
import { engineForTest } from '../support/engine-fixture.js';
import { FakeClock } from '../support/fake-clock.js';
import { tcpPhone, tlsPhone, udpPhone, wsPhone, wssPhone, type RawPhone } from '../support/raw-phone.js';
import { until } from '../support/until.js';

const doorOf = (file: unknown): DoorOptions => ({
  config: Value.Decode(GuardsFile, Value.Default(GuardsFile, file)),
  trunks: [],
});
const DENIED = doorOf({ addresses: { deny: ['127.0.0.1'] } });
const STRANGERS = doorOf({ addresses: { trusted: [] } });

/** With all four kinds of ports, and a clock that stands still. */
async function engineWith(t: Test, options: Partial<EngineOptions>) {
  const clock = new FakeClock();
  const lines: string[] = [];
  let counts: TurnedAwayCounts = {};
  const files = await certificateForTest(t);
  const engine = await engineForTest(
    t,
    { tls: { files, port: 0, wssPort: 0 }, ...options },
    { clock, log: createLogger('debug', { write: (line: string) => lines.push(line) }), turnedAway: (told) => (counts = told) },
  );
  const turnedAway = (): TurnedAwayCounts => (clock.advance(1000), counts);
  return { engine, lines, turnedAway };
}

const ask = (phone: RawPhone): void =>
  phone.send(
    phone.request('OPTIONS', 'sip:127.0.0.1', {
      callId: phone.branch(),
      from: '<sip:a@127.0.0.1>;tag=1',
      to: '<sip:127.0.0.1>',
      cseq: 1,
    }),
  );

const isAnswered = async (phone: RawPhone): Promise<void> => {
  ask(phone);
  await phone.receives('503'); // no application is there: an answer all the same
};

t.test('of a denied address no message is taken apart: no request, no answer, no ACK, no nonsense', async (t) => {
  const { engine, lines, turnedAway } = await engineWith(t, { door: DENIED });
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  for (const text of ['nonsense', 'SIP/2.0 200 OK\r\nnonsense', 'ACK sip:x SIP/2.0\r\nnonsense', 'INVITE sip:x SIP/2.0\r\n\r\n'])
    phone.send(text);
  ask(phone);
  await until('five messages are turned away', () => turnedAway().denied === 5);
  t.same(phone.received, []);
  t.notMatch(lines.join(''), /dropped|malformed/);
});

t.test('a denied address gets no connection, over TCP, TLS, WS or WSS, until the rules change', async (t) => {
  const { engine, turnedAway } = await engineWith(t, { door: DENIED });
  const { socket } = await tcpPhone(engine);
  await once(socket, 'close');
  await t.rejects(tlsPhone(engine));
  await t.rejects(wsPhone(engine));
  await t.rejects(wssPhone(engine));
  t.same(turnedAway(), { denied: 4 });
  engine.door.configure(doorOf({}));
  for (const open of [tcpPhone, tlsPhone, wsPhone, wssPhone]) {
    const phone = await open(engine);
    t.teardown(() => phone.close());
    await isAnswered(phone);
  }
});

t.test(
  'one address has only so many connections of all kinds together; one that closes makes room; trusted ones have no such limit',
  async (t) => {
    const limits = { connections: { ...CONNECTION_LIMITS, perAddress: 2 } };
    const { engine, turnedAway } = await engineWith(t, { door: STRANGERS, limits });
    const [first, second] = [await tcpPhone(engine), await wssPhone(engine)];
    t.teardown(() => [first, second].forEach((one) => one.close()));
    const third = await tcpPhone(engine);
    await once(third.socket, 'close');
    await t.rejects(tlsPhone(engine));
    await t.rejects(wsPhone(engine));
    t.same(turnedAway(), { full: 3 });
    await isAnswered(first);
    await isAnswered(second);
    first.close();
    // The engine hears of a connection that was closed when it does.
    let again: RawPhone | undefined;
    await until('there is room', async () => (again = await wsPhone(engine).catch(() => undefined)) !== undefined);
    t.teardown(() => again?.close());
    engine.door.configure(doorOf({}));
    const trusted = await tcpPhone(engine);
    t.teardown(() => trusted.close());
    await isAnswered(trusted);
  },
);

t.test('somebody banned may connect: a call that is there goes on', async (t) => {
  const { engine } = await engineWith(t, { door: STRANGERS });
  engine.door.ban('127.0.0.1', 60);
  const phone = await tcpPhone(engine);
  t.teardown(() => phone.close());
  phone.send('\r\n\r\n');
  t.equal(await phone.takes('pong', (message) => message === '\r\n'), '\r\n');
});
