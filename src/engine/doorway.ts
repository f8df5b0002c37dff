/**
 * doorway: the door of guard/ as the engine has it: it may be absent, changed while calls go on, and says in the log whom it kept out.
 */
import { Door, type DoorConfig, type Knock } from '#guard/door.js';
import { Tellings } from '#guard/tellings.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { TurnedAway } from './turned-away.js';

/** Plain data, so that it reaches the engine on its thread. */
export type DoorOptions = Readonly<{
  config: DoorConfig;
  /** Sources of trunks: trusted. */
  trunks: readonly string[];
}>;

export class Doorway {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #tellings = new Tellings();
  readonly #turnedAway: TurnedAway;
  #door: Door | undefined;

  constructor(options: DoorOptions | undefined, clock: Clock, log: Logger, turnedAway: TurnedAway) {
    this.#clock = clock;
    this.#turnedAway = turnedAway;
    this.#log = log;
    this.configure(options);
  }

  /** Other rules from now on; who is banned stays so. @throws ConfigError, and nothing has changed. */
  configure(options: DoorOptions | undefined): void {
    this.#door = options === undefined ? undefined : new Door(options.config, options.trunks, this.#clock, this.#door);
  }

  ban(source: string, seconds: number): void {
    this.#door?.ban(source, seconds);
  }

  lift(source: string): void {
    this.#door?.lift(source);
  }

  /** Somebody proved a password from there. */
  welcome(source: string, port: number): void {
    this.#door?.welcome(source, port);
  }

  /** Seconds for Retry-After, or `drop`; undefined: come in. */
  refuses(knock: Knock): number | 'drop' | undefined {
    const verdict = this.#door?.judge(knock);
    if (verdict === undefined || verdict.kind === 'in') return undefined;
    const { source, method } = knock;
    this.#turnedAway.count(verdict.why);
    const unsaid = this.#tellings.say(`${verdict.why} ${source}`, this.#clock.now());
    if (unsaid !== undefined) this.#log.info({ source, method, why: verdict.why, unsaid }, 'kept out at the door');
    return verdict.kind === 'drop' ? 'drop' : verdict.retryAfterSec;
  }
}
