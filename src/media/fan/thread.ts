/**
 * thread: the copier in a thread of its own, because two thousand listeners are 100,000 packets a second, and seen from the thread that
 * starts it. When it is gone, everything asked is refused; nothing waits for ever.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#kit/clock.js';
import { MediaFailed } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { Answer, Command, FromWorker, News, ToWorker } from './messages.js';
import type { WorkerData } from './worker.js';

export type FanThreadOptions = Readonly<{
  clock: Clock;
  log: Logger;
  /** Where rtpengine has its ports. */
  address: string;
  heard: (news: News) => void;
  /** Told once, unless it was stopped. */
  gone: (why: string) => void;
}>;

const START_MS = 15_000;
const ANSWER_MS = 3000;
const PENDING_LIMIT = 20_000;

type Question = Readonly<{ resolve: (answer: Answer) => void; reject: (error: Error) => void; timer: Timer }>;

export class FanThread {
  /** Resolves when it copies; rejects when it never will. */
  readonly started: Promise<void>;
  readonly #options: FanThreadOptions;
  readonly #worker: Worker;
  readonly #pending = new Map<number, Question>();
  #lastId = 0;
  #ready = false;
  #gone = false;
  #stopping: Promise<void> | undefined;

  constructor(options: FanThreadOptions) {
    this.#options = options;
    const data: WorkerData = { address: options.address };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: 'music fan' });
    this.#worker.unref();
    const slow = options.clock.after('music fan starts', START_MS, () => void this.#worker.terminate());
    this.started = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'started') {
          slow.cancel();
          this.#ready = true;
          resolve();
        } else if (message.kind === 'unfit') {
          reject(new MediaFailed(`music cannot be given out: ${message.why}`));
          void this.stop();
        } else this.#hear(message);
      });
      this.#worker.once('exit', (code) => {
        slow.cancel();
        const why = `the thread of the music fan ended with code ${code}`;
        reject(new MediaFailed(why));
        this.#ended(why);
      });
    });
    this.started.catch(() => undefined);
    this.#worker.on('error', (error) => options.log.error({ err: error }, 'the music fan failed'));
  }

  get ready(): boolean {
    return this.#ready && !this.#gone;
  }

  /** @throws MediaFailed */
  ask(command: Command): Promise<Answer> {
    if (!this.ready || this.#stopping !== undefined) return Promise.reject(new MediaFailed('the music fan is not there'));
    if (this.#pending.size >= PENDING_LIMIT) return Promise.reject(new MediaFailed('too much is asked of the music fan'));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(`music fan: ${command.kind}`, ANSWER_MS, () => {
        this.#pending.delete(id);
        reject(new MediaFailed(`the music fan did not answer in ${ANSWER_MS} ms`));
      });
      this.#pending.set(id, { resolve, reject, timer });
      this.#worker.postMessage({ kind: 'ask', id, command } satisfies ToWorker);
    });
  }

  /** Stopping twice is stopping once. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#worker.terminate().then(() => undefined));
  }

  #hear(message: Exclude<FromWorker, { kind: 'started' } | { kind: 'unfit' }>): void {
    if (message.kind === 'silent' || message.kind === 'lost') return this.#options.heard(message);
    const question = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    question?.timer.cancel();
    if (message.kind === 'answer') question?.resolve(message.answer);
    else question?.reject(new MediaFailed(`the music fan refused: ${message.why}`));
  }

  #ended(why: string): void {
    const wanted = this.#stopping === undefined;
    this.#gone = true;
    for (const { reject, timer } of this.#pending.values()) {
      timer.cancel();
      reject(new MediaFailed(why));
    }
    this.#pending.clear();
    if (wanted) this.#options.gone(why);
  }
}
