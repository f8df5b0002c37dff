/**
 * events: everything the outside may hear of a call or a registration.
 * A sequence number and a time are added by the event bus, not here.
 */
import type { Direction } from './direction.js';
import type { CallId, LegRole, Sound } from './leg.js';

/**
 * Why a call is held: the API holds both legs; a party holds the other through the API; its phone pressed hold; it is about to
 * leave the call to somebody else, or has left it in a parking slot, and the other party waits.
 */
export type HoldReason = 'controller' | `${LegRole}-api` | `${LegRole}-phone` | `${LegRole}-transfer` | `${LegRole}-park`;

export type LegHoldState =
  /** The phone agreed to the direction the hold asks for (or there is nothing to ask). */
  | 'agreed'
  /** A re-INVITE is on its way or waits for its turn. */
  | 'pending'
  /** The phone refused: media is cut and music plays all the same. */
  | 'soft-held'
  /** Nobody holds the call any more, and the phone refused to be told so. */
  | 'refused';

export type LegHold = Readonly<{
  /** Somebody else holds this party: it should hear music. */
  held: boolean;
  state: LegHoldState;
  /** What is negotiated, from our side. */
  direction: Direction;
  sound: Sound;
  /** The class of the music, while it plays. */
  music?: string | undefined;
  /** SIP status of the last re-INVITE on this leg, when there was one. */
  status?: number | undefined;
  reason?: string | undefined;
}>;

export type HoldView = Readonly<{ reasons: readonly HoldReason[]; caller: LegHold; callee: LegHold }>;

export type CallParties = Readonly<{ caller: string; callee: string }>;

/** Why a call ended, in one word a program can switch on, and the SIP status where there was one. */
export type EndCause =
  | 'caller-hung-up'
  | 'callee-hung-up'
  | 'controller-hung-up'
  | 'caller-cancelled'
  | 'refused'
  | 'no-answer'
  | 'caller-lost'
  | 'callee-lost'
  | 'media-lost'
  /** A hold was as long as it may be, and its policy says hang up. */
  | 'hold-expired'
  /** What is left of it goes on in another call. */
  | 'transferred'
  /** Its parties go on as members of a conference. */
  | 'conference'
  /** The program has started again, and could not go on with this call. */
  | 'server-lost'
  | 'shutdown';

export type CallEvent =
  | Readonly<{ kind: 'call.ringing'; callId: CallId; parties: CallParties; leg: LegRole }>
  /** It rings at `to` now, who is the callee in `parties`, and no longer at `from`. */
  | Readonly<{ kind: 'call.forwarded'; callId: CallId; parties: CallParties; from: string; to: string }>
  | Readonly<{ kind: 'call.answered'; callId: CallId; parties: CallParties }>
  /** `holders`: the numbers of those who hold, `controller` for a program. */
  | Readonly<{ kind: 'hold.changed'; callId: CallId; parties: CallParties; holders: readonly string[]; hold: HoldView }>
  /**
   * The program was started again, and the call goes on. It is in the state told here: what a program heard in the last moment of the
   * life before may not have been written down, and then has not happened.
   */
  | Readonly<{ kind: 'call.restored'; callId: CallId; parties: CallParties; holders: readonly string[]; hold: HoldView }>
  | Readonly<{ kind: 'hold.reminder'; callId: CallId; parties: CallParties; reason: HoldReason }>
  | Readonly<{ kind: 'hold.expired'; callId: CallId; parties: CallParties; reason: HoldReason; action: string }>
  /** Of the call that is left; `newCallId`: where its party goes on. */
  | Readonly<{
      kind: 'transfer.changed';
      callId: CallId;
      parties: CallParties;
      state: 'started' | 'completed' | 'failed';
      by: string;
      to: string;
      newCallId?: CallId | undefined;
      status?: number | undefined;
      reason?: string | undefined;
    }>
  | Readonly<{ kind: 'call.parked'; callId: CallId; parties: CallParties; slot: string; by: string }>
  | Readonly<{ kind: 'call.retrieved'; callId: CallId; parties: CallParties; slot: string; by: string; newCallId: CallId }>
  /** A party has pressed a key (RFC 4733 or INFO), whether anybody was let hear it or not. */
  | Readonly<{ kind: 'call.key'; callId: CallId; parties: CallParties; leg: LegRole; key: string }>
  /** What a program has played: to its end, stopped by a command (also by another sound, or the end of the call), or not at all. */
  | Readonly<{
      kind: 'play.ended';
      callId: CallId;
      parties: CallParties;
      playId: string;
      why: 'done' | 'stopped' | 'failed';
    }>
  | Readonly<{
      kind: 'recording.completed';
      callId: CallId;
      parties: CallParties;
      recordingId: string;
      seconds: number;
      format: 'wav' | 'mp3';
    }>
  | Readonly<{
      kind: 'hold.failed';
      callId: CallId;
      parties: CallParties;
      leg: LegRole;
      status: number;
      reason: string;
      hold: HoldView;
    }>
  | Readonly<{
      kind: 'call.ended';
      callId: CallId;
      parties: CallParties;
      cause: EndCause;
      status?: number | undefined;
      reason?: string | undefined;
      answered: boolean;
      /** It was a member's, or its parties go on as members. */
      conferenceId?: string | undefined;
    }>;

export type RegistrationEvent = Readonly<{
  kind: 'registration.changed';
  aor: string;
  change: 'registered' | 'refreshed' | 'unregistered' | 'expired' | 'unreachable' | 'reachable';
  contact: string;
  expiresSec: number;
}>;

/** Whoever came, left, holds or was muted: this is how it stands now. */
export type ConferenceEvent = Readonly<{
  kind: 'conference.changed';
  conferenceId: string;
  state: 'open' | 'ended';
  members: readonly Readonly<{
    number: string;
    callId: CallId;
    state: 'ringing' | 'in' | 'held';
    as: 'member' | 'listener' | 'whisperer';
    muted: boolean;
  }>[];
}>;

export type HoldfastEvent = CallEvent | RegistrationEvent | ConferenceEvent;
