/**
 * worker: the mixer inside its thread: does what thread.ts asks and answers each question once. No sound here.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RealClock } from '#kit/clock.js';
import { AppError } from '#kit/errors.js';
import { createLogger } from '#kit/log.js';
import { Conferences } from './conferences.js';
import type { Limits } from './limits.js';
import type { FromWorker, ToWorker } from './messages.js';
import { factsOf } from './refusals.js';

export type WorkerData = Readonly<{ address: string; limits: Limits; logLevel: string }>;

const port = parentPort;
if (port === null) throw new Error('worker.js runs only as a thread of thread.js');

const { address, limits, logLevel } = workerData as WorkerData;
const say = (message: FromWorker): void => port.postMessage(message);
// The destination is a stream that carries each line to the thread that owns the log.
const log = createLogger(logLevel, { write: (line: string) => say({ kind: 'log', line }) });
const conferences = new Conferences({
  address,
  limits,
  clock: new RealClock(),
  nowMs: () => performance.now(),
  afterReading: (fn) => void setImmediate(fn),
});

async function answer({ id, command }: ToWorker & { kind: 'ask' }): Promise<void> {
  try {
    say({ kind: 'answer', id, answer: await conferences.execute(command) });
  } catch (error) {
    if (!(error instanceof AppError)) log.error({ err: error, command: command.kind }, 'the mixer failed at a command');
    say({ kind: 'refusal', id, facts: factsOf(error) });
  }
}

port.on('message', (message: ToWorker) => {
  if (message.kind === 'ask') return void answer(message);
  conferences.stop();
  port.close();
});

say({ kind: 'started' });
