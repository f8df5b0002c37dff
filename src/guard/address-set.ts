/**
 * address-set: networks as they are written in the configuration, and whether an address is in one of them.
 */
import { BlockList, isIP } from 'node:net';
import { ConfigError } from '#kit/errors.js';
import { forgetOldest } from '#kit/forget-oldest.js';
import { bareAddress } from './network-of.js';

/** The list takes a hundred times as long to be asked (2 µs), for each message, and most messages are of those who sent the last ones. */
const REMEMBERED = 1024;

export class AddressSet {
  readonly #list = new BlockList();
  readonly #asked = new Map<string, boolean>();
  readonly isEmpty: boolean;

  /** @param key names the key of the configuration in a refusal. @throws ConfigError when one is no network. */
  constructor(networks: readonly string[], key: string) {
    this.isEmpty = networks.length === 0;
    for (const [index, network] of networks.entries()) {
      const [address = '', length] = network.split('/');
      const bare = bareAddress(address);
      const kind = isIP(bare);
      const bits = kind === 4 ? 32 : 128;
      const prefix = length === undefined ? bits : Number(length);
      if (kind === 0 || !Number.isInteger(prefix) || prefix < 0 || prefix > bits)
        throw new ConfigError(
          `guards.yaml: ${key}.${index}: found "${network}", expected an address or a network: 192.0.2.0/24, 2001:db8::/32`,
        );
      this.#list.addSubnet(bare, prefix, kind === 4 ? 'ipv4' : 'ipv6');
    }
  }

  has(address: string): boolean {
    if (this.isEmpty) return false;
    const known = this.#asked.get(address);
    if (known !== undefined) return known;
    const bare = bareAddress(address);
    const kind = isIP(bare);
    const found = kind !== 0 && this.#list.check(bare, kind === 4 ? 'ipv4' : 'ipv6');
    this.#asked.set(address, found);
    forgetOldest(this.#asked, REMEMBERED);
    return found;
  }
}
