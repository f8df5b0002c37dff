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

export class ConfigSource {
  readonly #load: () => Config;
  #there: readonly string[] = [];

  constructor(...from: Parameters<typeof loadConfig>) {
    this.#load = () => loadConfig(...from);
  }

  /** @throws ConfigError, also of a file that was there the last time. */
  read(): Config {
    const config = this.#load();
    const there = FILES.filter((file) => existsSync(join(config.folder, file)));
    const gone = this.#there.find((file) => !there.includes(file));
    if (gone !== undefined) throw new ConfigError(`${gone}: is gone; expected the file, empty where its defaults are meant`);
    this.#there = there;
    return config;
  }
}
