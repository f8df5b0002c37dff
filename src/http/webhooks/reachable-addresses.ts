/**
 * reachable-addresses: where a webhook may go. Who can write an address into Holdfast must not reach, through it, what stands
 * beside it: this machine, the local network, the metadata service of a cloud.
 */
import { lookup } from 'node:dns/promises';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';

export type Found = Readonly<{ address: string; family: number }>;
export type Resolve = (host: string) => Promise<readonly Found[]>;

export const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true });

/** A name leads only to places where a webhook may not go. */
export class AddressRefused extends Error {
  constructor(host: string) {
    super(`${host} leads to a private, loopback or link-local address (allowPrivateAddresses in webhooks.yaml)`);
    this.name = 'AddressRefused';
  }
}

// IANA special-purpose registries (RFC 6890), as far as something other than the public internet may answer there.
const PRIVATE_V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared by carriers; also the metadata service of one cloud
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local; the metadata service of most clouds
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
const PRIVATE_V6 = [
  ['::', 96], // unspecified, loopback, and IPv4 in an obsolete dress
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96], // IPv4 behind a translator: what it leads to is not ours to know
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4 carries any IPv4 address
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

// Two lists: node compares IPv4 addresses with the networks of IPv6 too, in their mapped form.
const blockedV4 = new BlockList();
const blockedV6 = new BlockList();
for (const [network, bits] of PRIVATE_V4) blockedV4.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of PRIVATE_V6) blockedV6.addSubnet(network, bits, 'ipv6');

export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (isIP(bare) === 0) return true;
  return isIPv4(bare) ? blockedV4.check(bare, 'ipv4') : blockedV6.check(bare, 'ipv6');
}

/** The host of an address as it was written: a name is judged later, when it is resolved. */
export function isPrivateHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isPrivateAddress(host);
}

/**
 * For http.request: the name is resolved once, what it leads to is judged, and the connection goes to that very address. A name
 * that answers differently the next time (DNS rebinding) gains nothing.
 */
export function guardedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (host, options, done) => {
    resolve(host).then(
      (found) => {
        const allowed = allowPrivate ? found : found.filter(({ address }) => !isPrivateAddress(address));
        const first = allowed[0];
        if (first === undefined) done(new AddressRefused(host), '', 0);
        else if (options.all === true) done(null, [...allowed]);
        else done(null, first.address, first.family);
      },
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error)), '', 0),
    );
  };
}
