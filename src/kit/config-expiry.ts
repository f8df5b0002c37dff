/**
 * config-expiry: a hold whose time is up goes to a number that leads somewhere, or the configuration is refused: who waits would be
 * looked after by nobody, time after time.
 */
import type { Config } from './config.js';
import { ConfigError } from './errors.js';

/** @throws ConfigError naming file and key. */
export function checkExpiry(config: Config): void {
  const written: readonly (readonly [key: string, hold: Readonly<{ onExpiry?: string | undefined }> | undefined])[] = [
    ['holdfast.yaml: hold', config.hold],
    ...config.accounts.phones.map(({ hold }, index) => [`accounts.yaml: phones.${index}.hold`, hold] as const),
    ...config.trunks.map(({ hold }, index) => [`trunks.yaml: trunks.${index}.hold`, hold] as const),
  ];
  for (const [key, hold] of written) {
    const to = /^transfer:(.*)$/.exec(hold?.onExpiry ?? '')?.[1];
    // Who came over a trunk is sent to our phones and no further.
    const trunks = key.startsWith('trunks') ? [] : config.trunks;
    if (to !== undefined && !leadsSomewhere({ ...config, trunks }, to))
      throw new ConfigError(
        `${key}.onExpiry: found transfer:${to}, expected the number of a phone, or one that a trunk's prefix leads to`,
      );
  }
}

const leadsSomewhere = ({ accounts, trunks, ozeki }: Config, number: string): boolean =>
  [...accounts.phones, ...ozeki.apiExtensions].some((one) => one.number === number) ||
  trunks.some(
    ({ prefix, stripPrefix }) =>
      prefix !== undefined && number.startsWith(prefix) && (!stripPrefix || number.length > prefix.length),
  );
