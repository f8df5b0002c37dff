/**
 * rtpengine: MediaPort in terms of NG commands. The recipe for gate and music lives here only (rtpengine-facts 3).
 * Whoever calls must have made every session description sendrecv: rtpengine's own idea of directions is the last SDP's.
 */
import { isIP } from 'node:net';
import type {
  Interjection,
  LegId,
  MediaPort,
  OfferWays,
  PlayedSound,
  PlaySound,
  SocketAddress,
  SoundWish,
} from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { MediaGone } from '#kit/errors.js';
import { nameOf } from './fan/entrance.js';
import type { FanHouse } from './fan/fan-house.js';
import { offerOfNobody } from './first-offer.js';
import type { NgCommands } from './ng-commands.js';
import { sentTo, type PerLeg, type Playbacks } from './playbacks.js';
import type { Player } from './player.js';
import type { ShunnedPorts } from './shunned-ports.js';
import { silenceOf } from './silence.js';
import type { SoundMaker } from './sound-maker.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type RtpengineMediaDeps = Readonly<{
  ng: NgCommands;
  player: Player;
  playbacks: Playbacks;
  maker: Pick<SoundMaker, 'make' | 'hasPrompt'>;
  clock: Clock;
  /** The first address phones reach us on. */
  address: string;
  shunned: Pick<ShunnedPorts, 'shun'>;
  /** It writes its calls to redis, and a cut only with the next offer and answer (rtpengine-facts 8). */
  forgetsGates: boolean;
  /** This rtpengine tells what it has sent (11 and up). */
  countsSent: boolean;
  /** Music for many; absent: each is played to alone. */
  house?: Pick<FanHouse, 'fan' | 'said'> | undefined;
}>;

export class RtpengineMedia implements MediaPort {
  readonly #deps: RtpengineMediaDeps;
  /** Parties that rtpengine does not look for. */
  readonly #staying = new Set<string>();

  constructor(deps: RtpengineMediaDeps) {
    this.#deps = deps;
  }

  get forgetsGates(): boolean {
    return this.#deps.forgetsGates;
  }

  async offer(callId: CallId, from: LegRole, sdp: string, ways?: OfferWays): Promise<string> {
    this.#stays(callId, from, ways?.stays === true);
    const made = await this.#deps.ng.offer(callId, from, peerOf(from), sdp, ways);
    return this.#said(callId, from, sdp, made);
  }

  async answer(callId: CallId, offerer: LegRole, sdp: string, stays = false): Promise<string> {
    const { ng } = this.#deps;
    const stayed = this.#staying.has(nameOf({ callId, role: peerOf(offerer) }));
    this.#stays(callId, peerOf(offerer), stays);
    let made = await ng.answer(callId, offerer, peerOf(offerer), sdp, { stays });
    // rtpengine begins to look for a party only with what it is told after it has heard that this one need not be where its SDP says.
    if (stayed && !stays) made = await ng.answer(callId, offerer, peerOf(offerer), sdp, { stays });
    this.#said(callId, peerOf(offerer), sdp, made);
    await this.#deps.house?.fan.moved(callId);
    return made;
  }

  async firstOffer(callId: CallId, to: LegRole, protocol?: string): Promise<string> {
    const family = isIP(this.#deps.address) === 6 ? 'IP6' : 'IP4';
    const made = await this.#deps.ng.offer(callId, peerOf(to), to, offerOfNobody(family), { protocol });
    this.#deps.house?.said.told(callId, to, made);
    return made;
  }

  async answerOfNobody(callId: CallId, offerer: LegRole, sdp: string): Promise<string> {
    const { ng, address } = this.#deps;
    const family = isIP(address) === 6 ? 'IP6' : 'IP4';
    // Nobody speaks plain RTP; the party is answered in the profile of its own offer.
    const protocol = /^m=audio \d+ RTP\/SAVP/m.test(sdp) ? 'RTP/AVP' : undefined;
    await ng.offer(callId, offerer, peerOf(offerer), sdp, { protocol });
    const made = await ng.answer(callId, offerer, peerOf(offerer), offerOfNobody(family));
    this.#deps.house?.said.said(callId, offerer, sdp);
    this.#deps.house?.said.told(callId, offerer, made);
    return made;
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
    const { player, playbacks, countsSent, house } = this.#deps;
    const leg = { callId, role: listener };
    const sentBefore = countsSent ? await this.#sentTo(callId, listener) : undefined;
    playbacks.stopped(callId, listener);
    if ((await house?.fan.sits(leg, sound)) === true) return;
    playbacks.asked(callId, listener, sentBefore);
    await player.play(callId, listener, sound);
    house?.fan.begun(leg);
  }

  async stop(callId: CallId, listener: LegRole): Promise<void> {
    this.#deps.playbacks.stopped(callId, listener);
    const left = await this.#deps.house?.fan.leave({ callId, role: listener });
    if (left === undefined || left.mayPlay) await this.#deps.player.stop(callId, listener);
  }

  async interject(callId: CallId, listener: LegRole, what: Interjection): Promise<number> {
    await this.#alone(callId, listener);
    return this.#deps.player.interject(callId, listener, what);
  }

  hasPrompt(name: string): boolean {
    return this.#deps.maker.hasPrompt(name);
  }

  makeSound(wish: SoundWish): Promise<PlaySound> {
    return this.#deps.maker.make(wish);
  }

  async playOver(callId: CallId, listener: LegRole, sound: PlaySound, times: number): Promise<void> {
    await this.#alone(callId, listener);
    return this.#deps.player.front(callId, listener, sound, times);
  }

  endPlay(callId: CallId, listener: LegRole): Promise<void> {
    return this.#deps.player.endFront(callId, listener);
  }

  async letKeysIn(
    callId: CallId,
    offerer: LegRole,
    { offer, ways, answer, answererStays }: Parameters<MediaPort['letKeysIn']>[2],
  ): Promise<void> {
    const { ng } = this.#deps;
    await ng.offer(callId, offerer, peerOf(offerer), offer, { ...ways, keys: true });
    await ng.answer(callId, offerer, peerOf(offerer), answer, { keys: true, stays: answererStays });
  }

  pressKey(callId: CallId, as: LegRole, key: string, ms: number): Promise<void> {
    return this.#deps.ng.playDtmf(callId, as, key, ms);
  }

  async silenceSec(callId: CallId): Promise<Readonly<Record<LegRole, number | undefined>>> {
    const { ng, clock } = this.#deps;
    return silenceOf(await ng.query(callId), clock.now());
  }

  async musicPackets(callId: CallId): Promise<PerLeg> {
    const { ng, playbacks, house } = this.#deps;
    const shared = { caller: 0, callee: 0, ...(await house?.fan.packets(callId)) };
    if (!playbacks.plays(callId)) return shared;
    const alone = playbacks.packets(callId, await ng.query(callId));
    return { caller: shared.caller + alone.caller, callee: shared.callee + alone.callee };
  }

  shun(ports: readonly SocketAddress[]): Promise<void> {
    return this.#deps.shunned.shun(ports);
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
    for (const role of LEG_ROLES) this.#stays(callId, role, false);
    this.#deps.player.ended(callId);
    this.#deps.playbacks.ended(callId);
    this.#deps.house?.fan.ended(callId);
    this.#deps.house?.said.ended(callId);
    await this.#deps.ng.delete(callId);
  }

  #stays(callId: CallId, role: LegRole, stays: boolean): void {
    if (stays) this.#staying.add(nameOf({ callId, role }));
    else this.#staying.delete(nameOf({ callId, role }));
  }

  /** @returns undefined: not known, and then it is counted by the clock. */
  async #sentTo(callId: CallId, listener: LegRole): Promise<number | undefined> {
    const reply = await this.#deps.ng.query(callId).catch(() => undefined);
    return reply === undefined ? undefined : sentTo(reply, listener);
  }

  /** What is said to one party is not for all who share its music: it hears the rest of it alone. */
  async #alone(callId: CallId, role: LegRole): Promise<void> {
    const { house, player, playbacks } = this.#deps;
    const left = await house?.fan.leave({ callId, role });
    if (left === undefined) return;
    playbacks.asked(callId, role, undefined);
    await player.play(callId, role, left.sound);
  }

  #said(callId: CallId, from: LegRole, sdp: string, made: string): string {
    this.#deps.house?.said.said(callId, from, sdp, this.#staying.has(nameOf({ callId, role: from })));
    this.#deps.house?.said.told(callId, peerOf(from), made);
    return made;
  }
}

const LEG_ROLES = ['caller', 'callee'] as const;

/** The tags of a call's two parties are the names of its legs. */
const peerOf = (role: LegRole): LegRole => (role === 'caller' ? 'callee' : 'caller');
