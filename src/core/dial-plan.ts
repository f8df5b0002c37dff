/**
 * dial-plan: who is being called: an account, a trunk by the longest prefix, or nobody. Pure.
 */
export type PlanTrunk = Readonly<{ name: string; prefix?: string | undefined; stripPrefix: boolean }>;

export type DialPlanResult =
  | Readonly<{ kind: 'account'; number: string }>
  | Readonly<{ kind: 'trunk'; name: string; number: string }>
  | Readonly<{ kind: 'unknown' }>;

/** An account's own number wins over any prefix; of several prefixes the longest. */
export function route(number: string, accounts: ReadonlySet<string>, trunks: readonly PlanTrunk[]): DialPlanResult {
  if (accounts.has(number)) return { kind: 'account', number };
  let best: PlanTrunk | undefined;
  for (const trunk of trunks) {
    if (trunk.prefix === undefined || !number.startsWith(trunk.prefix)) continue;
    if (best?.prefix === undefined || trunk.prefix.length > best.prefix.length) best = trunk;
  }
  if (best?.prefix === undefined) return { kind: 'unknown' };
  const dialled = best.stripPrefix ? number.slice(best.prefix.length) : number;
  return dialled === '' ? { kind: 'unknown' } : { kind: 'trunk', name: best.name, number: dialled };
}
