/**
 * rtpengine-keeper: keeps an rtpengine of our own running. Watches the child and its answers, starts it again after a crash,
 * and tells at once that the media of all calls is gone, so that nobody sits in a silent call.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { ConfigError, MediaFailed } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { NgClient } from './ng-client.js';
import type { NgCommands } from './ng-commands.js';
import { DeafPorts } from './deaf-ports.js';
import { checkNeighbours } from './port-neighbours.js';
import { RtpengineProcess, versionOf, type RtpengineOptions } from './rtpengine-process.js';

export type RtpengineState = 'up' | 'restarting' | 'down';

/** What the rest of the room needs of an rtpengine, ours or another's. */
export interface RtpengineLife {
  readonly state: RtpengineState;
  readonly version: string | undefined;
  /** Of our own; undefined when it is another's. */
  readonly pid: number | undefined;
  /** @throws MediaFailed */
  start(): Promise<void>;
  /** Stopping twice is stopping once. */
  stop(): Promise<void>;
}

export type LifeDeps = Readonly<{
  ng: NgClient;
  commands: NgCommands;
  clock: Clock;
  log: Logger;
  onLost: () => void;
  onBack: () => void;
  /** One call will stay silent if it does not begin anew with other ports. */
  onDeaf: (callId: string) => void;
}>;

const FIRST_TRIES = 3;
const BACK_OFF_MS: readonly number[] = [100, 250, 500, 1000, 2000, 5000];
/** After so many starts in vain nobody should call it restarting any more. */
const HOPELESS_AFTER = 4;
const WATCH_MS = 2000;
const STEADY_MS = 30_000;
/** The rtpengine of a life before this one ends with it, and closing thousands of ports takes it a moment. */
const ENDING_MS = 2000;
const YOUNG_SEC = 10;

export class RtpengineKeeper implements RtpengineLife {
  readonly #options: RtpengineOptions;
  readonly #deps: LifeDeps;
  readonly #deafPorts: DeafPorts;
  #process: RtpengineProcess | undefined;
  #state: RtpengineState = 'restarting';
  #version: string | undefined;
  #upSinceMs = 0;
  #failures = 0;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: RtpengineOptions, deps: LifeDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#deafPorts = new DeafPorts(deps);
  }

  get state(): RtpengineState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  get version(): string | undefined {
    return this.#version;
  }

  /** @throws MediaFailed with rtpengine's own words when it does not come up; ConfigError while another has its ports. */
  async start(): Promise<void> {
    this.#version = await versionOf(this.#options.program);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#bringUp(ENDING_MS);
      } catch (error) {
        if (attempt >= FIRST_TRIES || this.#stopped || error instanceof ConfigError) throw error;
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#deafPorts.close();
    await this.#process?.stop();
    this.#state = 'down';
  }

  /** @param patienceMs for another that has the same ports and is about to end. */
  async #bringUp(patienceMs = 0): Promise<void> {
    const { ng, clock, log } = this.#deps;
    // Also when ours comes back: another may have come while it was gone.
    await checkNeighbours(this.#options, clock, patienceMs);
    const process = await RtpengineProcess.start({ ...this.#options, says: this.#deafPorts.heard }, clock, log);
    this.#process = process;
    if (this.#stopped) {
      await process.stop(); // we were stopped while it was being started
      throw new MediaFailed('rtpengine was stopped');
    }
    ng.retarget(process.target, 'rtpengine was started again');
    try {
      await Promise.race([this.#answers(), process.ended.then((how) => Promise.reject(new MediaFailed(`rtpengine ${how}`)))]);
    } catch (error) {
      ng.retarget(undefined, 'rtpengine did not start');
      await process.stop();
      throw error;
    }
    this.#state = 'up';
    this.#upSinceMs = clock.now();
    log.info({ pid: process.pid, ng: process.target.port }, 'rtpengine is up');
    void process.ended.then((how) => this.#ended(how));
    this.#watch();
  }

  /** An answer may come from somebody else's rtpengine that took our port first; that one has been up for longer. */
  async #answers(): Promise<void> {
    await this.#deps.commands.ping();
    const { uptimeSec } = await this.#deps.commands.age();
    if (uptimeSec > YOUNG_SEC) throw new MediaFailed('another rtpengine answers on the port of ours');
  }

  #ended(how: string): void {
    if (this.#stopped) return;
    const { ng, clock, log } = this.#deps;
    this.#timer?.cancel();
    ng.retarget(undefined, `rtpengine ${how}`);
    this.#state = 'restarting';
    if (clock.now() - this.#upSinceMs > STEADY_MS) this.#failures = 0;
    log.error({ how }, 'rtpengine has gone; the media of all calls is lost');
    this.#againLater();
    this.#deps.onLost();
  }

  #againLater(): void {
    if (this.#stopped) return;
    const pauseMs = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)] ?? 0;
    this.#failures++;
    if (this.#failures > HOPELESS_AFTER) this.#state = 'down';
    this.#timer = this.#deps.clock.after('rtpengine starts again', pauseMs, () => {
      this.#bringUp().then(this.#deps.onBack, (error: unknown) => {
        if (!this.#stopped) this.#deps.log.error({ err: error }, 'rtpengine could not be started again');
        this.#againLater();
      });
    });
  }

  /**
   * A process that lives and does not answer is as good as dead: it is killed, and the rest follows from its end. It is asked twice: an
   * answer that our own loop was too late to read is no silence, and its end would cost every call.
   */
  #watch(): void {
    this.#timer = this.#deps.clock.after('rtpengine watch', WATCH_MS, () => {
      const watched = this.#process;
      const { commands } = this.#deps;
      const asked = commands.ping().catch(() => (watched?.alive === true && !this.#stopped ? commands.ping() : undefined));
      asked.then(
        () => watched?.alive === true && !this.#stopped && this.#watch(),
        (error: unknown) => {
          if (this.#stopped || watched?.alive !== true) return;
          this.#deps.log.error({ err: error }, 'rtpengine does not answer any more');
          watched.kill();
        },
      );
    });
  }
}
