/**
 * leg: one dialog with one phone, UAS or UAC alike, and what has been agreed on it.
 */
import { meet, mirror, sends, type Direction } from './direction.js';
import type { HoldMusic } from './hold-music.js';

export type CallId = string & { readonly brand: 'CallId' };

/** The first dialog (or the API's caller) and the one it asked for; fixed when the call is made. */
export type LegRole = 'caller' | 'callee';
export const LEG_ROLES: readonly LegRole[] = ['caller', 'callee'];
export const otherLeg = (role: LegRole): LegRole => (role === 'caller' ? 'callee' : 'caller');

/** RFC 3261 §12. */
export type DialogState = 'early' | 'confirmed' | 'terminated';

/** RFC 3264 §4: one offer at a time on a dialog. */
export type OfferAnswer =
  | { readonly kind: 'stable' }
  /** `refreshes`: it carries the change that made the leg stale; refused, the leg is stale again. */
  | { readonly kind: 'have-local-offer'; readonly offered: Direction; readonly refreshes: boolean; readonly session?: true }
  /** Answered, waiting for the ACK. `before`: what was agreed when the offer came, should the answer prove impossible. */
  | { readonly kind: 'have-remote-offer'; readonly before?: BeforeOffer | undefined }
  /** Their INVITE had no offer: ours went in the 200, their answer comes in the ACK. */
  | { readonly kind: 'awaiting-answer-in-ack'; readonly offered: Direction; readonly refreshes: boolean }
  /** 491 received, waiting out RFC 3261 §14.1; or a 500 or 503 that said when to come again. */
  | { readonly kind: 'glare-wait' };

/** Enough to go back to when the answer we promised cannot be made. */
export type BeforeOffer = Readonly<{ media: LegMedia; phoneHeld: boolean }>;

/** What rtpengine is playing to this leg; 'failed': it was asked to play and could not. */
export type Sound = 'none' | 'ringback' | 'music' | 'failed';

export type LegMedia = Readonly<{
  /** The wish this leg last accepted, from our side. */
  advertised: Direction;
  /** What the phone itself last wrote, from its side. */
  remote: Direction;
  sound: Sound;
  /** What plays, or failed to, when the sound is music. */
  music?: HoldMusic | undefined;
  /** The SDP this leg holds no longer fits the media (its peer's codecs changed): it needs a new offer, whatever the direction. */
  stale: boolean;
}>;

/** A re-INVITE the phone answered with a refusal: the same direction is not offered again until something changes. */
export type Refusal = Readonly<{ direction: Direction; status: number; reason: string }>;

export type Leg = Readonly<{
  role: LegRole;
  dialog: DialogState;
  offerAnswer: OfferAnswer;
  media: LegMedia;
  /** Decides the glare window (RFC 3261 §14.1). */
  ownsCallId: boolean;
  refused?: Refusal | undefined;
  /**
   * Late offer, before the caller's ACK: this leg's first offer has no answer yet, so nothing can be played to it; on the callee's
   * leg the 2xx waits for its ACK too.
   */
  halfOpen?: true | undefined;
  /** 491s in a row; after a few of them the leg counts as having refused. */
  glares: number;
  /** So many of our re-INVITEs in a row found no way to it (unreached.ts); `told`: programs know of it, for this direction. */
  unreached?: Readonly<{ tries: number; told?: Direction | undefined }> | undefined;
  /** A 500 or 503 has said when to come again, and we have. */
  retried?: true | undefined;
  /** RFC 4028; absent: nothing was agreed, and the dialog lasts until somebody ends it. */
  session?: Session | undefined;
  /** What is known of it may be older than what its phone has heard: it is told once more, and nobody waits for that. */
  unsure?: true | undefined;
  /** An UPDATE of ours without an offer is out: the lane is taken until its answer. */
  refreshing?: true | undefined;
  /** A program wants its peer not to hear it, whoever its peer is. No hold lifts that, and it lifts no hold. */
  silenced?: true | undefined;
  /** A program plays it something: until that ends it hears nothing else. */
  playing?: Play | undefined;
}>;

/** What a program plays to a party, over everything else. `ms`: all of it, all rounds, cut where it may last no longer. */
export type Play = Readonly<{ id: string; sound: PlaySound; times: number; ms: number; hangUpAfter?: true | undefined }>;

/** Made ready by the media room; the rules do not look into it. */
export type PlaySound = Readonly<{ name: string; file: string; ms: number }>;

/** RFC 4028 §10; `due`: it is our turn to refresh. */
export type Session = Readonly<{ intervalSec: number; weRefresh: boolean; byUpdate: boolean; turn: 'not-yet' | 'due' }>;

/** What is negotiated, from our side: our wish and the phone's word together. */
export const localDirection = (media: LegMedia): Direction => meet(media.advertised, mirror(media.remote));

/** RFC 3264 §4: a new offer may go out only when none is open on the dialog, in either direction. */
export const mayOffer = (leg: Leg): boolean =>
  leg.dialog === 'confirmed' && leg.offerAnswer.kind === 'stable' && leg.refreshing !== true;

/** True when the phone has agreed to hear what we send. */
export const hears = (media: LegMedia): boolean => sends(localDirection(media));
