/**
 * ng-commands: each NG command we use as one typed request. What is sent is exactly what rtpengine 10.5 was measured to obey:
 * it ignores keys and flags it does not know, so a misspelt one would go unnoticed.
 */
import type { OfferWays } from '#calls/ports.js';
import { MediaFailed } from '#kit/errors.js';
import type { NgClient, NgReply } from './ng-client.js';

/** What a party hears: a file rtpengine opens itself, or the bytes of one (64 kB at most, the size of a datagram). */
export type Sound = Readonly<{ file: string }> | Readonly<{ blob: Buffer }>;

/** There is no endless playback in 10.5; this many rounds of the shortest file outlast any call. */
const REPEAT_TIMES = 100_000;

/**
 * port-latching keeps both of our ports when a phone moves to another port; without it the other phone would have to be told.
 * The origin is replaced so that no phone learns another's address, and an address of zeros (the old way to hold, RFC 3264
 * §8.4) so that no phone is told to send nowhere.
 */
const SDP_TREATMENT = {
  flags: ['port-latching'],
  replace: ['origin', 'SDP-version', 'session-connection', 'zero-address'],
  ICE: 'remove',
  'rtcp-mux': ['demux'],
  // RFC 4568 §6.1 has keys in base64 as RFC 3548 does, which pads; rtpengine does not by itself.
  SDES: ['pad'],
} as const;

/** Plain RTP to a port of ours, whatever the party itself speaks. */
const SUBSCRIBED = { 'transport-protocol': 'RTP/AVP', ICE: 'remove', 'rtcp-mux': ['demux'] } as const;

/** @param keys of ours may be put into this audio; rtpengine then sends it under an SSRC of its own, so only calls that need it have it. */
const treatment = ({ keys = false, stays = false }: NgAnswerWays): Readonly<Record<string, unknown>> => ({
  ...SDP_TREATMENT,
  flags: [...SDP_TREATMENT.flags, ...(keys ? ['inject-DTMF'] : []), ...(stays ? ['asymmetric'] : [])],
});

/** `keys`: of ours are let in. */
export type NgOfferWays = OfferWays & Readonly<{ keys?: boolean }>;
export type NgAnswerWays = Pick<NgOfferWays, 'keys' | 'stays'>;

export class NgCommands {
  readonly #ng: NgClient;

  constructor(ng: NgClient) {
    this.#ng = ng;
  }

  async offer(callId: string, from: string, to: string, sdp: string, ways: NgOfferWays = {}): Promise<string> {
    const { more = [], protocol } = ways;
    const codec = more.length === 0 ? {} : { codec: { transcode: more } };
    // rtpengine remembers the profile of the offerer and answers in it; RFC 4568 §6.1: with one of the keys it was offered.
    const profile = { ...(protocol === undefined ? {} : { 'transport-protocol': protocol }), ...keying(protocol, sdp) };
    const args = { 'call-id': callId, 'from-tag': from, 'to-tag': to, sdp, ...treatment(ways), ...codec, ...profile };
    return sdpOf(await this.#ng.request('offer', args));
  }

  /** @param offerer the tag whose offer is answered: NG keeps it as the from-tag of the answer. */
  async answer(callId: string, offerer: string, answerer: string, sdp: string, ways: NgAnswerWays = {}): Promise<string> {
    const args = { 'call-id': callId, 'from-tag': offerer, 'to-tag': answerer, sdp, ...treatment(ways) };
    return sdpOf(await this.#ng.request('answer', args));
  }

  /** Of a call rtpengine does not know: that is fine too, it says so in a warning. */
  async delete(callId: string): Promise<void> {
    await this.#ng.request('delete', { 'call-id': callId });
  }

  /** No tag: the whole call; with one what that party sends. The two are counted apart. Sounds we play are not touched by it (measured). */
  async blockMedia(callId: string, from?: string): Promise<void> {
    await this.#ng.request('blockMedia', party(callId, from));
  }

  async unblockMedia(callId: string, from?: string): Promise<void> {
    await this.#ng.request('unblockMedia', party(callId, from));
  }

  /** RFC 4733 events pass a media block, so they have one of their own. */
  async blockDtmf(callId: string, from?: string): Promise<void> {
    await this.#ng.request('blockDTMF', party(callId, from));
  }

  async unblockDtmf(callId: string, from?: string): Promise<void> {
    await this.#ng.request('unblockDTMF', party(callId, from));
  }

  /** @param listener the party that hears it. @param loops again and again, or so many times; otherwise once. */
  async playMedia(callId: string, listener: string, sound: Sound, loops: boolean | number): Promise<void> {
    const times = typeof loops === 'number' ? loops : loops ? REPEAT_TIMES : 1;
    const args = { 'call-id': callId, 'from-tag': listener, 'repeat-times': times };
    if ('file' in sound) await this.#ng.request('playMedia', { ...args, file: sound.file });
    else await this.#ng.request('playMedia', args, sound.blob);
  }

  async stopMedia(callId: string, listener: string): Promise<void> {
    await this.#ng.request('stopMedia', { 'call-id': callId, 'from-tag': listener });
  }

  /** What this party sends, for somebody who only listens. Codecs that are not theirs are made PCMU. @returns its offer, and the tag of who listens. */
  async subscribe(callId: string, party: string): Promise<Readonly<{ sdp: string; tag: string }>> {
    const args = { 'call-id': callId, 'from-tag': party, codec: { transcode: ['PCMU'] }, ...SUBSCRIBED };
    const reply = await this.#ng.request('subscribeRequest', args);
    const tag = reply['to-tag'];
    if (typeof tag !== 'string') throw new MediaFailed('rtpengine gave a subscription no tag');
    return { sdp: sdpOf(reply), tag };
  }

  async subscribeAnswer(callId: string, tag: string, sdp: string): Promise<void> {
    await this.#ng.request('subscribeAnswer', { 'call-id': callId, 'to-tag': tag, sdp, flags: ['allow-transcoding'] });
  }

  async unsubscribe(callId: string, tag: string): Promise<void> {
    await this.#ng.request('unsubscribe', { 'call-id': callId, 'to-tag': tag });
  }

  /**
   * @param as the party that seems to press it. Nothing is heard unless keys were let in, in an offer and in its answer, and only while
   * that party sends RTP and is not blocked (measured). Keys that come too fast are heard one after the other.
   */
  async playDtmf(callId: string, as: string, code: string, ms: number): Promise<void> {
    await this.#ng.request('playDTMF', { 'call-id': callId, 'from-tag': as, code, duration: ms, pause: ms });
  }

  query(callId: string): Promise<NgReply> {
    return this.#ng.request('query', { 'call-id': callId });
  }

  /** Every call it knows. */
  async list(): Promise<readonly string[]> {
    const { calls } = await this.#ng.request('list', { limit: 1_000_000 });
    return Array.isArray(calls) ? calls.filter((one) => typeof one === 'string') : [];
  }

  async ping(): Promise<void> {
    await this.#ng.request('ping', {});
  }

  async age(): Promise<NgAge> {
    const { statistics } = (await this.#ng.request('statistics', {})) as { statistics?: Statistics };
    const uptimeSec = Number(statistics?.totalstatistics?.uptime);
    if (!Number.isFinite(uptimeSec)) throw new MediaFailed('the statistics of rtpengine have no uptime');
    const timesAsked = statistics?.controlstatistics?.totalstatscount;
    return { uptimeSec, timesAsked: typeof timesAsked === 'number' ? timesAsked : undefined };
  }
}

/** How old an rtpengine is, in whole seconds; and how often anybody had asked for its statistics before, where it says so. */
export type NgAge = Readonly<{ uptimeSec: number; timesAsked: number | undefined }>;

type Statistics = { totalstatistics?: { uptime?: unknown }; controlstatistics?: { totalstatscount?: unknown } };

/** Left to itself rtpengine offers both kinds of keys to whoever is offered SRTP for the first time, and phones that know neither of two refuse. */
const keying = (protocol: string | undefined, sdp: string): Readonly<Record<string, unknown>> =>
  /^RTP\/SAVP/i.test(protocol ?? /^m=\S+ \S+ (\S+)/m.exec(sdp)?.[1] ?? '') ? { DTLS: 'off' } : {};

const party = (callId: string, from: string | undefined): Readonly<Record<string, string>> =>
  from === undefined ? { 'call-id': callId } : { 'call-id': callId, 'from-tag': from };

function sdpOf(reply: NgReply): string {
  const sdp = reply['sdp'];
  // An empty description is answered `ok`, without one.
  if (typeof sdp !== 'string' || sdp === '') throw new MediaFailed('rtpengine made no session description');
  return sdp;
}
