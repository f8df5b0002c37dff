/**
 * worker: the engine's own thread. Listens, says where, and ends when told.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { MonotonicClock } from '../engine/monotonic-clock.js';
import { Engine, type EngineOptions } from './engine-core.js';

const engine = new Engine(workerData as EngineOptions, new MonotonicClock(), (text) =>
  parentPort?.postMessage({ kind: 'log', text }),
);

parentPort?.on('message', (message: { kind: string }) => {
  if (message.kind !== 'stop') return;
  engine.stop();
  parentPort?.close();
});

engine.start().then(
  (adminPort) => parentPort?.postMessage({ kind: 'ready', adminPort, listening: engine.transports.hostports }),
  (error: unknown) => parentPort?.postMessage({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
);
