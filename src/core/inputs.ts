/**
 * inputs: everything that may happen to a call. SDP never comes here: only the direction it says, and whether there was one.
 */
import type { Direction } from './direction.js';
import type { HoldReason } from './events.js';
import type { MusicWish } from './hold-music.js';
import type { HoldPolicy } from './hold-policy.js';
import type { Leg, LegRole, Play } from './leg.js';
import type { PartyTraits } from './party.js';

/** What the dial plan says of the number that was asked for. */
export type Reachability = 'reachable' | 'unknown' | 'not-registered';

export type TimerName =
  | 'ring'
  /** A 491 is waited out, or a Retry-After. */
  | `glare-${LegRole}`
  /** No way led to this phone: it is asked again. */
  | `again-${LegRole}`
  /** RFC 4028: half of the interval, or its end. */
  | `session-${LegRole}`
  /** What a program plays to this party has ended. */
  | `play-${LegRole}`
  /** Of a hold nobody has been told yet: a phone takes its time to answer. */
  | 'untold'
  | `hold-max-${HoldReason}`
  | `hold-remind-${HoldReason}`;

export type ReinviteRefusal = Readonly<{
  status: number;
  reason: string;
  retryAfterSec?: number | undefined;
  /** The engine's own 503 (RFC 3261 §8.1.3.1): the phone has not heard of it. */
  unreached?: true | undefined;
}>;

export type Input =
  /** A phone's INVITE; `offered` is absent when it carried no SDP (late offer). */
  | Readonly<{ kind: 'invite.received'; offered?: Direction | undefined; callee: Reachability }>
  /** The API asks for a call between two numbers that were found reachable. */
  | Readonly<{ kind: 'setup.requested' }>
  | Readonly<{ kind: 'leg.progressed'; leg: LegRole; status: number; earlyMedia: boolean }>
  | Readonly<{ kind: 'leg.answered'; leg: LegRole; direction?: Direction | undefined }>
  | Readonly<{ kind: 'leg.refused'; leg: LegRole; status: number; reason: string }>
  | Readonly<{ kind: 'leg.acked'; leg: LegRole; direction?: Direction | undefined }>
  | Readonly<{ kind: 'cancel.received' }>
  | Readonly<{ kind: 'bye.received'; leg: LegRole }>
  | Readonly<{ kind: 'leg.lost'; leg: LegRole; why: string }>
  | Readonly<{ kind: 'hangup.requested' }>
  | Readonly<{ kind: 'shutdown.requested' }>
  /** A program says no in the callee's name. */
  | Readonly<{ kind: 'reject.requested'; status: number; reason: string }>
  /** Another phone rings instead; `traits`: what is known of the parties as they are now. */
  | Readonly<{ kind: 'forward.requested'; to: string; traits: PartyTraits; autoAnswer: boolean }>
  | Readonly<{
      kind: 'hold.requested';
      holder: 'controller' | LegRole;
      music?: MusicWish;
      policy?: Partial<HoldPolicy> | undefined;
      deaf?: true | undefined;
      by?: string | undefined;
    }>
  | Readonly<{ kind: 'resume.requested'; holder: 'controller' | LegRole; by?: string | undefined }>
  /** A phone's re-INVITE; without `direction` it asks us to offer. */
  | Readonly<{ kind: 'reinvite.received'; leg: LegRole; direction?: Direction | undefined }>
  | Readonly<{ kind: 'reinvite.acked'; leg: LegRole; direction?: Direction | undefined }>
  /** The 200 we owed a phone's re-INVITE could not be made: it got a refusal instead, and what was agreed before stands. */
  | Readonly<{ kind: 'reinvite.answer-failed'; leg: LegRole }>
  | Readonly<{ kind: 'reinvite.answered'; leg: LegRole; status: number; direction?: Direction | undefined }>
  | (Readonly<{ kind: 'reinvite.refused'; leg: LegRole }> & ReinviteRefusal)
  /** RFC 4028: what a 2xx has agreed; without an interval nothing. */
  | Readonly<{ kind: 'session.agreed'; leg: LegRole; intervalSec?: number | undefined; weRefresh: boolean; byUpdate: boolean }>
  | Readonly<{ kind: 'refresh.answered'; leg: LegRole }>
  | Readonly<{ kind: 'refresh.refused'; leg: LegRole; status: number; reason: string }>
  /** This party is about to leave, and the other waits for whom it is connected with next. */
  | Readonly<{ kind: 'transfer.requested'; leaving: LegRole; park: boolean }>
  | Readonly<{ kind: 'transfer.failed'; leaving: LegRole }>
  /** The dialog goes on as a leg of another call. */
  | Readonly<{ kind: 'leg.moved'; leg: LegRole }>
  /** Both dialogs go on, as members of a conference. */
  | Readonly<{ kind: 'legs.moved'; conferenceId: string }>
  /** A dialog of another call goes on as this leg of ours. */
  | Readonly<{ kind: 'leg.arrived'; leg: LegRole; value: Leg }>
  /** This party has nothing more to do here; the call goes on without it. */
  | Readonly<{ kind: 'leg.dismissed'; leg: LegRole }>
  /** A program wants this party heard by its peer, or not. */
  | Readonly<{ kind: 'mute.requested'; leg: LegRole; muted: boolean }>
  | Readonly<{ kind: 'play.requested'; legs: readonly LegRole[]; play: Play }>
  | Readonly<{ kind: 'quiet.requested'; legs: readonly LegRole[] }>
  /** rtpengine would not play it. */
  | Readonly<{ kind: 'play.failed'; leg: LegRole; playId: string }>
  | Readonly<{ kind: 'timer.fired'; timer: TimerName }>
  /** A leg's new SDP changed the media; `peerStale`: the other leg must be offered the change. */
  | Readonly<{ kind: 'media.changed'; leg: LegRole; peerStale: boolean }>
  | Readonly<{ kind: 'media.refused'; leg: LegRole; status: number; reason: string }>
  | Readonly<{ kind: 'sound.failed'; leg: LegRole }>
  /** rtpengine has lost the call, or cannot be reached when it must cut or connect it. */
  | Readonly<{ kind: 'media.lost' }>
  /**
   * The program has started again; the media server knows the call still (`kept`), or nothing of it (`lost`). `aged`: the call is what was
   * written of it, and phones may have heard more.
   */
  | Readonly<{ kind: 'call.restored'; media: 'kept' | 'lost'; aged?: boolean }>
  /** The media server has, and we were there all the time. */
  | Readonly<{ kind: 'media.back'; media: 'kept' | 'lost' }>
  /** The program has started again, and somebody that the call cannot do without has not come back. */
  | Readonly<{ kind: 'call.abandoned'; why: string }>;
