/**
 * store-port: what is kept of a live call so that another life of the program can go on with it, and who keeps it. Types only: which
 * calls are worth it, and when, is keep-call.ts. What signaling keeps of a dialog is signaling's.
 */
import type { Call, Terminated } from '#core/call.js';
import type { TimerName } from '#core/inputs.js';
import type { CallId, LegRole } from '#core/leg.js';
import type { DialFacts } from './live-call.js';
import type { LegSdp } from './media-session.js';
import type { PhoneTraits } from './ports.js';
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
  /**
   * @param what asked later, once for many changes; undefined: there is nothing to keep.
   * @param underWay asked later: a hold or resume has begun and not ended, so that what was kept before is as good for a moment.
   */
  changed(id: CallId, what: () => StoredCall | undefined, underWay?: () => boolean): void;
  ended(id: CallId): void;
}
