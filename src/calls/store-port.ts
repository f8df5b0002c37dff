/**
 * store-port: what is kept of a live call so that another life of the program can go on with it, and who keeps it. Types only, but for
 * the one question which calls are worth it. What signaling keeps of a dialog is signaling's.
 */
import type { Call, Terminated } from '#core/call.js';
import type { TimerName } from '#core/inputs.js';
import { LEG_ROLES, type CallId, type LegRole } from '#core/leg.js';
import type { DialFacts, LiveCall } from './live-call.js';
import type { LegSdp } from './media-session.js';
import type { LegId, PhoneTraits } from './ports.js';
import type { Charge } from './toll-port.js';

/** What signaling needs to speak on a dialog again: calls only carry it. No passwords: the configuration has them. */
export type StoredLeg = Readonly<{
  /** drachtio's name of it. */
  dialogId: string;
  /** From our side (RFC 3261 §12); absent before the ACK. */
  name?: Readonly<{ callId: string; localTag: string; remoteTag: string }> | undefined;
  /** RFC 4028: what was agreed last. */
  session: Readonly<{
    running?: Readonly<{ intervalSec: number; weRefresh: boolean }> | undefined;
    minSec: number;
    takesUpdate: boolean;
    knowsTimers: boolean;
  }>;
  /** Keys of the phone that a NOTIFY can press. */
  keys: readonly ('talk' | 'hold')[];
}>;

/** Plain data all through: maps, numbers and words. */
export type StoredCall = Readonly<{
  call: Exclude<Call, Terminated>;
  dialFacts: DialFacts;
  phones: Readonly<Record<LegRole, PhoneTraits>>;
  /** What was said on each leg, and whether rtpengine lets our keys in. */
  sdp: Readonly<Record<LegRole, LegSdp>>;
  keysIn: boolean;
  /** When each running timer is due, on the wall clock: a hold does not last longer because we were away. */
  dueMs: ReadonlyMap<TimerName, number>;
  /** At whose cost it is; absent in what was written before anybody asked. */
  charge?: Charge | undefined;
  /** The dialogs that are up. They are written with the call, so the two are never of different moments. */
  legs?: Readonly<Partial<Record<LegRole, StoredLeg>>> | undefined;
}>;

/** Never waits, never throws. */
export interface CallStorePort {
  /** @param what asked later, once for many changes; undefined: there is nothing to keep. */
  changed(id: CallId, what: () => StoredCall | undefined): void;
  ended(id: CallId): void;
}

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
