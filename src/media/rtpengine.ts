/**
 * rtpengine: MediaPort in terms of NG commands. The recipe for gate and music lives here only (rtpengine-facts 3).
 * Whoever calls must have made every session description sendrecv: rtpengine's own idea of directions is the last SDP's.
 */
import { isIP } from 'node:net';
import type { Interjection, LegId, MediaPort, PlayedSound } from '#calls/ports.js';
import { offerOfNobody } from './first-offer.js';
import { NgRefused } from './ng-client.js';
import type { NgCommands } from './ng-commands.js';
import { sentTo, type PerLeg, type Playbacks } from './playbacks.js';
import type { SoundName, Sounds } from './sounds.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type RtpengineMediaDeps = Readonly<{
  ng: NgCommands;
  sounds: Sounds;
  playbacks: Playbacks;
  /** The first address phones reach us on. */
  address: string;
  /** This rtpengine tells what it has sent (11 and up). */
  countsSent: boolean;
}>;

export class RtpengineMedia implements MediaPort {
  readonly #deps: RtpengineMediaDeps;

  constructor(deps: RtpengineMediaDeps) {
    this.#deps = deps;
  }

  offer(callId: CallId, from: LegRole, sdp: string): Promise<string> {
    return this.#deps.ng.offer(callId, from, peerOf(from), sdp);
  }

  answer(callId: CallId, offerer: LegRole, sdp: string): Promise<string> {
    return this.#deps.ng.answer(callId, offerer, peerOf(offerer), sdp);
  }

  firstOffer(callId: CallId, to: LegRole): Promise<string> {
    const family = isIP(this.#deps.address) === 6 ? 'IP6' : 'IP4';
    return this.#deps.ng.offer(callId, peerOf(to), to, offerOfNobody(family));
  }

  async answerOfNobody(callId: CallId, offerer: LegRole, sdp: string): Promise<string> {
    const { ng, address } = this.#deps;
    const family = isIP(address) === 6 ? 'IP6' : 'IP4';
    await ng.offer(callId, offerer, peerOf(offerer), sdp);
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
    const what = sound.kind;
    const { ng, playbacks, countsSent } = this.#deps;
    const before = countsSent ? sentTo(await ng.query(callId), listener) : undefined;
    await this.#playSomething(callId, listener, what);
    playbacks.started(callId, listener, before);
  }

  /**
   * A file that is gone never means silence. The same refusal is given for a party that cannot be played to at all; then the
   * stand-in is refused too, and the file is not to blame.
   */
  async #playSomething(callId: CallId, listener: LegRole, what: SoundName): Promise<void> {
    const { ng, sounds } = this.#deps;
    try {
      await ng.playMedia(callId, listener, sounds.of(what));
      sounds.played(what);
    } catch (error) {
      if (!isUnplayable(error)) throw error;
      await ng.playMedia(callId, listener, sounds.standIn);
      sounds.refused(what, error.reason);
    }
  }

  async stop(callId: CallId, listener: LegRole): Promise<void> {
    this.#deps.playbacks.stopped(callId, listener);
    try {
      await this.#deps.ng.stopMedia(callId, listener);
    } catch (error) {
      // Somebody who hears nothing, or has not even spoken yet, has been stopped already.
      if (!(error instanceof NgRefused && /not currently playing|no such tag/i.test(error.reason))) throw error;
    }
  }

  /** Not built yet: nothing is played, and it lasts no time. */
  interject(_callId: CallId, _listener: LegRole, _what: Interjection): Promise<number> {
    return Promise.resolve(0);
  }

  async silenceSec(_callId: CallId): Promise<Readonly<Record<LegRole, number | undefined>>> {
    return Promise.resolve({ caller: 0, callee: 0 });
  }

  async musicPackets(callId: CallId): Promise<PerLeg> {
    const { ng, playbacks } = this.#deps;
    if (!playbacks.plays(callId)) return { caller: 0, callee: 0 };
    return playbacks.packets(callId, await ng.query(callId));
  }

  async delete(callId: CallId): Promise<void> {
    this.#deps.playbacks.ended(callId);
    await this.#deps.ng.delete(callId);
  }
}

/** The tags of a call's two parties are the names of its legs. */
const peerOf = (role: LegRole): LegRole => (role === 'caller' ? 'callee' : 'caller');

const isUnplayable = (error: unknown): error is NgRefused =>
  error instanceof NgRefused && /failed to start media playback/i.test(error.reason);
