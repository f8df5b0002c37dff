/**
 * call-facts: what has to be known of a call before it exists, and what it may bring along from another one.
 */
import type { Call } from '#core/call.js';
import type { CallId, Leg, LegRole } from '#core/leg.js';
import type { DialFacts } from './live-call.js';
import type { LegSdp } from './media-session.js';
import type { IncomingCall, LegId, LegSignal, PhoneTraits, ReferRequest } from './ports.js';

/** What calls ask of whoever connects their parties elsewhere. */
export interface CallTransfers {
  /** The call that is answered with a few words and nothing else; undefined: an INVITE like others. @throws AppError */
  announces(call: IncomingCall): CallId | undefined;
  /** The dialog that this INVITE asks for (RFC 3891 Replaces, a parked call); undefined: an INVITE like others. @throws AppError */
  joins(call: IncomingCall): Joined | undefined;
  refer(leg: LegId, refer: ReferRequest): void;
  /** Of a leg that is no live call's. */
  signal(leg: LegId, signal: LegSignal): void;
  takeOver(id: CallId): Promise<void>;
  asked(id: CallId, leaving: LegRole, to: string): void;
}

/** A dialog of another call that becomes the callee's leg of a new one. */
export type Joined = Waiting & Readonly<{ number: string; leg: Leg; arrived: (id: CallId) => void }>;

/** What a dialog brings along from its old call: what was said on it, and who it is. */
export type Waiting = Readonly<{ sdp: LegSdp; phone: PhoneTraits }>;

export type CallFacts = Readonly<{
  origin: Call['origin'];
  caller: string;
  callee: string;
  dialFacts: DialFacts;
  /** Chosen for the whole call. */
  music?: string | undefined;
  joins?: Joined | undefined;
  /** What the caller has said in the call where it waits. */
  waiting?: Waiting | undefined;
  conference?: string | undefined;
  /** The account at whose cost it is, where that is not the caller. */
  payer?: string | undefined;
}>;
