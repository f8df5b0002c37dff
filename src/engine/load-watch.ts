/**
 * load-watch: measures ten times a second how busy our loop is and how far behind the application reads, and tells admission.
 */
import { performance, type EventLoopUtilization } from 'node:perf_hooks';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { Admission } from './admission.js';
import type { AskFence } from './link/fence.js';

const SAMPLE_MS = 100;

export class LoadWatch {
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #askApp: AskFence | undefined;
  #last: EventLoopUtilization = performance.eventLoopUtilization();
  #timer: Timer | undefined;
  #askedMs: number | undefined;
  #overloaded = false;
  readonly #isServed: () => boolean;
  #stopped = false;

  /**
   * @param askApp is answered when the application has read everything; only an application in this process can be asked.
   * @param isServed an application is connected: a start takes as long as it takes, and is no reason to ration the calls after it.
   */
  constructor(
    admission: Admission,
    clock: Clock,
    log: Logger,
    askApp: AskFence | undefined,
    isServed: () => boolean = () => true,
  ) {
    this.#admission = admission;
    this.#clock = clock;
    this.#log = log;
    this.#askApp = askApp;
    this.#isServed = isServed;
    this.#wait();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #wait(): void {
    if (!this.#stopped) this.#timer = this.#clock.after('load sample', SAMPLE_MS, () => this.#sample());
  }

  #sample(): void {
    const now = performance.eventLoopUtilization();
    this.#admission.loopWasBusy(performance.eventLoopUtilization(now, this.#last).utilization);
    this.#last = now;
    this.#sampleApp();
    if (this.#isServed()) this.#admission.sampled(this.#clock.now());
    this.#tell();
    this.#wait();
  }

  /** Once when it begins and once when it is over: what is between changes with every sample. */
  #tell(): void {
    const { overloaded, callsPerSecond } = this.#admission;
    const isFull = overloaded || callsPerSecond !== Infinity;
    if (isFull === this.#overloaded) return;
    this.#overloaded = isFull;
    if (isFull)
      this.#log.warn({ callsPerSecond: Math.round(Math.min(callsPerSecond, 1e6)) }, 'overloaded: new calls are refused');
    else this.#log.warn('no longer overloaded');
  }

  #sampleApp(): void {
    if (this.#askApp === undefined) return;
    const nowMs = this.#clock.now();
    // No answer yet: late by as long as it has been waited for.
    if (this.#askedMs !== undefined) return void this.#admission.appWasLate(nowMs - this.#askedMs);
    this.#askedMs = nowMs;
    this.#askApp(() => {
      this.#askedMs = undefined;
      // It has caught up with all that was written, so it is asked again at once: one long pause (starting up, for one) is no overload.
      if (this.#admission.appWasLate(this.#clock.now() - nowMs) && !this.#stopped) this.#sampleApp();
    });
  }
}
