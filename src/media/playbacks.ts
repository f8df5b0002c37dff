/**
 * playbacks: who is being played to since when, and how many packets have left for them.
 *
 * rtpengine 10.5 counts what it receives and what it relays, but not what it plays: `query`, `statistics`, the command line,
 * Prometheus, MQTT and HEP were all tried. Its player sends one packet each 20 ms from the moment `play media` is answered,
 * so the number is read from that clock, always a little too low, and only while rtpengine still knows the call.
 * Newer versions (11 and up) have `stats_out` in the reply to `query`; where it is there, it is what is told.
 */
import type { LegId } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { PACKET_MS } from './matroska.js';
import type { NgReply } from './ng-client.js';

type LegRole = LegId['role'];
/** `counted`: packets of the pieces before this one; `mostMs`: how long this piece lasts, when it ends by itself. */
type Playback = Readonly<{ startedMs: number; sentBefore: number | undefined; counted: number; mostMs: number | undefined }>;
export type PerLeg = Readonly<Record<LegRole, number>>;

/** The first packet leaves up to this long after the answer to `play media` (measured: 1 to 3 ms). */
const START_MS = 3;
/** Far more than calls can be up: what is above it was forgotten by its owner. */
const CALL_LIMIT = 100_000;

export class Playbacks {
  readonly #clock: Clock;
  readonly #calls = new Map<string, Partial<Record<LegRole, Playback>>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param sentBefore what rtpengine had sent to this party before, where it counts that. */
  started(callId: string, listener: LegRole, sentBefore: number | undefined): void {
    const call = this.#calls.get(callId) ?? {};
    call[listener] = { startedMs: this.#clock.now(), sentBefore, counted: 0, mostMs: undefined };
    this.#calls.set(callId, call);
    if (this.#calls.size > CALL_LIMIT) this.#forgetOldest();
  }

  /** Something is about to be played: the count begins with the first piece (`turned`). */
  asked(callId: string, listener: LegRole, sentBefore: number | undefined): void {
    this.started(callId, listener, sentBefore);
    const call = this.#calls.get(callId);
    const playback = call?.[listener];
    if (call !== undefined && playback !== undefined) call[listener] = { ...playback, mostMs: 0 };
  }

  /**
   * Another piece has taken the place of the one before, which may have ended by itself: the count goes on.
   * @param lastsMs undefined: without end.
   */
  turned(callId: string, listener: LegRole, lastsMs: number | undefined): void {
    const call = this.#calls.get(callId);
    const playback = call?.[listener];
    if (call === undefined || playback === undefined) return;
    const counted = playback.counted + this.#playedOf(playback);
    call[listener] = { ...playback, startedMs: this.#clock.now(), counted, mostMs: lastsMs };
  }

  stopped(callId: string, listener: LegRole): void {
    const call = this.#calls.get(callId);
    if (call !== undefined) delete call[listener];
  }

  ended(callId: string): void {
    this.#calls.delete(callId);
  }

  /** Nobody is played to any more: rtpengine has gone. */
  clear(): void {
    this.#calls.clear();
  }

  plays(callId: string): boolean {
    const call = this.#calls.get(callId);
    return call?.caller !== undefined || call?.callee !== undefined;
  }

  get size(): number {
    return this.#calls.size;
  }

  /** @param reply of `query`, which also proves that rtpengine knows the call. */
  packets(callId: string, reply: NgReply): PerLeg {
    return { caller: this.#packetsOf(callId, 'caller', reply), callee: this.#packetsOf(callId, 'callee', reply) };
  }

  #packetsOf(callId: string, listener: LegRole, reply: NgReply): number {
    const playback = this.#calls.get(callId)?.[listener];
    if (playback === undefined) return 0;
    const sent = sentTo(reply, listener);
    if (sent !== undefined && playback.sentBefore !== undefined) return Math.max(0, sent - playback.sentBefore);
    return playback.counted + this.#playedOf(playback);
  }

  /** Packets of the piece that plays. */
  #playedOf({ startedMs, mostMs = Infinity }: Playback): number {
    const playedMs = Math.min(this.#clock.now() - startedMs - START_MS, mostMs - PACKET_MS);
    return playedMs < 0 ? 0 : Math.floor(playedMs / PACKET_MS) + 1;
  }

  #forgetOldest(): void {
    const oldest = this.#calls.keys().next();
    if (oldest.done !== true) this.#calls.delete(oldest.value);
  }
}

type Streams = { tags?: Record<string, { medias?: { streams?: { flags?: string[]; stats_out?: { packets?: unknown } }[] }[] }> };

/** Packets of audio sent to this party, where rtpengine counts them. */
export function sentTo(reply: NgReply, listener: LegRole): number | undefined {
  const medias = (reply as Streams).tags?.[listener]?.medias ?? [];
  const counts = medias.flatMap((media) => media.streams ?? []).filter((stream) => stream.flags?.includes('RTP') === true);
  const numbers = counts.map((stream) => stream.stats_out?.packets).filter((count) => typeof count === 'number');
  return numbers.length === 0 ? undefined : numbers.reduce((sum, count) => sum + count, 0);
}
