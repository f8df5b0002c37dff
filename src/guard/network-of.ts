/**
 * network-of: by which name an address is remembered. What is done with the name is not known here.
 */
import { isIPv6 } from 'node:net';

/** IPv4 as it is, also where it comes mapped into IPv6. RFC 4291 §2.5.4: whoever has one address of a /64 has all of them. */
export function networkOf(address: string): string {
  const bare = bareAddress(address);
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}

/** Without brackets, zone and the mapping of RFC 4291 §2.5.5.2. */
export const bareAddress = (address: string): string =>
  address
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/i, '');
