/**
 * secure-house: a Holdfast for tests that also speaks TLS and WSS, with a certificate it signs itself.
 */
export const SECURE = {
  holdfast: 'log: debug\nsip: { tlsPort: 0, wssPort: 0 }\ntls: { certificate: self-signed }\n',
} as const;
