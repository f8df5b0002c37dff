/**
 * direction: the four directions of RFC 3264 §5.1, always written from the author's side.
 * Mirroring is a function call, never a stored value.
 */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export const DIRECTIONS: readonly Direction[] = ['sendrecv', 'sendonly', 'recvonly', 'inactive'];

export const sends = (d: Direction): boolean => d === 'sendrecv' || d === 'sendonly';
export const receives = (d: Direction): boolean => d === 'sendrecv' || d === 'recvonly';

export function direction(mayWeSend: boolean, mayWeReceive: boolean): Direction {
  if (mayWeSend) return mayWeReceive ? 'sendrecv' : 'sendonly';
  return mayWeReceive ? 'recvonly' : 'inactive';
}

/** The same stream seen from the other end. */
export const mirror = (d: Direction): Direction => direction(receives(d), sends(d));

/** What is left when both sides have had their say; both arguments from the same side. */
export const meet = (a: Direction, b: Direction): Direction => direction(sends(a) && sends(b), receives(a) && receives(b));

/** RFC 3264 §6.1: an answer may do no more than the offer left room for. */
export const answerTo = (offered: Direction, wanted: Direction): Direction => meet(mirror(offered), wanted);
