/**
 * hold-policy: how long a hold may last, how often its holder is reminded, and what happens when its time is up.
 * Says which timers a ledger needs; what their firing does to a call is expiry.ts.
 */
import type { Effect } from './effects.js';
import type { HoldReason } from './events.js';
import type { HoldLedger } from './hold.js';
import type { TimerName } from './inputs.js';

export type OnExpiry =
  | Readonly<{ kind: 'resume' }>
  /** The holder's phone is rung back and connected to the held party. */
  | Readonly<{ kind: 'ring-holder' }>
  | Readonly<{ kind: 'hangup' }>
  | Readonly<{ kind: 'transfer'; to: string }>;

/** Zero seconds: never. */
export type HoldPolicy = Readonly<{ maxSeconds: number; remindHolderEverySeconds: number; onExpiry: OnExpiry }>;

export const NO_POLICY: HoldPolicy = { maxSeconds: 0, remindHolderEverySeconds: 0, onExpiry: { kind: 'resume' } };

/** Later ones win, key by key. */
export function mergePolicies(...policies: readonly (Partial<HoldPolicy> | undefined)[]): HoldPolicy {
  const merged: { -readonly [K in keyof HoldPolicy]: HoldPolicy[K] } = { ...NO_POLICY };
  for (const policy of policies) {
    if (policy?.maxSeconds !== undefined) merged.maxSeconds = policy.maxSeconds;
    if (policy?.remindHolderEverySeconds !== undefined) merged.remindHolderEverySeconds = policy.remindHolderEverySeconds;
    if (policy?.onExpiry !== undefined) merged.onExpiry = policy.onExpiry;
  }
  return merged;
}

/** The timers that a change of the ledger starts and stops; a hold that was asked for anew with other terms starts anew. */
export function policyTimers(before: HoldLedger, after: HoldLedger): readonly Effect[] {
  if (before === after) return [];
  const ended = [...before].filter(([reason, terms]) => after.get(reason)?.policy !== terms.policy);
  const begun = [...after].filter(([reason, terms]) => !before.has(reason) || before.get(reason)?.policy !== terms.policy);
  return [
    ...ended.flatMap(([reason, { policy }]) =>
      timersOf(reason, policy).map(({ timer }): Effect => ({ kind: 'stop-timer', timer })),
    ),
    ...begun.flatMap(([reason, { policy }]) =>
      timersOf(reason, policy).map(({ timer, ms }): Effect => ({ kind: 'start-timer', timer, ms })),
    ),
  ];
}

type Running = Readonly<{ timer: TimerName; ms: number }>;

function timersOf(reason: HoldReason, policy: HoldPolicy | undefined): readonly Running[] {
  const max = expiryTimer(reason, policy);
  const remind = reminderTimer(reason, policy);
  return [...(max === undefined ? [] : [max]), ...(remind === undefined ? [] : [remind])];
}

export function expiryTimer(reason: HoldReason, policy: HoldPolicy | undefined): Running | undefined {
  if (policy === undefined || policy.maxSeconds === 0) return undefined;
  return { timer: `hold-max-${reason}`, ms: policy.maxSeconds * 1000 };
}

export function reminderTimer(reason: HoldReason, policy: HoldPolicy | undefined): Running | undefined {
  if (policy === undefined || policy.remindHolderEverySeconds === 0) return undefined;
  return { timer: `hold-remind-${reason}`, ms: policy.remindHolderEverySeconds * 1000 };
}
