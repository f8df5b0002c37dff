/**
 * link: questions that wait for the mixer's answers. When its thread is gone, all of them are refused; none waits for ever.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '#kit/clock.js';
import { AppError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { noLongerThan } from '#kit/no-longer-than.js';
import { Questions } from '#kit/questions.js';
import { LIMITS, type Limits } from './limits.js';
import type * as Say from './messages.js';
import { full, threadGone } from './refusals.js';
import type { WorkerData } from './worker.js';

/** `address` is where members' RTP ports are opened: loopback, because rtpengine stands between them and the world. */
export type LinkOptions = Readonly<{ clock: Clock; log: Logger; address?: string; limits?: Partial<Limits> }>;

const START_MS = 15_000;
const ANSWER_MS = 5_000;
const STOP_MS = 1_000;
const MOST_PENDING = 1000;

export class Link {
  readonly started: Promise<void>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #worker: Worker;
  readonly #questions: Questions<Say.Answer>;
  readonly #exits: ((why: string) => void)[] = [];
  readonly #exited: Promise<void>;
  #gone = false;
  #stopping: Promise<void> | undefined;

  constructor({ clock, log, address = '127.0.0.1', limits }: LinkOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#questions = new Questions({
      clock,
      answerMs: ANSWER_MS,
      limit: MOST_PENDING,
      full: () => full('questions to the mixer'),
      late: threadGone,
    });
    const data: WorkerData = { address, limits: { ...LIMITS, ...limits }, logLevel: log.level };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: 'conference' });
    this.#exited = new Promise((resolve) => this.#worker.once('exit', (code) => resolve(this.#ended(code))));
    this.started = new Promise((resolve, reject) => {
      const slow = clock.after('conference thread start', START_MS, () => {
        reject(threadGone());
        void this.#worker.terminate();
      });
      void this.#exited.then(() => (slow.cancel(), reject(threadGone())));
      this.#worker.on('message', (message: Say.FromWorker) => {
        if (message.kind !== 'started') return this.#hear(message);
        slow.cancel();
        resolve();
      });
    });
    this.#worker.on('error', (error) => log.error({ err: error }, 'the mixer failed'));
  }

  ask(command: Say.Command): Promise<Say.Answer> {
    if (this.#gone || this.#stopping !== undefined) return Promise.reject(threadGone());
    return this.#questions.ask('conference answer', (id) =>
      this.#worker.postMessage({ kind: 'ask', id, command } satisfies Say.ToWorker),
    );
  }

  onExit(listener: (why: string) => void): void {
    this.#exits.push(listener);
  }

  /** Stopping twice is stopping once. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#worker.postMessage({ kind: 'stop' } satisfies Say.ToWorker);
    await noLongerThan(STOP_MS, 'conference thread stop', this.#clock, this.#exited);
    await this.#worker.terminate();
  }

  #hear(message: Exclude<Say.FromWorker, { kind: 'started' }>): void {
    if (message.kind === 'log') return relayLog(this.#log, message.line);
    if (message.kind === 'answer') this.#questions.answer(message.id, message.answer);
    else this.#questions.refuse(message.id, new AppError(message.facts));
  }

  #ended(code: number): void {
    this.#gone = true;
    this.#questions.refuseAll(threadGone);
    if (this.#stopping === undefined) for (const listener of this.#exits) listener(`the mixer's thread ended with code ${code}`);
  }
}

const LEVELS = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' } as const;

/** A line of the worker's own logger, told again by ours, which knows where logs go. */
function relayLog(log: Logger, line: string): void {
  const { level, msg, time: _time, ...facts } = JSON.parse(line) as { level: keyof typeof LEVELS; msg?: string; time?: string };
  log[LEVELS[level]](facts, msg);
}
