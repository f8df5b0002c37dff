/**
 * thread: the copier in a thread of its own, because two thousand listeners are 100,000 packets a second, and seen from the thread that
 * starts it. When it is gone, everything asked is refused; nothing waits for ever.
 */
import { Worker } from 'node:worker_threads';
import type { Clock } from '#kit/clock.js';
import { MediaFailed } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { OnePost } from '#kit/one-post.js';
import { Questions } from '#kit/questions.js';
import type { Answer, Command, FromWorker, News, ToWorker, Word } from './messages.js';
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

type Asked = Readonly<{ command: Command; resolve: (answer: Answer) => void; reject: (error: Error) => void }>;

const START_MS = 15_000;
const ANSWER_MS = 3000;
const PENDING_LIMIT = 20_000;

export class FanThread {
  /** Resolves when it copies; rejects when it never will. */
  readonly started: Promise<void>;
  readonly #options: FanThreadOptions;
  readonly #worker: Worker;
  readonly #questions: Questions<Answer>;
  readonly #asks: OnePost<Asked>;
  #ready = false;
  #gone = false;
  #stopping: Promise<void> | undefined;

  constructor(options: FanThreadOptions) {
    this.#options = options;
    this.#questions = new Questions({
      clock: options.clock,
      answerMs: ANSWER_MS,
      limit: PENDING_LIMIT,
      full: () => new MediaFailed('too much is asked of the music fan'),
      late: () => new MediaFailed(`the music fan did not answer in ${ANSWER_MS} ms`),
    });
    const data: WorkerData = { address: options.address };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: 'music fan' });
    this.#worker.unref();
    this.#asks = new OnePost((asked) => this.#post(asked));
    const slow = options.clock.after('music fan starts', START_MS, () => void this.#worker.terminate());
    this.started = new Promise((resolve, reject) => {
      const hear = (word: Word): void => {
        if (word.kind === 'started') {
          slow.cancel();
          this.#ready = true;
          resolve();
        } else if (word.kind === 'unfit') {
          reject(new MediaFailed(`music cannot be given out: ${word.why}`));
          void this.stop();
        } else this.#hear(word);
      };
      this.#worker.on('message', (said: FromWorker) => said.forEach(hear));
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
    return new Promise((resolve, reject) => this.#asks.say({ command, resolve, reject }));
  }

  /** Their time begins only now: this thread may have stood still since they were asked. */
  #post(asked: readonly Asked[]): void {
    const batch: ToWorker[number][] = [];
    const isThere = this.ready && this.#stopping === undefined;
    for (const { command, resolve, reject } of asked) {
      if (!isThere) reject(new MediaFailed('the music fan is not there'));
      else this.#questions.ask(`music fan: ${command.kind}`, (id) => batch.push({ id, command })).then(resolve, reject);
    }
    if (batch.length > 0) this.#worker.postMessage(batch satisfies ToWorker);
  }

  /** Stopping twice is stopping once. */
  stop(): Promise<void> {
    return (this.#stopping ??= this.#worker.terminate().then(() => undefined));
  }

  #hear(word: Exclude<Word, { kind: 'started' } | { kind: 'unfit' }>): void {
    if (word.kind === 'silent' || word.kind === 'lost') return this.#options.heard(word);
    if (word.kind === 'answer') this.#questions.answer(word.id, word.answer);
    else this.#questions.refuse(word.id, new MediaFailed(`the music fan refused: ${word.why}`));
  }

  #ended(why: string): void {
    const wanted = this.#stopping === undefined;
    this.#gone = true;
    this.#questions.refuseAll(() => new MediaFailed(why));
    if (wanted) this.#options.gone(why);
  }
}
