/**
 * held-by: which call a number holds, for whoever wants it parked.
 */
import { isHeld } from '#core/hold.js';
import { LEG_ROLES, otherLeg } from '#core/leg.js';
import type { LiveCall } from './live-call.js';
import type { LegId } from './ports.js';

/** The first call in which this number holds the other party, and is not held itself. */
export function heldBy(calls: readonly LiveCall[], number: string): LegId | undefined {
  for (const { call, phones } of calls) {
    if (call.kind !== 'confirmed') continue;
    const role = LEG_ROLES.find(
      (one) => call.parties[one] === number && phones[one].kind === 'phone' && isHeld(call.hold, otherLeg(one)),
    );
    if (role !== undefined && !isHeld(call.hold, role)) return { callId: call.id, role };
  }
  return undefined;
}
