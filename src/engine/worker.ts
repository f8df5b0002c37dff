/**
 * worker: the engine inside its thread: starts it, tells thread.ts, stops it. No SIP here.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '#kit/log.js';
import { Questions } from '#kit/questions.js';
import { outliveRejections } from '#kit/rejections.js';
import { startEngine, type RunningEngine } from './engine.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import type { EngineOptions } from './options.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

const port = parentPort;
if (port === null) throw new Error('worker.js runs only as a thread of thread.js');

const say = (message: FromWorker): void => port.postMessage(message);
const fences: (() => void)[] = [];
/** How late the application is with its work: who does not answer for so long is late enough, and delay.ts knows of no more questions. */
const ANSWER_MS = 10_000;
const MOST_ASKED = 200;
const unanswered = (): Error => new Error('the application does not say how late it is');
const work = new Questions<void>({
  clock: new MonotonicClock(),
  answerMs: ANSWER_MS,
  limit: MOST_ASKED,
  full: unanswered,
  late: unanswered,
});
let engine: RunningEngine | undefined;

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'fence':
      return fences.shift()?.();
    case 'work':
      return void work.answer(message.id, undefined);
    case 'look-at-certificate':
      return engine?.lookAtCertificate();
    case 'ban':
      return engine?.door.ban(message.source, message.seconds);
    case 'lift':
      return engine?.door.lift(message.source);
    case 'welcome':
      return engine?.door.welcome(message.source, message.port);
    case 'door':
      return engine?.door.configure(message.options);
    case 'end-orphans':
      return engine?.endOrphans(message.known);
    case 'how-stored':
      // What had come to our sockets before the question is read in this turn of the loop, and counted.
      return void setImmediate(() => say({ kind: 'stored', id: message.id, health: engine?.stored() }));
    case 'stop':
      void engine?.stop();
      work.refuseAll(unanswered); // their ends would keep the thread
      port.close();
  }
});

const options = workerData as EngineOptions;
// The destination is a stream that carries each line to the thread that owns the log.
const log = createLogger(options.logLevel ?? 'info', { write: (line: string) => say({ kind: 'log', line }) });
outliveRejections(log);

try {
  engine = await startEngine(options, {
    log,
    watchLoad: true,
    turnedAway: (counts) => say({ kind: 'turned-away', counts }),
    askFence: (passed) => {
      fences.push(passed);
      say({ kind: 'fence' });
    },
    askWork: (answered) =>
      void work.ask('the work of the application', (id) => say({ kind: 'work', id })).then(answered, () => undefined),
  });
  const { adminPort, secret, listening, restored } = engine;
  say({ kind: 'started', adminPort, secret, listening, restored });
} catch (error) {
  say({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
  port.close();
}
