/**
 * tls-contexts: counts how often a certificate and its authorities are read anew in this process: it costs the thread that does it
 * milliseconds, and no time may be asserted.
 */
import { syncBuiltinESMExports } from 'node:module';
import tls from 'node:tls';

export function countContexts(t: { teardown(end: () => void): void }): { made: () => number } {
  const before = tls.createSecureContext;
  let made = 0;
  const put = (one: typeof before): void => {
    tls.createSecureContext = one;
    syncBuiltinESMExports();
  };
  put((options) => {
    made += 1;
    return before(options);
  });
  t.teardown(() => put(before));
  return { made: () => made };
}
