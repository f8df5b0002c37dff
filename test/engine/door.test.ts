/**
 * Goal: whoever is kept out gets not a byte from the engine, before anything is kept of what was sent; a call that is there goes on.
 */
import t, { type Test } from 'tap';
import { Value } from '@sinclair/typebox/value';
import type { DoorOptions } from '#engine/doorway.js';
import { startEngine, type RunningEngine } from '#engine/engine.js';
import { GuardsFile } from '#kit/guards-schema.js';
import { udpPhone } from '../support/raw-phone.js';

const doorOf = (file: unknown): DoorOptions => ({
  config: Value.Decode(GuardsFile, Value.Default(GuardsFile, file)),
  trunks: [],
});
/** Loopback is a stranger here. */
const STRANGERS = { addresses: { trusted: [] } };

async function engineWith(t: Test, file: unknown): Promise<RunningEngine> {
  const engine = await startEngine({ addresses: ['127.0.0.1'], sipPort: 0, wsPort: 0, door: doorOf(file) });
  t.teardown(() => engine.stop());
  return engine;
}

function options(phone: { uri: string; branch: () => string; host: string; port: number }, more: readonly string[] = []): string {
  const branch = phone.branch();
  return [
    'OPTIONS sip:127.0.0.1 SIP/2.0',
    `Via: SIP/2.0/UDP ${phone.host}:${phone.port};branch=${branch};rport`,
    'Max-Forwards: 70',
    'From: <sip:a@127.0.0.1>;tag=1',
    'To: <sip:127.0.0.1>',
    `Call-ID: ${branch}`,
    'CSeq: 1 OPTIONS',
    ...more,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

t.test('a scanner hears nothing; its neighbour at the same address is answered, because datagrams can be forged', async (t) => {
  const engine = await engineWith(t, STRANGERS);
  const [scanner, phone] = [await udpPhone(engine), await udpPhone(engine)];
  t.teardown(() => [scanner, phone].forEach((one) => one.close()));
  phone.send(options(phone));
  await phone.receives('503'); // no application is there: an answer all the same
  scanner.send(options(scanner, ['User-Agent: friendly-scanner']));
  scanner.send(options(scanner, ['User-Agent: friendly-scanner', 'CSeq: nonsense']));
  // What was sent before has been read by the time somebody else is answered.
  phone.send(options(phone));
  await phone.receives('503');
  t.same(scanner.received, [], 'not even to nonsense');
  t.equal(engine.counts().incoming, 0);
});

t.test('an address that failed at passwords is out until its time is over or the rules change', async (t) => {
  const engine = await engineWith(t, STRANGERS);
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  engine.door.ban('127.0.0.1', 60);
  phone.send(options(phone));
  engine.door.configure(doorOf({}));
  phone.send(options(phone));
  await phone.receives('503');
  t.equal(phone.received.length, 1);
});

t.test('a ban does not reach a neighbour that proved its password, and ends when it is lifted', async (t) => {
  const engine = await engineWith(t, STRANGERS);
  const [phone, other] = [await udpPhone(engine), await udpPhone(engine)];
  t.teardown(() => [phone, other].forEach((one) => one.close()));
  engine.door.welcome('127.0.0.1', phone.port);
  engine.door.ban('127.0.0.1', 60);
  other.send(options(other));
  phone.send(options(phone));
  await phone.receives('503');
  t.same(other.received, []);
  engine.door.lift('127.0.0.1');
  other.send(options(other));
  await other.receives('503');
});

t.test('above the rate there is 503 with Retry-After, far above nothing', async (t) => {
  const engine = await engineWith(t, { ...STRANGERS, rates: { other: { perSecond: 1, burst: 2 } } });
  const phone = await udpPhone(engine);
  t.teardown(() => phone.close());
  for (let count = 0; count < 20; count++) phone.send(options(phone));
  engine.door.configure(doorOf({}));
  for (let count = 0; count < 3; count++) await phone.receives('503');
  t.ok(phone.received.length < 20, `${phone.received.length} answers to 20 requests`);
  t.match(phone.received.join(''), /Retry-After: /);
});
