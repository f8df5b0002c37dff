/**
 * rtpengine-watch: follows an rtpengine that somebody else runs (RTPENGINE_NG). It can only ask: silence means down, and one that
 * is younger than its last answer, or does not remember that we asked, was restarted and knows none of our calls.
 */
import { lookup } from 'node:dns/promises';
import type { Timer } from '#kit/clock.js';
import { ConfigError, MediaFailed } from '#kit/errors.js';
import type { NgTarget } from './ng-client.js';
import type { NgAge } from './ng-commands.js';
import type { LifeDeps, RtpengineLife, RtpengineState } from './rtpengine-keeper.js';

/** What it said of itself, and when by our own steady clock. */
export type Seen = NgAge & Readonly<{ atSec: number }>;

const WATCH_MS = 2000;

export class RtpengineWatch implements RtpengineLife {
  readonly #deps: LifeDeps;
  readonly #target: NgTarget;
  #state: RtpengineState = 'down';
  #seen: Seen | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  /** @param target host may be a name: it is looked up again whenever there is no answer, as containers change address. */
  constructor(target: NgTarget, deps: LifeDeps) {
    this.#target = target;
    this.#deps = deps;
  }

  get state(): RtpengineState {
    return this.#state;
  }

  /** NG does not tell it. */
  readonly version = undefined;
  readonly pid = undefined;

  /** @throws MediaFailed when nobody answers there. */
  async start(): Promise<void> {
    await this.#ask();
    if (this.#state !== 'up') throw new MediaFailed(`no rtpengine answers at ${this.#target.host}:${this.#target.port}`);
    this.#later();
  }

  stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    return Promise.resolve();
  }

  #later(): void {
    if (this.#stopped) return;
    this.#timer = this.#deps.clock.after('rtpengine watch', WATCH_MS, () => void this.#ask().then(() => this.#later()));
  }

  async #ask(): Promise<void> {
    try {
      if (this.#state !== 'up') await this.#locate();
      const age = await this.#deps.commands.age();
      const seen: Seen = { ...age, atSec: performance.now() / 1000 };
      const restarted = this.#seen !== undefined && wasRestarted(this.#seen, seen);
      const wasAway = this.#state !== 'up' && this.#seen !== undefined;
      if (this.#state !== 'up') this.#deps.log.info({ ...this.#target, uptimeSec: seen.uptimeSec }, 'rtpengine is up');
      this.#seen = seen;
      this.#state = 'up';
      if (this.#stopped) return;
      if (restarted) {
        this.#deps.log.error('rtpengine was restarted; the media of all calls is lost');
        this.#deps.onLost();
      }
      if (restarted || wasAway) this.#deps.onBack();
    } catch (error) {
      if (this.#state === 'up') this.#deps.log.error({ err: error }, 'rtpengine does not answer');
      this.#state = 'down';
    }
  }

  async #locate(): Promise<void> {
    const { address } = await lookup(this.#target.host, { family: 4 });
    this.#deps.ng.retarget({ host: address, port: this.#target.port }, 'rtpengine did not answer');
  }
}

/**
 * Our own question counts: one that has been asked no more often than before is another. Who keeps no count is known by its age. A restart
 * after the last answer leaves an uptime no longer than the time since that answer; whole seconds are told, so one second either way means
 * nothing, and one that dies in its first second looks like the one before. An uptime that is merely smaller may be a clock that was set.
 */
export function wasRestarted(before: Seen, now: Seen): boolean {
  if (before.timesAsked !== undefined && now.timesAsked !== undefined && now.timesAsked <= before.timesAsked) return true;
  const elapsedSec = now.atSec - before.atSec;
  return now.uptimeSec <= elapsedSec + 1 && now.uptimeSec + 1.5 < before.uptimeSec + elapsedSec;
}

/** @throws ConfigError */
export function readTarget(text: string, key = 'rtpengine.ng (RTPENGINE_NG)'): NgTarget {
  const [, host, digits] = /^([^:\s]+):([0-9]{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port > 0 && port < 65_536)) {
    throw new ConfigError(`holdfast.yaml: ${key}: found "${text}", expected host:port, as in 127.0.0.1:2223`);
  }
  return { host, port };
}
