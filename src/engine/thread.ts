/**
 * thread: the engine in a thread of its own, seen from the thread that starts it. Speaks to worker.ts and nothing else.
 */
import { Worker } from 'node:worker_threads';
import type { Logger } from '#kit/log.js';
import type { StoreHealth } from '#kit/store-health.js';
import type { EngineHandle } from './engine.js';
import { MonotonicClock } from '#kit/monotonic-clock.js';
import type { EngineOptions } from './options.js';
import { StoreQuestions } from './store-questions.js';
import { EngineStartError } from './transport/open-named.js';
import type { TurnedAwayCounts } from './turned-away.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

export type EngineThread = EngineHandle &
  Readonly<{
    onExit: (listener: (why: string) => void) => void;
    /** Requests that were refused or not answered, as of a second ago. */
    turnedAway: () => TurnedAwayCounts;
    /** Where what the application asks for calls waits for its turn: the longer, the fewer new calls. */
    worksBehind: (backlog: Backlog) => void;
    /** Asks the thread, and has an end. Undefined: there is no store. */
    stored: () => Promise<StoreHealth | undefined>;
  }>;

/** `gone` follows when everything that waits for its turn now has had it. */
export type Backlog = (gone: () => void) => void;

const START_MS = 15_000;
/** Longer than a store takes to close at worst (CLOSE_MS of store/): what is kept must be whole before the thread is ended. */
const STOP_MS = 4_000;

/** Resolves when it listens. @throws EngineStartError naming address, port and protocol when it cannot. */
export async function startEngineThread(options: EngineOptions, log: Logger): Promise<EngineThread> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { logLevel: log.level, ...options },
    name: 'sip-engine',
  });
  const exits: ((why: string) => void)[] = [];
  let stopping: Promise<void> | undefined;
  const exited = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      resolve();
      if (stopping === undefined) for (const listener of exits) listener(`the engine thread ended with code ${code}`);
    });
  });
  let turnedAway: TurnedAwayCounts = {};
  const say = (message: ToWorker): void => worker.postMessage(message);
  const questions = new StoreQuestions((id) => say({ kind: 'how-stored', id }), new MonotonicClock());
  let backlog: Backlog = (gone) => gone();
  const started = await firstWord(worker, log, {
    turnedAway: (counts) => (turnedAway = counts),
    questions,
    work: (gone) => backlog(gone),
  });
  const stop = async (): Promise<void> => {
    say({ kind: 'stop' });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_MS)));
    await Promise.race([exited, late]);
    clearTimeout(timer);
    await worker.terminate();
  };
  return {
    ...started,
    door: {
      ban: (source, seconds) => say({ kind: 'ban', source, seconds }),
      lift: (source) => say({ kind: 'lift', source }),
      welcome: (source, port) => say({ kind: 'welcome', source, port }),
      configure: (options) => say({ kind: 'door', options }),
    },
    stop: () => (stopping ??= stop()), // stopping twice is stopping once
    endOrphans: (known) => say({ kind: 'end-orphans', known }),
    lookAtCertificate: () => say({ kind: 'look-at-certificate' }),
    onExit: (listener) => void exits.push(listener),
    turnedAway: () => turnedAway,
    worksBehind: (other) => (backlog = other),
    stored: () => (options.keep === undefined ? Promise.resolve(undefined) : questions.ask()),
  };
}

type Started = Pick<EngineHandle, 'adminPort' | 'secret' | 'listening' | 'restored'>;

type Hears = Readonly<{ turnedAway: (counts: TurnedAwayCounts) => void; questions: StoreQuestions; work: Backlog }>;

/** Listens to the worker for as long as it lives; resolves with the first thing it has to say. */
function firstWord(worker: Worker, log: Logger, hears: Hears): Promise<Started> {
  return new Promise((resolve, reject) => {
    const slow = setTimeout(() => {
      void worker.terminate();
      reject(new EngineStartError(`the engine thread did not start within ${START_MS} ms`));
    }, START_MS);
    const settle = (): void => clearTimeout(slow);
    worker.once('error', (error) => {
      settle();
      log.error({ err: error }, 'the engine thread failed');
      reject(error);
    });
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'started':
          settle();
          return resolve(message);
        case 'failed':
          settle();
          return reject(new EngineStartError(message.why));
        case 'fence':
          // What was written to our sockets before the question is read in this turn of the loop; the answer comes after it.
          return void setImmediate(() => worker.postMessage({ kind: 'fence' } satisfies ToWorker));
        case 'work':
          return hears.work(() => worker.postMessage({ kind: 'work', id: message.id } satisfies ToWorker));
        case 'turned-away':
          return hears.turnedAway(message.counts);
        case 'stored':
          // As with the fence: what the engine had told us before is read first.
          return void setImmediate(() => hears.questions.answered(message.id, message.health));
        case 'log':
          return relayLog(log, message.line);
      }
    });
  });
}

const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' } as const;

/** A line of the worker's own logger, told again by ours, which knows where logs go. */
function relayLog(log: Logger, line: string): void {
  const { level, msg, time: _time, ...facts } = JSON.parse(line) as { level: keyof typeof LEVELS; msg?: string; time?: string };
  log[LEVELS[level]](facts, msg);
}
