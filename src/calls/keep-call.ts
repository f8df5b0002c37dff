/**
 * keep-call: says to the store that a call has changed, if it is one worth keeping, and what it is by then.
 */
import type { Call, Terminated } from '#core/call.js';
import { isSettled } from '#core/hold-view.js';
import type { Input } from '#core/inputs.js';
import { LEG_ROLES, type LegRole } from '#core/leg.js';
import type { LiveCall } from './live-call.js';
import type { LegId, SignalingPort } from './ports.js';
import type { CallStorePort, StoredCall, StoredLeg } from './store-port.js';

/** With the next batch, or, between large ones, when the hold or resume that is under way has ended. */
export type KeepWhen = 'next' | 'may-wait';

/** A hold or resume that was asked for over the API, which the request has no answer to yet, and what the phones say to it. */
const MAY_WAIT: ReadonlySet<Input['kind']> = new Set(['hold.requested', 'resume.requested', 'reinvite.answered']);

export const mayWait = ({ kind }: Input): KeepWhen => (MAY_WAIT.has(kind) ? 'may-wait' : 'next');

export function keepCall(store: CallStorePort, live: LiveCall, signaling: Pick<SignalingPort, 'stored'>, when: KeepWhen): void {
  const { call } = live;
  if (call.kind === 'terminated') return store.ended(call.id);
  if (!isWorthKeeping(call)) return;
  store.changed(
    call.id,
    () => storedOf(live, (leg) => signaling.stored(leg)),
    // Once it is settled it waits no longer, whatever is asked for next.
    when === 'may-wait' && isUnderWay(call) ? () => isUnderWay(live.call) : undefined,
  );
}

/** A hold or resume has begun, and a phone has not said yet what it makes of it. */
const isUnderWay = (call: Call): boolean => call.kind === 'confirmed' && !isSettled(call);

/**
 * A call is worth keeping from the moment a phone believes that it is in one: a dialog is confirmed. What only rings is rung again by
 * whoever wanted it.
 */
export function storedOf(
  { call, dialFacts, phones, charge, media, dueMs }: LiveCall,
  legOf?: (leg: LegId) => StoredLeg | undefined,
): StoredCall | undefined {
  if (call.kind === 'terminated' || !isWorthKeeping(call)) return undefined;
  const sdp = { caller: media.ofLeg('caller'), callee: media.ofLeg('callee') };
  const caller = legOf?.({ callId: call.id, role: 'caller' });
  const callee = legOf?.({ callId: call.id, role: 'callee' });
  const legs = { ...(caller === undefined ? {} : { caller }), ...(callee === undefined ? {} : { callee }) };
  return { call, dialFacts, phones, sdp, keysIn: media.keysIn, dueMs, charge, legs };
}

export function isWorthKeeping(call: Call): boolean {
  if (call.kind === 'confirmed') return true;
  return call.kind !== 'terminated' && LEG_ROLES.some((role) => legOf(call, role)?.dialog === 'confirmed');
}

const legOf = (call: Exclude<Call, Terminated>, role: LegRole) =>
  role === 'caller' ? call.caller : call.kind === 'trying' ? call.adopted : call.callee;
