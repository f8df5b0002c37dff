/**
 * thread: starts the engine on a thread of its own and waits until it listens.
 */
import { Worker } from 'node:worker_threads';
import { ConfigError } from '#kit/errors.js';
import { word } from '#kit/ids.js';
import type { Logger } from '#kit/log.js';
import type { EngineOptions } from './engine-core.js';

export type EngineHandle = Readonly<{
  adminPort: number;
  secret: string;
  listening: readonly string[];
  stop: () => Promise<void>;
  onExit: (fn: (code: number) => void) => void;
}>;

type Said =
  | Readonly<{ kind: 'ready'; adminPort: number; listening: readonly string[] }>
  | Readonly<{ kind: 'failed'; why: string }>
  | Readonly<{ kind: 'log'; text: string }>;

const STOP_MS = 500;

/** @throws ConfigError when a port is taken or an address is not ours. */
export function startEngineThread(
  options: Omit<EngineOptions, 'secret' | 'adminAddress'> & { secret?: string; adminAddress?: string },
  log: Logger,
): Promise<EngineHandle> {
  const secret = options.secret ?? word(32); // only this process needs to know it
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { adminAddress: '127.0.0.1', ...options, secret },
  });
  const exited = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    worker.postMessage({ kind: 'stop' });
    const slow = setTimeout(() => void worker.terminate(), STOP_MS);
    await exited;
    clearTimeout(slow);
  };
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => {
      log.fatal({ err: error }, 'the SIP engine failed');
      reject(error);
    });
    worker.on('message', (said: Said) => {
      if (said.kind === 'log') return log.warn(said.text);
      if (said.kind === 'failed') {
        void worker.terminate();
        return reject(new ConfigError(said.why));
      }
      resolve({
        adminPort: said.adminPort,
        secret,
        listening: said.listening,
        stop,
        onExit: (fn) => void worker.once('exit', fn),
      });
    });
  });
}
