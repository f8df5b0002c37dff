/**
 * media-session: the SDP side of one call. Keeps what each phone last said, what rtpengine made for it and the o= version
 * it has seen, and turns the core's directions into SDP. Does not know why a direction is wanted.
 */
import { BadSdp } from '#sip/sdp.js';
import { agreedKeys, sameKeys, withUsableKeys } from '#sip/sdp-keys.js';
import { answerFrom, asSendrecv, dress, withAllLines, withVersion, withZeroAddress } from '#sip/sdp-write.js';
import { receives, type Direction } from '#core/direction.js';
import type { OfferSource } from '#core/effects.js';
import { otherLeg, type CallId, type LegRole } from '#core/leg.js';
import type { HoldMode } from '#core/party.js';
import { haveCommonCodec, mayGoOn } from './codec-fit.js';
import { hearSdp, newLegSdp, refuseHeard, takeHeard, type LegSdp } from './leg-sdp.js';
import { firstProtocol } from './media-protocol.js';
import { offerWays, stays, translatedFor, type Sides } from './offer-ways.js';
import type { MediaPort } from './ports.js';
import { ToldMedia } from './told-media.js';

export type { LegSdp } from './leg-sdp.js';

/** What an update of one leg means for the other. */
export type MediaChange = Readonly<{ changed: boolean; peerStale: boolean }>;

const UNCHANGED: MediaChange = { changed: false, peerStale: false };

export class MediaSession {
  readonly #callId: CallId;
  readonly #media: MediaPort;
  readonly #told: ToldMedia;
  readonly #legs: Record<LegRole, LegSdp>;
  readonly #modes: () => Readonly<Record<LegRole, HoldMode>>;
  readonly #programs: Record<LegRole, boolean>;
  readonly #srtp: Record<LegRole, boolean>;
  #keysIn: boolean;

  /**
   * @param adopted what was said on dialogs that come from another call: the o= version goes on (RFC 3264 §8), so it is one and the
   * same value that both calls hold while the dialog moves.
   */
  constructor(
    callId: CallId,
    media: MediaPort,
    modes: () => Readonly<Record<LegRole, HoldMode>>,
    programs: Readonly<Record<LegRole, boolean>>,
    adopted: Partial<Record<LegRole, LegSdp>> = {},
    srtp: Partial<Record<LegRole, boolean>> = {},
    keysIn = false,
  ) {
    this.#keysIn = keysIn;
    this.#srtp = { caller: srtp.caller === true, callee: srtp.callee === true };
    this.#callId = callId;
    this.#media = media;
    this.#told = new ToldMedia(callId, media);
    this.#modes = modes;
    this.#programs = { ...programs };
    this.#legs = { caller: adopted.caller ?? newLegSdp(), callee: adopted.callee ?? newLegSdp() };
  }

  /** For the call that this leg's dialog moves to. */
  ofLeg(role: LegRole): LegSdp {
    return this.#legs[role];
  }

  get keysIn(): boolean {
    return this.#keysIn;
  }

  /** Somebody else is on this leg from now on, who has said nothing yet. */
  renew(role: LegRole, isProgram: boolean, wishesSrtp = false): void {
    // What rtpengine has made for who was there decides what it must be told for who comes.
    this.#legs[role] = { ...newLegSdp(), made: this.#legs[role].made };
    this.#told.put(role, undefined);
    this.#programs[role] = isProgram;
    this.#srtp[role] = wishesSrtp;
  }

  /** It was offered SRTP and would not have it. @returns false where SRTP was not our wish alone. */
  offerPlain(role: LegRole): boolean {
    const wished = this.#srtp[role];
    this.#srtp[role] = false;
    return wished;
  }

  /** Keeps an SDP until the core has decided what to do with it. @param at where it is known to be (PhoneTraits). */
  hear(role: LegRole, sdp: string, at?: readonly string[]): void {
    hearSdp(this.#legs[role], sdp, at);
  }

  /** What was heard last was refused: it never counts, and what was heard before it still may. */
  refuse(role: LegRole): void {
    refuseHeard(this.#legs[role]);
  }

  /** The offer for an INVITE to `role`; undefined: the INVITE goes without one. */
  async offerFor(role: LegRole, source: OfferSource): Promise<string | undefined> {
    if (source === 'none') return undefined;
    const first = firstProtocol(this.#srtp[role]);
    if (source === 'our-own') return this.#render(role, await this.#media.firstOffer(this.#callId, role, first), 'sendrecv');
    const peer = otherLeg(role);
    const made = await this.#offer(peer, this.#normal(peer, this.#take(peer)));
    return this.#render(role, made, 'sendrecv');
  }

  /** The answer to the caller's offer, made of what the callee said (in a 1xx or its 200). */
  async answerForCaller(direction: Direction): Promise<string> {
    await this.#offerNews('caller');
    const made = await this.#answer('callee', this.#takeAnswer('callee'));
    const offer = this.#inForce('caller');
    return this.#render('caller', answerFrom(offer, made), direction, offer);
  }

  /** Late offer: the callee's 200 carries the offer, and it becomes the offer in the caller's 200. */
  async lateOfferForCaller(): Promise<string> {
    const offer = this.#normal('callee', this.#take('callee'));
    const made = await this.#offer('callee', offer);
    return this.#render('caller', made, 'sendrecv');
  }

  /** Late offer: the caller's ACK carries the answer, and it becomes the answer in the ACK to the callee. */
  async lateAnswerForCallee(direction: Direction): Promise<string> {
    const made = await this.#answer('caller', this.#takeAnswer('caller'));
    const offer = this.#inForce('callee');
    return this.#render('callee', answerFrom(offer, made), direction, offer);
  }

  /** A leg we called has answered; the other leg's offer (or our own first one) is complete in rtpengine. */
  async applyAnswer(role: LegRole): Promise<MediaChange> {
    const peer = otherLeg(role);
    await this.#offerNews(peer);
    const made = await this.#answer(role, this.#takeAnswer(role));
    if (this.#legs[peer].fromPhone === undefined) return UNCHANGED; // the answer to our own first offer: nobody is behind it yet
    return { changed: true, peerStale: this.#remake(peer, withUsableKeys(made)) };
  }

  /** What a re-INVITE of ours says to this leg. */
  reoffer(role: LegRole, direction: Direction): string {
    const museum = this.#modes()[role] === 'zero-address' && !receives(direction);
    return this.#dressed(role, museum ? withZeroAddress(this.#made(role)) : this.#made(role), direction);
  }

  /** @throws BadSdp (488) when the phone's new offer and its peer have no codec in common; nothing has changed then. */
  async answerReoffer(role: LegRole, direction: Direction): Promise<Readonly<{ sdp: string; change: MediaChange }>> {
    const offer = this.#legs[role].heard ?? this.#inForce(role);
    const change = await this.#update(role, 'offer');
    return { sdp: this.#render(role, answerFrom(offer, this.#made(role)), direction, offer), change };
  }

  /** The phone's answer to our re-INVITE, or to our offer in a 200, is in force now. */
  applyReanswer(role: LegRole): Promise<MediaChange> {
    return this.#update(role, 'answer');
  }

  /**
   * rtpengine-facts 3.0: rtpengine is told of a new offer or answer only when address, port or codecs differ from the last,
   * and then by an offer from that leg with the other leg's last SDP as its answer; with port-latching no port moves.
   */
  async #update(role: LegRole, as: 'offer' | 'answer'): Promise<MediaChange> {
    const leg = this.#legs[role];
    const peer = otherLeg(role);
    const heard = leg.heard === undefined ? undefined : withAllLines(leg.heard, leg.sent);
    const peerSdp = this.#legs[peer].fromPhone;
    if (heard === undefined || this.#told.knows(role, leg.fromPhone, heard) || peerSdp === undefined) {
      this.#take(role);
      return UNCHANGED;
    }
    if (translatedFor(this.#sides, peer).length === 0 && !haveCommonCodec(heard, peerSdp)) {
      leg.heard = undefined;
      throw new BadSdp('no codec of this offer is one the other party has');
    }
    const { fromPhone, address } = leg;
    const told = this.#told.last(role) ?? fromPhone;
    const sdp = as === 'answer' ? this.#takeAnswer(role) : this.#normal(role, this.#take(role));
    try {
      const forPeer = await this.#offer(role, sdp);
      const { ours, theirs } = agreedKeys(forPeer, this.#normal(peer, peerSdp), false);
      leg.made = withUsableKeys(await this.#answer(peer, theirs));
      return { changed: true, peerStale: this.#remake(peer, ours) };
    } catch (error) {
      // RFC 3261 §14.2: it is refused, and what was agreed before goes on; the same offer once more is as new as this one was.
      if (as === 'offer') Object.assign(leg, { fromPhone, address });
      this.#told.put(role, told);
      throw error;
    }
  }

  /** What rtpengine says to this leg has changed. @returns whether the phone must be told. */
  #remake(role: LegRole, made: string): boolean {
    const before = this.#legs[role].made;
    this.#legs[role].made = made;
    return !mayGoOn(this.#inForce(role), made) || (before !== undefined && !sameKeys(before, made));
  }

  /** Nothing is said in SIP, and no port moves: what is in force is told to rtpengine once more. */
  async letKeysIn(): Promise<'new' | 'known'> {
    if (this.#keysIn) return 'known';
    const [offer, answer] = [this.#agreed('caller'), this.#agreed('callee')];
    await this.#media.letKeysIn(this.#callId, 'caller', {
      offer,
      ways: offerWays(this.#sides, 'caller', offer),
      answer,
      answererStays: stays(this.#sides, 'callee'),
    });
    this.#keysIn = true;
    return 'new';
  }

  /** For an rtpengine that knows nothing of this call: what both phones said last, and the ports it gives are to be told to both. */
  async anchorAgain(): Promise<void> {
    const [offer, answer] = [this.#normal('caller', this.#inForce('caller')), this.#normal('callee', this.#inForce('callee'))];
    this.#keysIn = false;
    const { ours, theirs } = agreedKeys(await this.#offer('caller', offer), answer, false);
    this.#legs.caller.made = withUsableKeys(await this.#answer('callee', theirs));
    this.#legs.callee.made = ours;
  }

  /** For an rtpengine whose redis hears of a cut only with the next offer and answer. No port moves. */
  async sayAgain(): Promise<void> {
    const { caller, callee } = this.#legs;
    if (this.#media.forgetsGates !== true || caller.fromPhone === undefined || callee.fromPhone === undefined) return;
    const made = await this.#offer('caller', this.#agreed('caller'));
    const { theirs } = agreedKeys(made, this.#agreed('callee'), false);
    await this.#answer('callee', theirs);
  }

  /** RFC 3264 §8.3.1: the port it has moved to while the other rang; no port of ours moves. */
  async #offerNews(role: LegRole): Promise<void> {
    const { fromPhone } = this.#legs[role];
    if (fromPhone !== undefined && !this.#told.knows(role, fromPhone, fromPhone))
      await this.#offer(role, this.#normal(role, fromPhone));
  }

  #offer(from: LegRole, sdp: string): Promise<string> {
    return this.#told.offer(from, this.#legs[from].fromPhone, sdp, offerWays(this.#sides, from, sdp));
  }

  #answer(by: LegRole, sdp: string): Promise<string> {
    return this.#told.answer(by, this.#legs[by].fromPhone, sdp, stays(this.#sides, by));
  }

  get #sides(): Sides {
    return { legs: this.#legs, programs: this.#programs, srtp: this.#srtp };
  }

  #take(role: LegRole): string {
    const sdp = takeHeard(this.#legs[role]);
    if (sdp === undefined) throw new BadSdp(`the ${role} has sent no session description`);
    return sdp;
  }

  /** RFC 4568 §7.1.2: the key of ours that an answer takes is the one that goes on. @throws BadSdp when it takes none of them. */
  #takeAnswer(role: LegRole): string {
    const leg = this.#legs[role];
    const said = leg.heard ?? leg.fromPhone;
    const { ours, theirs } =
      leg.made === undefined || said === undefined ? { ours: leg.made, theirs: undefined } : agreedKeys(leg.made, said, true);
    const taken = this.#take(role);
    leg.made = ours;
    return this.#normal(role, theirs === undefined ? taken : withAllLines(theirs, leg.sent));
  }

  /** What is in force on this leg, for rtpengine to hear once more: with the one key that counts. */
  #agreed(role: LegRole): string {
    const sdp = this.#normal(role, this.#inForce(role));
    const { made } = this.#legs[role];
    return made === undefined ? sdp : agreedKeys(made, sdp, false).theirs;
  }

  #normal(role: LegRole, sdp: string): string {
    return asSendrecv(sdp, this.#legs[role].address);
  }

  #inForce(role: LegRole): string {
    const sdp = this.#legs[role].fromPhone;
    if (sdp === undefined) throw new BadSdp(`the ${role} has sent no session description`);
    return sdp;
  }

  #made(role: LegRole): string {
    const made = this.#legs[role].made;
    if (made === undefined) throw new BadSdp(`there is no session description for the ${role}`);
    return made;
  }

  #render(role: LegRole, made: string, direction: Direction, offer?: string): string {
    this.#legs[role].made = withUsableKeys(made);
    return this.#dressed(role, this.#made(role), direction, offer);
  }

  /** RFC 3264 §8: the o= version grows by one whenever the SDP differs from the last, and stands still when it does not. */
  #dressed(role: LegRole, made: string, direction: Direction, offer?: string): string {
    const leg = this.#legs[role];
    const same = dress(made, { direction, sessionId: leg.sessionId, version: leg.version, offer });
    if (same === leg.sent) return same;
    if (leg.sent !== undefined) leg.version += 1n;
    leg.sent = withVersion(same, leg);
    return leg.sent;
  }
}
