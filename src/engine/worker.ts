/**
 * worker: the engine inside its thread: starts it, tells thread.ts, stops it. No SIP here.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createLogger } from '#kit/log.js';
import { startEngine, type RunningEngine } from './engine.js';
import type { EngineOptions } from './options.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

const port = parentPort;
if (port === null) throw new Error('worker.js runs only as a thread of thread.js');

const say = (message: FromWorker): void => port.postMessage(message);
const fences: (() => void)[] = [];
/** Asked of the application, by number; far more than are ever waited for. */
const asked = new Map<number, () => void>();
const MOST_ASKED = 200;
let numbers = 0;
let engine: RunningEngine | undefined;

port.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'fence':
      return fences.shift()?.();
    case 'work':
      asked.get(message.id)?.();
      return void asked.delete(message.id);
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
      port.close();
  }
});

const options = workerData as EngineOptions;
// The destination is a stream that carries each line to the thread that owns the log.
const log = createLogger(options.logLevel ?? 'info', { write: (line: string) => say({ kind: 'log', line }) });

try {
  engine = await startEngine(options, {
    log,
    watchLoad: true,
    turnedAway: (counts) => say({ kind: 'turned-away', counts }),
    askFence: (passed) => {
      fences.push(passed);
      say({ kind: 'fence' });
    },
    askWork: (answered) => {
      asked.set((numbers += 1), answered);
      asked.delete(numbers - MOST_ASKED);
      say({ kind: 'work', id: numbers });
    },
  });
  const { adminPort, secret, listening, restored } = engine;
  say({ kind: 'started', adminPort, secret, listening, restored });
} catch (error) {
  say({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
  port.close();
}
