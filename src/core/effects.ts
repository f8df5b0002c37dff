/**
 * effects: everything a call may ask for. The runner performs them; what it learns comes back as inputs.
 */
import type { Direction } from './direction.js';
import type { CallEvent } from './events.js';
import type { HoldMusic } from './hold-music.js';
import type { TimerName } from './inputs.js';
import type { LegRole, Play } from './leg.js';

/** Where the offer in an outgoing INVITE comes from. */
export type OfferSource =
  /** The other leg's SDP, through rtpengine. */
  | 'from-peer'
  /** Made by us: nobody has spoken yet (RFC 3725 flow IV). */
  | 'our-own'
  /** None: the answer to this INVITE will carry the offer. */
  | 'none';

export type Redial = Readonly<{ forwards: number; autoAnswer: boolean }>;

export type Effect =
  /** `again`: another phone instead of the one before; only the last of several counts. */
  | Readonly<{ kind: 'dial'; leg: LegRole; offer: OfferSource; again?: Redial | undefined }>
  | Readonly<{ kind: 'progress'; leg: LegRole; status: number; earlyMedia: boolean }>
  /** The callee's early media reaches a caller that is already answered (API calls). */
  | Readonly<{ kind: 'bridge-early' }>
  /** 200 to the caller's INVITE, with the answer (or, late offer, the offer) that came from the callee. */
  | Readonly<{ kind: 'accept'; direction: Direction }>
  /** ACK to a 2xx; `answer`: with the answer to its late offer, which says `direction`. */
  | Readonly<{ kind: 'ack'; leg: LegRole; answer: false }>
  | Readonly<{ kind: 'ack'; leg: LegRole; answer: true; direction: Direction }>
  /** The answer of a leg we called goes to rtpengine; nothing goes out in SIP. */
  | Readonly<{ kind: 'apply-answer'; leg: LegRole }>
  | Readonly<{ kind: 'refuse'; leg: LegRole; status: number; reason?: string | undefined }>
  | Readonly<{ kind: 'cancel'; leg: LegRole; cause: number; text: string }>
  | Readonly<{ kind: 'send-bye'; leg: LegRole; cause: number; text: string }>
  | Readonly<{ kind: 'send-reinvite'; leg: LegRole; direction: Direction }>
  /** 200 to a phone's re-INVITE: the answer to its offer, or our offer when it had none. */
  | Readonly<{ kind: 'answer-reinvite'; leg: LegRole; direction: Direction; ourOffer: boolean }>
  | Readonly<{ kind: 'refuse-reinvite'; leg: LegRole; status: 481 | 491 | 500 }>
  | Readonly<{ kind: 'apply-reanswer'; leg: LegRole }>
  | Readonly<{ kind: 'gate' }>
  | Readonly<{ kind: 'ungate' }>
  | Readonly<{ kind: 'mute' | 'unmute'; leg: LegRole }>
  | Readonly<{ kind: 'play'; leg: LegRole; sound: 'ringback' }>
  | Readonly<{ kind: 'play'; leg: LegRole; sound: 'music'; music: HoldMusic }>
  /** Who holds is reminded that somebody waits. */
  | Readonly<{ kind: 'remind'; leg: LegRole }>
  | Readonly<{ kind: 'stop-sound'; leg: LegRole }>
  /** Over everything else this party would hear; what is to be heard otherwise waits. */
  | Readonly<{ kind: 'play-over'; leg: LegRole; play: Play }>
  | Readonly<{ kind: 'end-play'; leg: LegRole }>
  | Readonly<{ kind: 'delete-media' }>
  /** The media server knows nothing of the call: what both phones have said is said to it once more, and new ports come of it. */
  | Readonly<{ kind: 'anchor-again' }>
  /** RFC 4028 §7.4, without an offer (RFC 3311): the session stays what it is. */
  | Readonly<{ kind: 'send-refresh'; leg: LegRole }>
  /** Without `ms` it is the runner's to say how long: the ringing time of the configuration. */
  | Readonly<{ kind: 'start-timer'; timer: TimerName; ms?: number | undefined }>
  /** This phone would not have a hold with music: next time it is asked otherwise. */
  | Readonly<{ kind: 'remember-refusal'; leg: LegRole }>
  /** RFC 3261 §14.1: the window depends on who made the Call-ID. */
  | Readonly<{ kind: 'start-glare-timer'; leg: LegRole; ownsCallId: boolean }>
  | Readonly<{ kind: 'stop-timer'; timer: TimerName }>
  /** The party that waited in another call comes over to this one. */
  | Readonly<{ kind: 'take-over'; leg: LegRole }>
  /** The policy of a hold asks for another party. `leaving`: the holder. */
  | Readonly<{ kind: 'ask-transfer'; leaving: LegRole; to: string }>
  | Readonly<{ kind: 'publish'; event: CallEvent }>;
