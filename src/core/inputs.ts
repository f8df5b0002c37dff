/**
 * inputs: everything that may happen to a call. SDP never comes here: only the direction it says, and whether there was one.
 */
import type { Direction } from './direction.js';
import type { LegRole } from './leg.js';

/** What the dial plan says of the number that was asked for. */
export type Reachability = 'reachable' | 'unknown' | 'not-registered';

export type TimerName = 'ring' | 'glare-caller' | 'glare-callee';

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
  | Readonly<{ kind: 'hold.requested'; holder: 'controller' | LegRole; music: boolean }>
  | Readonly<{ kind: 'resume.requested'; holder: 'controller' | LegRole }>
  /** A phone's re-INVITE; without `direction` it asks us to offer. */
  | Readonly<{ kind: 'reinvite.received'; leg: LegRole; direction?: Direction | undefined }>
  | Readonly<{ kind: 'reinvite.acked'; leg: LegRole; direction?: Direction | undefined }>
  /** The 200 we owed a phone's re-INVITE could not be made: it got a refusal instead, and what was agreed before stands. */
  | Readonly<{ kind: 'reinvite.answer-failed'; leg: LegRole }>
  | Readonly<{ kind: 'reinvite.answered'; leg: LegRole; status: number; direction?: Direction | undefined }>
  | Readonly<{ kind: 'reinvite.refused'; leg: LegRole; status: number; reason: string }>
  | Readonly<{ kind: 'timer.fired'; timer: TimerName }>
  /** A leg's new SDP changed the media; `peerStale`: the other leg must be offered the change. */
  | Readonly<{ kind: 'media.changed'; leg: LegRole; peerStale: boolean }>
  | Readonly<{ kind: 'media.refused'; leg: LegRole; status: number; reason: string }>
  | Readonly<{ kind: 'sound.failed'; leg: LegRole }>
  /** rtpengine has lost the call, or cannot be reached when it must cut or connect it. */
  | Readonly<{ kind: 'media.lost' }>;
