/**
 * load-watch: measures ten times a second how far behind the application reads, how long what it asks for calls waits for its turn, and how
 * far behind we read what phones send, and tells admission. By questions that stand in line behind everything else: an answer is as late as all
 * that stood before it.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { Admission } from './admission.js';
import type { AskFence } from './link/fence.js';
import { Delay } from './delay.js';

export type LoadWatchFacts = Readonly<{
  admission: Admission;
  clock: Clock;
  log: Logger;
  /** Answered when the application has read everything; only an application in this process can be asked. */
  askApp?: AskFence | undefined;
  /** Answered when what it has to ask for calls now has had its turn. */
  askWork?: AskFence | undefined;
  /** Answered when everything has been read that stood in the buffers of our datagram sockets. */
  askSockets?: AskFence | undefined;
  /** An application is connected: a start takes as long as it takes, and is no reason to ration the calls after it. */
  isServed?: () => boolean;
  /** The share of the time since it was asked last in which our loop had something to do. */
  busyShare?: () => number;
}>;

const SAMPLE_MS = 100;
/** A loop that waits now and then has read everything that came, and its sockets need not be asked. */
const NEVER_WAITS = 0.98;

export class LoadWatch {
  readonly #facts: LoadWatchFacts;
  readonly #app: Delay | undefined;
  readonly #work: Delay | undefined;
  readonly #sockets: Delay | undefined;
  readonly #busyShare: () => number;
  #timer: Timer | undefined;
  #overloaded = false;
  #stopped = false;

  constructor(facts: LoadWatchFacts) {
    const { admission, clock, askApp, askWork, askSockets } = facts;
    this.#facts = facts;
    this.#app = askApp && new Delay(askApp, clock, (ms) => admission.wasLate('app', ms));
    this.#work = askWork && new Delay(askWork, clock, (ms) => admission.wasLate('work', ms));
    this.#sockets = askSockets && new Delay(askSockets, clock, (ms) => admission.wasLate('sockets', ms));
    this.#busyShare = facts.busyShare ?? loopUtilization();
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#app?.stop();
    this.#work?.stop();
    this.#sockets?.stop();
  }

  #wait(): void {
    if (!this.#stopped) this.#timer = this.#facts.clock.after('load sample', SAMPLE_MS, () => this.#sample());
  }

  #sample(): void {
    const { admission, clock, isServed } = this.#facts;
    this.#app?.sample();
    this.#work?.sample();
    if (this.#busyShare() >= NEVER_WAITS) this.#sockets?.sample();
    else this.#sockets?.none();
    if (isServed?.() !== false) {
      admission.sampled(clock.now());
      this.#tell();
    }
    this.#wait();
  }

  /** Once when it begins and once when it is over: what is between changes with every sample. */
  #tell(): void {
    const { admission, log } = this.#facts;
    const { callsPerSecond } = admission;
    const isFull = admission.isShut(true) || callsPerSecond !== Infinity;
    if (isFull === this.#overloaded) return;
    this.#overloaded = isFull;
    const rate = callsPerSecond === Infinity ? {} : { callsPerSecond: Math.round(callsPerSecond) };
    if (isFull) log.warn(rate, 'overloaded: new calls are refused');
    else log.warn('no longer overloaded');
  }
}

function loopUtilization(): () => number {
  let last: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
