/**
 * doorway: the door of guard/ as the engine has it: it may be absent, changed while calls go on, and says in the log whom it kept out.
 */
import { Door, type DoorConfig, type Knock } from '#guard/door.js';
import { Tellings } from '#guard/tellings.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import type { TurnedAway, TurnedAwayWhy } from './turned-away.js';

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
    this.#door =
      options === undefined ? undefined : new Door(options.config, options.trunks, this.#clock, this.#door).takesOver();
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

  /** Asked before a message is taken apart: nothing from there is read. */
  shuts(source: string, isAnswer: boolean): boolean {
    if (this.#door?.shuts(source, isAnswer) !== true) return false;
    this.#keptOut('denied', source, 'any');
    return true;
  }

  /**
   * Asked when somebody connects, before a byte is read. Who is banned may: a phone in a call has to come back when its connection
   * broke, and its requests are judged one by one.
   * @param standing so many connections from there stand already, of at most so many; who is trusted has no such limit.
   */
  letsConnect(source: string, standing: number, most: number): boolean {
    if (this.shuts(source, false)) return false;
    if (this.#door === undefined || standing < most || this.#door.trusts(source)) return true;
    this.#keptOut('full', source, 'connection');
    return false;
  }

  /** Seconds for Retry-After, or `drop`; undefined: come in. */
  refuses(knock: Knock): number | 'drop' | undefined {
    const verdict = this.#door?.judge(knock);
    if (verdict === undefined || verdict.kind === 'in') return undefined;
    this.#keptOut(verdict.why, knock.source, knock.method);
    return verdict.kind === 'drop' ? 'drop' : verdict.retryAfterSec;
  }

  #keptOut(why: TurnedAwayWhy, source: string, method: string): void {
    this.#turnedAway.count(why);
    const unsaid = this.#tellings.say(`${why} ${source}`, this.#clock.now());
    if (unsaid !== undefined) this.#log.info({ source, method, why, unsaid }, 'kept out at the door');
  }
}
