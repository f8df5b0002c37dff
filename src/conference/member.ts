/**
 * member: one who speaks and listens in a conference: its jitter buffer, its gains, and what it heard last. Pure; sockets are elsewhere.
 */
import { decode, isG711 } from './g711.js';
import { newFrame, type Pcm } from './frame.js';
import type { Row } from './hearing.js';
import { JitterBuffer } from './jitter-buffer.js';
import { Limiter } from './mixing.js';
import { applyRamp, Ramp } from './ramp.js';
import type { RtpPacket } from './rtp.js';
import { InsteadTrack } from './sound-track.js';

/** How a member holds: what the others hear meanwhile, and what it hears itself (silence when nothing is said). */
export type HoldTerms = Readonly<{
  /** `music`: each other member hears its own hold music instead of the conference; `conference`: the others go on talking. */
  othersHear: 'music' | 'silence' | 'conference';
  itHears?: Pcm;
}>;

/** The longest packet that is read: 200 ms. */
const decoded = new Int16Array(1600);

export class Member {
  readonly id: string;
  /** What it hears while another holds; silence when there is none. */
  readonly holdMusic: Pcm | undefined;
  readonly voice = newFrame();
  readonly heard = newFrame();
  readonly limiter = new Limiter();
  readonly instead = new InsteadTrack();
  /** Gains of the sources that are not simply heard; a source that is not here is heard at full. */
  readonly gains = new Map<string, Ramp>();
  row: Row = 'everyone';
  hold: HoldTerms | undefined;
  muted = false;
  sounding = false;
  received = 0;
  foreign = 0;
  readonly #buffer = new JitterBuffer();
  readonly #speaks = new Ramp(0, 1);
  readonly #listens = new Ramp(0, 1);
  #leaving: 'no' | 'fading' | 'gone' = 'no';

  constructor(id: string, holdMusic?: Pcm) {
    this.id = id;
    this.holdMusic = holdMusic;
  }

  /** What came from it; what is not G.711 (keys of RFC 4733, comfort noise) is counted and left alone. */
  receive(packet: RtpPacket, nowMs: number): void {
    if (!isG711(packet.payloadType)) return void this.foreign++;
    this.received++;
    const count = decode(packet.payloadType, packet.payload, decoded);
    this.#buffer.push(packet.ssrc, packet.timestamp, decoded.subarray(0, count), nowMs);
  }

  /** Fades both ways in the next frame; after it `gone` is true. */
  leave(): void {
    if (this.#leaving === 'no') this.#leaving = 'fading';
  }

  get leaving(): boolean {
    return this.#leaving !== 'no';
  }

  get gone(): boolean {
    return this.#leaving === 'gone';
  }

  /** Takes its next 20 ms out of the buffer into `voice`. */
  speak(): void {
    const popped = this.#buffer.pop(this.voice);
    this.#speaks.want(this.leaving || this.muted || this.hold !== undefined ? 0 : 1);
    const { from, to } = this.#speaks.step();
    this.sounding = popped !== 'silence' && (from > 0 || to > 0);
    if (this.sounding) applyRamp(this.voice, from, to);
    else this.voice.fill(0);
  }

  /** The last touch to what it hears. */
  listen(): void {
    this.#listens.want(this.leaving ? 0 : 1);
    const { from, to } = this.#listens.step();
    applyRamp(this.heard, from, to);
    if (this.leaving) this.#leaving = 'gone';
  }

  get stats(): MemberStats {
    const { frames, delaySumMs, lost, late, starved, skippedMs } = this.#buffer.stats;
    return {
      received: this.received,
      foreign: this.foreign,
      frames,
      lost,
      late,
      starved,
      skippedMs,
      jitterMs: this.#buffer.jitterMs,
      bufferMs: this.#buffer.delayMs,
      meanDelayMs: frames === 0 ? 0 : delaySumMs / frames,
      limiterGain: this.limiter.gain,
      muted: this.muted,
      held: this.hold !== undefined,
    };
  }
}

export type MemberStats = Readonly<{
  /** Packets with sound, and packets with something else. */
  received: number;
  foreign: number;
  /** Frames mixed; of these `lost` had to be covered. */
  frames: number;
  lost: number;
  /** Packets that came after their turn. */
  late: number;
  /** Frames for which nothing was there: the member said nothing, or its jitter was larger than the buffer. */
  starved: number;
  skippedMs: number;
  jitterMs: number;
  /** Sound waiting now, and how long it waited on the mean. */
  bufferMs: number;
  meanDelayMs: number;
  limiterGain: number;
  muted: boolean;
  held: boolean;
}>;
