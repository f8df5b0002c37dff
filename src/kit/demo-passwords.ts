/**
 * demo-passwords: what everybody knows: the passwords, secrets and tokens of the configuration that ships, good on loopback only.
 */
export const DEMO_PASSWORDS: ReadonlySet<string> = new Set([
  ...Array.from({ length: 10 }, (_, index) => `demo-${101 + index}`),
  'qwe123',
  'demo-token',
  'demo',
]);
