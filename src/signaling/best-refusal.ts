/**
 * best-refusal: which of several refusals the caller hears.
 */
export type FinalRefusal = Readonly<{ status: number; reason: string }>;

/** A phone that was reached and said no tells more than one that could not be reached. */
const SAYS_LITTLE = new Set([408, 480, 404, 410]);

/** RFC 3261 §16.7 step 6: a 6xx first, then the lowest class; within 4xx what a person decided before what a network lacked. */
export function bestRefusal(refusals: readonly FinalRefusal[]): FinalRefusal {
  const rank = ({ status }: FinalRefusal): number => {
    if (status >= 600) return 0;
    if (status >= 500) return 5000;
    if (status < 400) return 4000;
    return SAYS_LITTLE.has(status) ? 3000 : 2000;
  };
  const [best] = [...refusals].sort((a, b) => rank(a) - rank(b));
  return best ?? { status: 480, reason: 'Temporarily Unavailable' };
}
