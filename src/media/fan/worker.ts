/**
 * worker: the copier inside its thread: does what thread.ts asks and answers each question once.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { RealClock } from '#kit/clock.js';
import { OnePost } from '#kit/one-post.js';
import { checkBorrowing } from './borrowed-port.js';
import { Copier } from './copier.js';
import type { FromWorker, ToWorker, Word } from './messages.js';

export type WorkerData = Readonly<{ address: string }>;

const port = parentPort;
if (port === null) throw new Error('worker.js runs only as a thread of thread.js');

const words = new OnePost<Word>((said) => port.postMessage(said satisfies FromWorker));
const copier = new Copier({ clock: new RealClock(), tell: (news) => words.say(news) });

async function answer({ id, command }: ToWorker[number]): Promise<void> {
  try {
    words.say({ kind: 'answer', id, answer: await copier.execute(command) });
  } catch (error) {
    words.say({ kind: 'refusal', id, why: (error as NodeJS.ErrnoException).code ?? String(error) });
  }
}

port.on('message', (asked: ToWorker) => {
  for (const one of asked) void answer(one);
});

const unfit = await checkBorrowing((workerData as WorkerData).address);
words.say(unfit === undefined ? { kind: 'started' } : { kind: 'unfit', why: unfit });
