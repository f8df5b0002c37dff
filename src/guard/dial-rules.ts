/**
 * dial-rules: whether a number may be dialled, by its beginning. Pure.
 */
export type DialRules = Readonly<{ allow: readonly string[]; deny: readonly string[] }>;

/** The longest prefix that fits decides, and of two that are equal the one that forbids. Where anything is allowed by name, nothing else is. */
export function mayDial(number: string, { allow, deny }: DialRules): boolean {
  if (allow.length === 0 && deny.length === 0) return true;
  const dialled = bareNumber(number);
  // What a carrier may pass over would carry the rest past a rule.
  if (!/^[0-9a-z*#+]*$/.test(dialled)) return false;
  const allowed = longest(dialled, allow);
  const denied = longest(dialled, deny);
  if (denied >= 0 && denied >= allowed) return false;
  return allow.length === 0 || allowed >= 0;
}

/** RFC 3966 §5.1.1: separators mean nothing, so nobody passes a rule by writing them. */
export const bareNumber = (number: string): string => number.replace(/[-.() ]/g, '').toLowerCase();

const longest = (number: string, prefixes: readonly string[]): number =>
  prefixes.reduce((most, prefix) => (number.startsWith(prefix.toLowerCase()) ? Math.max(most, prefix.length) : most), -1);
