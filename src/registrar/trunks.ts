/**
 * trunks: peers that do not register with us: trusted by source address, reached by dial prefix.
 */
import type { TrunkConfig } from '#kit/config.js';
import { ConfigError } from '#kit/errors.js';
import { oneSpelling } from '#kit/one-spelling.js';
import { writeUri, parseUri } from '#sip/uri.js';

export type TrunkTarget = Readonly<{ uri: string; credentials?: Readonly<{ username: string; password: string }> }>;

export class Trunks {
  #trunks: readonly TrunkConfig[];
  /** Source (address, or address:port) → trunk; of two trunks that claim one source the first has it. */
  #bySource = new Map<string, TrunkConfig>();
  /** Name → where it is: asked with every call. */
  #addresses = new Map<string, readonly string[]>();

  /** @throws ConfigError when a source is no address: it would never match, and the trunk's calls would be refused. */
  constructor(trunks: readonly TrunkConfig[]) {
    this.#trunks = trunks;
    for (const [index, trunk] of trunks.entries()) {
      const addresses = new Set<string>();
      for (const from of trunk.from) {
        const source = readSource(from);
        if (source === undefined) {
          throw new ConfigError(
            `trunks.yaml: trunks.${index}.from: found "${from}", expected an IP address, address:port or [IPv6 address]:port`,
          );
        }
        if (!this.#bySource.has(source)) this.#bySource.set(source, trunk);
        addresses.add(addressIn(source));
      }
      const peer = oneSpelling(parseUri(trunk.uri)?.host ?? '');
      if (peer !== undefined) addresses.add(peer);
      this.#addresses.set(trunk.name, [...addresses]);
    }
  }

  /** From now on these are the trunks; calls over others go on. */
  replaceBy(other: Trunks): void {
    this.#trunks = other.#trunks;
    this.#bySource = other.#bySource;
    this.#addresses = other.#addresses;
  }

  get all(): readonly TrunkConfig[] {
    return this.#trunks;
  }

  /** Their addresses, in one spelling each, whatever port they come from. */
  get sources(): readonly string[] {
    return [...new Set([...this.#bySource.keys()].map(addressIn))];
  }

  /** Where one of them sends from and is sent to, as far as the configuration has addresses and not names. */
  addresses(name: string): readonly string[] {
    return this.#addresses.get(name) ?? [];
  }

  /** Whose address is this? `address:port` in the configuration trusts that port only. */
  ofSource(address: string, port: number): TrunkConfig | undefined {
    const known = oneSpelling(address);
    return known === undefined ? undefined : (this.#bySource.get(`${known} ${port}`) ?? this.#bySource.get(known));
  }

  target(name: string, number: string): TrunkTarget | undefined {
    const trunk = this.#trunks.find((one) => one.name === name);
    const peer = parseUri(trunk?.uri ?? '');
    if (trunk === undefined || peer === undefined) return undefined;
    const uri = writeUri({ ...peer, user: number });
    const { username, password } = trunk;
    return username === undefined || password === undefined ? { uri } : { uri, credentials: { username, password } };
  }
}

/** Of a source as `readSource` writes it. */
const addressIn = (source: string): string => source.split(' ')[0] ?? source;

function readSource(from: string): string | undefined {
  const whole = oneSpelling(from);
  if (whole !== undefined) return whole;
  const parts = /^(.*):([0-9]{1,5})$/.exec(from);
  const address = oneSpelling(parts?.[1] ?? '');
  return address === undefined ? undefined : `${address} ${Number(parts?.[2])}`;
}
