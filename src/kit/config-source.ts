/**
 * config-source: the configuration as it is read again and again while the program runs. A file that is gone means its defaults at a start; of a
 * running house it means that somebody has not finished putting the new one in its place, and accounts or guards would fall away.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from './config.js';
import type { Config } from './config-schema.js';
import { ConfigError } from './errors.js';

const FILES: readonly string[] = 'holdfast accounts trunks music webhooks phlos ozeki records agents limits guards'
  .split(' ')
  .map((name) => `${name}.yaml`);

/** Where it is read from, once more each time. */
export interface ConfigReader {
  /** @throws ConfigError */
  read(): Config;
  /** What was read last is what the house goes by now. */
  inForce(): void;
}

export class ConfigSource implements ConfigReader {
  readonly #load: () => Config;
  #inForce: readonly string[] = [];
  #last: readonly string[] = [];
  #folder: string | undefined;

  constructor(...from: Parameters<typeof loadConfig>) {
    this.#load = () => loadConfig(...from);
  }

  /** @throws ConfigError, also of a file that is in force and not there, as one that is being put in its place for a moment. */
  read(): Config {
    const before = this.#folder === undefined ? FILES : filesIn(this.#folder);
    const config = this.#load();
    this.#folder = config.folder;
    this.#last = filesIn(config.folder);
    const gone = this.#inForce.find((file) => !before.includes(file) || !this.#last.includes(file));
    if (gone !== undefined) throw new ConfigError(`${gone}: is gone; expected the file, empty where its defaults are meant`);
    return config;
  }

  inForce(): void {
    this.#inForce = this.#last;
  }
}

const filesIn = (folder: string): readonly string[] => FILES.filter((file) => existsSync(join(folder, file)));
