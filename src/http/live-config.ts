/**
 * live-config: what may change of the dialects' configuration while the doors are open (SIGHUP, POST /reload): whose numbers are ours, who may
 * use a dialect, and what it shows. Who reads it here reads what is in force.
 */
import type { Config } from '#kit/config.js';

export type DialectConfig = Pick<Config, 'accounts' | 'plivo' | 'agents'>;

export class LiveConfig {
  #now: DialectConfig;
  #names: ReadonlyMap<string, string>;
  readonly #listeners: (() => void)[] = [];
  /** By the names that src/reload.ts has for them. A dialect that was off at the start stays off until the next one. */
  readonly keys: readonly string[];

  constructor(config: DialectConfig) {
    this.#now = config;
    this.#names = namesOf(config);
    const below = (name: string, part: Readonly<{ enabled: boolean }>): readonly string[] =>
      part.enabled ? Object.keys(part).flatMap((key) => (AT_START.has(key) ? [] : [`${name}.${key}`])) : [];
    this.keys = [
      'accounts.phones',
      ...below('accounts.voipnow', config.accounts.voipnow),
      ...below('plivo', config.plivo),
      ...below('agents', config.agents),
    ];
  }

  configure(config: DialectConfig): void {
    const { holdSense } = this.#now.plivo;
    this.#now = { ...config, plivo: { ...config.plivo, holdSense } };
    this.#names = namesOf(config);
    for (const listener of this.#listeners) listener();
  }

  /** Runs it at once, and after each change. */
  follow(listener: () => void): void {
    this.#listeners.push(listener);
    listener();
  }

  get plivo(): Config['plivo'] {
    return this.#now.plivo;
  }

  get agents(): Config['agents'] {
    return this.#now.agents;
  }

  get voipnow(): Config['accounts']['voipnow'] {
    return this.#now.accounts.voipnow;
  }

  /** Names of the phones of our own, by their numbers. */
  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  readonly isPhone = (number: string): boolean => this.#names.has(number);
}

/** Whether a dialect is there; and who a member's hold belongs to, or nobody could lift those that were asked for before. */
const AT_START: ReadonlySet<string> = new Set(['enabled', 'holdSense']);

const namesOf = ({ accounts }: DialectConfig): ReadonlyMap<string, string> =>
  new Map(accounts.phones.map(({ number, name }) => [number, name ?? number]));
