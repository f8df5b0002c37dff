/**
 * reload: reads the configuration again and tells the rooms that can take a new one; what else has changed waits for a restart. A bad
 * configuration is refused whole: nothing has changed then. A part of main.
 */
import { isDeepStrictEqual } from 'node:util';
import type { ConfigReader } from '#kit/config-source.js';
import type { Config } from '#kit/config.js';
import type { Logger } from '#kit/log.js';

/** A room that takes a new configuration while calls go on. */
export type Reloadable = Readonly<{
  /** Parts of the configuration, by the names of their keys: `trunks`, `accounts.phones`. */
  keys: readonly string[];
  /** Builds what is new, and changes nothing yet. @returns puts it in force; may not throw. @throws ConfigError */
  prepare: (config: Config) => () => void;
}>;

export type Reloaded = Readonly<{ applied: readonly string[]; needsRestart: readonly string[] }>;

export class Reload {
  readonly #source: ConfigReader;
  readonly #rooms: readonly Reloadable[];
  readonly #log: Logger;
  /** What stands in files of its own, and is looked at again. */
  readonly #files: readonly (() => void)[];
  /** What is in force: of what waits for a restart, the old. */
  #current: Readonly<Record<string, unknown>>;

  constructor(
    config: Config,
    source: ConfigReader,
    rooms: readonly Reloadable[],
    log: Logger,
    files: readonly (() => void)[] = [],
  ) {
    this.#files = files;
    this.#source = source;
    this.#rooms = rooms;
    this.#log = log;
    this.#current = partsOf(config);
  }

  /** For whom nobody waits: what is wrong stands in the log. */
  tryRun(): void {
    try {
      this.run();
    } catch {
      return; // it was said
    }
  }

  /** @throws ConfigError, and everything is as before. */
  run(): Reloaded {
    try {
      return this.#run();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.error({ why }, 'the configuration was refused; everything is as before');
      throw error;
    }
  }

  #run(): Reloaded {
    const config = this.#source.read();
    const parts = partsOf(config);
    const changed = Object.keys(parts).filter((key) => !isDeepStrictEqual(parts[key], this.#current[key]));
    const rooms = this.#rooms.filter(({ keys }) => keys.some((key) => changed.includes(key)));
    const ready = rooms.map((room) => room.prepare(config));
    for (const apply of ready) apply();
    this.#source.inForce();
    for (const look of this.#files) look();
    const taken = new Set(rooms.flatMap(({ keys }) => keys));
    const applied = changed.filter((key) => taken.has(key));
    const needsRestart = changed.filter((key) => !taken.has(key));
    this.#current = { ...this.#current, ...Object.fromEntries(applied.map((key) => [key, parts[key]])) };
    this.#log.info({ applied, needsRestart }, 'the configuration was read again');
    return { applied, needsRestart };
  }
}

/** The first level, and what stands below those parts that several rooms share, or one takes in pieces. */
function partsOf(config: object, before = ''): Record<string, unknown> {
  const parts: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(config)) {
    const key = `${before}${name}`;
    if (SHARED.has(key)) Object.assign(parts, partsOf(value as object, `${key}.`));
    else parts[key] = value;
  }
  return parts;
}

const SHARED: ReadonlySet<string> = new Set([
  'accounts',
  'accounts.voipnow',
  'plivo',
  'agents',
  'guards',
  'sip',
  'http',
  'limits',
]);
