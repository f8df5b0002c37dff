/**
 * rtpengine: MediaPort in terms of NG commands. The recipe for gate and music lives here only (rtpengine-facts 3).
 * Whoever calls must have made every session description sendrecv: rtpengine's own idea of directions is the last SDP's.
 */
import { isIP } from 'node:net';
import type { Interjection, LegId, MediaPort, PlayedSound, PlaySound, SoundWish } from '#calls/ports.js';
import { offerOfNobody } from './first-offer.js';
import type { Clock } from '#kit/clock.js';
import { MediaGone } from '#kit/errors.js';
import type { NgCommands } from './ng-commands.js';
import { sentTo, type PerLeg, type Playbacks } from './playbacks.js';
import type { Player } from './player.js';
import { silenceOf } from './silence.js';
import type { SoundMaker } from './sound-maker.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type RtpengineMediaDeps = Readonly<{
  ng: NgCommands;
  player: Player;
  playbacks: Playbacks;
  maker: Pick<SoundMaker, 'make'>;
  clock: Clock;
  /** The first address phones reach us on. */
  address: string;
  /** It writes its calls to redis, and a cut only with the next offer and answer (rtpengine-facts 8). */
  forgetsGates: boolean;
  /** This rtpengine tells what it has sent (11 and up). */
  countsSent: boolean;
}>;

export class RtpengineMedia implements MediaPort {
  readonly #deps: RtpengineMediaDeps;

  constructor(deps: RtpengineMediaDeps) {
    this.#deps = deps;
  }

  get forgetsGates(): boolean {
    return this.#deps.forgetsGates;
  }

  offer(callId: CallId, from: LegRole, sdp: string, more?: readonly string[], protocol?: string): Promise<string> {
    return this.#deps.ng.offer(callId, from, peerOf(from), sdp, { more, protocol });
  }

  answer(callId: CallId, offerer: LegRole, sdp: string): Promise<string> {
    return this.#deps.ng.answer(callId, offerer, peerOf(offerer), sdp);
  }

  firstOffer(callId: CallId, to: LegRole, protocol?: string): Promise<string> {
    const family = isIP(this.#deps.address) === 6 ? 'IP6' : 'IP4';
    return this.#deps.ng.offer(callId, peerOf(to), to, offerOfNobody(family), { protocol });
  }

  async answerOfNobody(callId: CallId, offerer: LegRole, sdp: string): Promise<string> {
    const { ng, address } = this.#deps;
    const family = isIP(address) === 6 ? 'IP6' : 'IP4';
    // Nobody speaks plain RTP; the party is answered in the profile of its own offer.
    const protocol = /^m=audio \d+ RTP\/SAVP/m.test(sdp) ? 'RTP/AVP' : undefined;
    await ng.offer(callId, offerer, peerOf(offerer), sdp, { protocol });
    return ng.answer(callId, offerer, peerOf(offerer), offerOfNobody(family));
  }

  async gate(callId: CallId): Promise<void> {
    const { ng } = this.#deps;
    await Promise.all([ng.blockMedia(callId), ng.blockDtmf(callId)]);
  }

  async ungate(callId: CallId): Promise<void> {
    const { ng } = this.#deps;
    await Promise.all([ng.unblockMedia(callId), ng.unblockDtmf(callId)]);
  }

  async mute(callId: CallId, from: LegRole): Promise<void> {
    const { ng } = this.#deps;
    await Promise.all([ng.blockMedia(callId, from), ng.blockDtmf(callId, from)]);
  }

  async unmute(callId: CallId, from: LegRole): Promise<void> {
    const { ng } = this.#deps;
    await Promise.all([ng.unblockMedia(callId, from), ng.unblockDtmf(callId, from)]);
  }

  /** Playing on is a new `play media`: it takes the codec of the moment, and the old sound ends. */
  async play(callId: CallId, listener: LegRole, sound: PlayedSound): Promise<void> {
    const { ng, player, playbacks, countsSent } = this.#deps;
    playbacks.asked(callId, listener, countsSent ? sentTo(await ng.query(callId), listener) : undefined);
    await player.play(callId, listener, sound);
  }

  async stop(callId: CallId, listener: LegRole): Promise<void> {
    this.#deps.playbacks.stopped(callId, listener);
    await this.#deps.player.stop(callId, listener);
  }

  interject(callId: CallId, listener: LegRole, what: Interjection): Promise<number> {
    return this.#deps.player.interject(callId, listener, what);
  }

  makeSound(wish: SoundWish): Promise<PlaySound> {
    return this.#deps.maker.make(wish);
  }

  playOver(callId: CallId, listener: LegRole, sound: PlaySound, times: number): Promise<void> {
    return this.#deps.player.front(callId, listener, sound, times);
  }

  endPlay(callId: CallId, listener: LegRole): Promise<void> {
    return this.#deps.player.endFront(callId, listener);
  }

  async letKeysIn(
    callId: CallId,
    offerer: LegRole,
    { offer, more, protocol, answer }: Parameters<MediaPort['letKeysIn']>[2],
  ): Promise<void> {
    const { ng } = this.#deps;
    await ng.offer(callId, offerer, peerOf(offerer), offer, { more, protocol, keys: true });
    await ng.answer(callId, offerer, peerOf(offerer), answer, true);
  }

  pressKey(callId: CallId, as: LegRole, key: string, ms: number): Promise<void> {
    return this.#deps.ng.playDtmf(callId, as, key, ms);
  }

  async silenceSec(callId: CallId): Promise<Readonly<Record<LegRole, number | undefined>>> {
    const { ng, clock } = this.#deps;
    return silenceOf(await ng.query(callId), clock.now());
  }

  async musicPackets(callId: CallId): Promise<PerLeg> {
    const { ng, playbacks } = this.#deps;
    if (!playbacks.plays(callId)) return { caller: 0, callee: 0 };
    return playbacks.packets(callId, await ng.query(callId));
  }

  async knows(callId: CallId): Promise<boolean> {
    try {
      await this.#deps.ng.query(callId);
      return true;
    } catch (error) {
      if (error instanceof MediaGone) return false;
      throw error;
    }
  }

  async delete(callId: CallId): Promise<void> {
    this.#deps.player.ended(callId);
    this.#deps.playbacks.ended(callId);
    await this.#deps.ng.delete(callId);
  }
}

/** The tags of a call's two parties are the names of its legs. */
const peerOf = (role: LegRole): LegRole => (role === 'caller' ? 'callee' : 'caller');
