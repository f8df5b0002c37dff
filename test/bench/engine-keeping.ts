/**
 * engine-keeping: what it costs the SIP engine to keep its dialogs on the disk: the CPU of its process a call, with a store and without,
 * by turns in one run. Printed, never asserted. `npm run bench -- engine-keeping`
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newSrf, outgoing, TestApp } from '../support/engine-fixture.js';
import { SDP } from '../support/engine-calls.js';
import { engineProcess } from '../support/killed-engine.js';
import { portOf, RawPhone } from '../support/raw-phone.js';
import { cpuTicks } from './sipp/music-listener.js';

const CALLS = 2000;
const AT_ONCE = 60;
/** Long enough that each dialog reaches the disk and is taken away again. */
const TALK_MS = 60;
const ROUNDS = 4;
const TICK_MS = 10;

process.env = { ...process.env }; // drachtio-srf reads it for every header

const ended: (() => unknown)[] = [];
const test = { teardown: (fn: () => unknown) => ended.push(fn), testdir: () => mkdtempSync(join(tmpdir(), 'engine-keeping-')) };

/** Answers at once whatever it is asked. */
async function phoneFor(port: number): Promise<RawPhone> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  socket.setRecvBufferSize(4 * 1024 * 1024);
  const phone = new RawPhone(
    'UDP',
    { host: '127.0.0.1', port: socket.address().port },
    (text) => socket.send(text, port, '127.0.0.1'),
    () => socket.close(),
  );
  socket.on('message', (data) => {
    const text = data.toString('latin1');
    if (text.startsWith('INVITE ')) phone.send(phone.response(text, 200, { tag: 'callee', lines: [phone.contact], body: SDP }));
    if (text.startsWith('BYE ')) phone.send(phone.response(text, 200));
  });
  return phone;
}

async function oneCall(app: TestApp, uri: string): Promise<void> {
  const call = await outgoing(app, { method: 'INVITE', uri, body: SDP });
  const { response, ack } = await call.next();
  ack();
  await new Promise((resolve) => setTimeout(resolve, TALK_MS));
  const bye = await outgoing(app, { method: 'BYE', uri: 'sip:placeholder', stackDialogId: response.stackDialogId });
  await bye.next();
}

/** @returns microseconds of the engine's CPU a call. */
async function round(store: string): Promise<number> {
  const engine = await engineProcess(test, store);
  const phone = await phoneFor(portOf(engine, 'udp'));
  const app = new TestApp(newSrf(), []);
  const ready = new Promise((resolve) => app.srf.on('connect', resolve));
  app.srf.connect({ host: '127.0.0.1', port: engine.adminPort, secret: engine.secret });
  await ready;
  const calls = async (count: number): Promise<void> => {
    let left = count;
    const line = async (): Promise<void> => {
      while (left-- > 0) await oneCall(app, phone.uri);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, line));
  };
  await calls(500); // warm
  const before = TICK_MS * cpuTicks(engine.pid);
  await calls(CALLS);
  const us = ((TICK_MS * cpuTicks(engine.pid) - before) * 1000) / CALLS;
  app.srf.disconnect();
  phone.close();
  await engine.kill();
  return us;
}

const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)] ?? 0;

const memory: number[] = [];
const kept: number[] = [];
for (let turn = 0; turn < ROUNDS; turn++) {
  memory.push(await round('memory'));
  const folder = test.testdir();
  kept.push(await round(folder));
  rmSync(folder, { recursive: true, force: true });
}
const words = (all: readonly number[]): string => all.map((us) => us.toFixed(0)).join(', ');
console.log(`engine CPU a call of one leg, us: memory ${words(memory)}; store ${words(kept)}`);
console.log(
  `medians ${median(memory).toFixed(0)} and ${median(kept).toFixed(0)}: ratio ${(median(kept) / median(memory)).toFixed(2)}`,
);
for (const end of ended) await end();
process.exit(0);
