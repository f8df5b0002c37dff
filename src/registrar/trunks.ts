/**
 * trunks: peers that do not register with us: trusted by source address, reached by dial prefix.
 */
import type { TrunkConfig } from '#kit/config.js';
import { writeUri, parseUri } from '#sip/uri.js';

export type TrunkTarget = Readonly<{ uri: string; credentials?: Readonly<{ username: string; password: string }> }>;

export class Trunks {
  readonly #trunks: readonly TrunkConfig[];

  constructor(trunks: readonly TrunkConfig[]) {
    this.#trunks = trunks;
  }

  get all(): readonly TrunkConfig[] {
    return this.#trunks;
  }

  /** Whose address is this? `address:port` in the configuration trusts that port only. */
  ofSource(address: string, port: number): TrunkConfig | undefined {
    const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
    return this.#trunks.find((trunk) => trunk.from.includes(address) || trunk.from.includes(place));
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
