/**
 * announced: which address of ours a peer is told. A socket bound to one address announces that one; a socket bound to
 * 0.0.0.0 or :: has no address that anybody could send to, so one of the machine's own is chosen by who asks.
 */
import { networkInterfaces } from 'node:os';
import type { Endpoint } from './flow.js';

export function announced(local: Endpoint, remote: Endpoint): Endpoint {
  if (!isWildcard(local.address)) return local;
  return { address: isLoopback(remote.address) ? loopbackFor(local.address) : externalFor(local.address), port: local.port };
}

export const isWildcard = (address: string): boolean => address === '0.0.0.0' || address === '::';

export const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

const loopbackFor = (wildcard: string): string => (wildcard === '::' ? '::1' : '127.0.0.1');

const chosen = new Map<string, string>();

/** The first address of the machine that is not loopback; read once, because it is asked for with every message. */
function externalFor(wildcard: string): string {
  const known = chosen.get(wildcard);
  if (known !== undefined) return known;
  const family = wildcard === '::' ? 'IPv6' : 'IPv4';
  const all = Object.values(networkInterfaces()).flatMap((one) => one ?? []);
  const found = all.find((one) => one.family === family && !one.internal && !one.address.startsWith('fe80:'));
  const address = found?.address ?? loopbackFor(wildcard);
  chosen.set(wildcard, address);
  return address;
}
