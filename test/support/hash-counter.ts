/**
 * hash-counter: how much work a question costs, counted instead of timed: hashes, keyed hashes and compares of equal time that the code
 * under test asks node:crypto for. Only between `counted`'s begin and end, and for one test file at a time.
 */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** `hash` by algorithm: `md5 3`. */
export type Work = Readonly<Record<string, number>>;

type Crypto = Record<string, (...words: unknown[]) => unknown>;

const COUNTED = ['createHash', 'createHmac', 'timingSafeEqual'] as const;

export function workOf(what: () => void): Work {
  const work: Record<string, number> = {};
  const open = crypto as unknown as Crypto;
  const real = COUNTED.map((name) => [name, open[name]] as const);
  for (const [name, own] of real)
    open[name] = (...words) => {
      const row = name === 'timingSafeEqual' ? name : `${name} ${String(words[0])}`;
      work[row] = (work[row] ?? 0) + 1;
      return own?.(...words);
    };
  syncBuiltinESMExports(); // named imports elsewhere see it too
  try {
    what();
  } finally {
    for (const [name, own] of real) if (own !== undefined) open[name] = own;
    syncBuiltinESMExports();
  }
  return work;
}
