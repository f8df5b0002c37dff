/**
 * dial-request: what signaling has to know to call one party. Pure.
 */
import type { Effect } from '#core/effects.js';
import type { LiveCall } from './live-call.js';
import type { DialOptions, DialTarget } from './ports.js';

/** @param offer undefined: the INVITE goes without one. */
export function dialRequestOf(
  { call, dialFacts }: LiveCall,
  effect: Extract<Effect, { kind: 'dial' }>,
  targets: readonly DialTarget[],
  offer: string | undefined,
): DialOptions {
  const { id, parties } = call;
  const isCallee = effect.leg === 'callee';
  return {
    leg: { callId: id, role: effect.leg },
    targets,
    offer,
    // The phone shows who is on the other end: the callee for an API call's caller, the caller for everybody else.
    fromUser: isCallee ? (dialFacts.showAs ?? parties.caller) : parties.callee,
    fromName: isCallee ? dialFacts.fromName : undefined,
    toUser: parties[effect.leg],
    autoAnswer: effect.again?.autoAnswer ?? (dialFacts.autoAnswer && !isCallee),
    maxForwards: dialFacts.maxForwards,
    privacy: dialFacts.privacy && isCallee,
    referredBy: dialFacts.referredBy,
  };
}
