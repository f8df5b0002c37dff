/**
 * worker: the copier inside its thread: does what thread.ts asks and answers each question once.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RealClock } from '#kit/clock.js';
import { checkBorrowing } from './borrowed-port.js';
import { Copier } from './copier.js';
import type { FromWorker, ToWorker } from './messages.js';

export type WorkerData = Readonly<{ address: string }>;

const port = parentPort;
if (port === null) throw new Error('worker.js runs only as a thread of thread.js');

const say = (message: FromWorker): void => port.postMessage(message);
const copier = new Copier({ clock: new RealClock(), tell: say });

async function answer({ id, command }: ToWorker): Promise<void> {
  try {
    say({ kind: 'answer', id, answer: await copier.execute(command) });
  } catch (error) {
    say({ kind: 'refusal', id, why: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}

port.on('message', (message: ToWorker) => void answer(message));

const unfit = await checkBorrowing((workerData as WorkerData).address);
say(unfit === undefined ? { kind: 'started' } : { kind: 'unfit', why: unfit });
