/**
 * demo-passwords: what everybody knows who has read the README. Accepted on loopback only.
 */
export const DEMO_PASSWORDS: ReadonlySet<string> = new Set([
  ...Array.from({ length: 10 }, (_, index) => `demo-${101 + index}`),
  'qwe123',
  'demo-token',
  'demo',
]);
