/**
 * one-spelling: one way to write an address, so that two texts that mean the same one are equal. Pure.
 */
import { isIP, SocketAddress } from 'node:net';

/**
 * `2001:DB8:0::1` and `[2001:db8::1]` are one address (RFC 5952 §2), and a socket for both families shows IPv4 inside IPv6.
 * @returns undefined: that is a name.
 */
export function oneSpelling(text: string): string | undefined {
  const address = text.replace(/^\[|\]$/g, '');
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : undefined;
  return new SocketAddress({ address, family: 'ipv6' }).address.replace(/^::ffff:(?=[0-9.]+$)/, '');
}
