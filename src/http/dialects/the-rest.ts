/**
 * the-rest: what a dialect has no route for, below a path that is all its own, is refused in its own words: 404, or 405 with Allow.
 */
import { METHODS } from 'node:http';
import { HttpRefusal } from '../refusals.js';
import type { AskingRoute } from './dialect.js';

/** All that node reads, so that right credentials are right whatever is asked with them. CONNECT (RFC 9110 §9.3.6) names no path. */
export const EVERY_METHOD: readonly string[] = METHODS.filter((method) => method !== 'CONNECT');

/** @param below the path, `/uapi` for one. */
export function theRest(below: string, routes: readonly Pick<AskingRoute, 'method' | 'path'>[]): readonly AskingRoute[] {
  const known = routes.map(({ method, path }) => ({
    method,
    pattern: new RegExp(`^${path.replace(/:[A-Za-z]+/g, '[^/]+')}/?$`),
  }));
  const answer = ({ method, path }: Readonly<{ method: string; path: string }>): never => {
    const allowed = known.filter(({ pattern }) => pattern.test(path)).map((one) => one.method);
    if (allowed.length === 0) throw new HttpRefusal('not_found', 'there is nothing at this path');
    const allow = [...new Set(allowed)].join(', ');
    throw new HttpRefusal('method_not_allowed', `${method} is not answered here; try ${allow}`, { allow });
  };
  const doc = { summary: 'What this dialect has no route for', open: true, answers: {} };
  return EVERY_METHOD.flatMap((method) => [below, `${below}/*`].map((path) => ({ method, path, doc, answer })));
}
