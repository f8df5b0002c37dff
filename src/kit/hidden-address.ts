/**
 * hidden-address: which addresses a network keeps to itself. Pure.
 */
import { isIP } from 'node:net';

/** RFC 1918, 6598, 4193, link-local and loopback. */
const HIDDEN =
  /^(?:0\.|10\.|127\.|192\.168\.|169\.254\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1?$|f[cd][0-9a-f]{2}:|fe80:)/i;

export const isHiddenAddress = (host: string): boolean => isIP(host) !== 0 && HIDDEN.test(host);
