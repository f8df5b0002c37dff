/**
 * forget-oldest: keeps a map or a set within its limit. Who stays is said by the order in which keys were set: whoever wants the one
 * that was quiet for longest to go first deletes a key before setting it again.
 */

/**
 * An eighth goes at once, and only beyond the limit is anything looked for: deleted keys leave holes in front, over which every new
 * iterator walks, and looking for the oldest key at every call made a flood of forged sources cost fifty times as much.
 */
export function forgetOldest(map: Map<unknown, unknown> | Set<unknown>, most: number): void {
  if (map.size <= most) return;
  const keep = most - (most >> 3);
  for (const key of map.keys()) {
    if (map.size <= keep) return;
    map.delete(key);
  }
}
