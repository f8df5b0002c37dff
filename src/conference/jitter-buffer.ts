/**
 * jitter-buffer: what one member says, put in order and given out a frame at a time. Sound lies in a ring by its RTP timestamp, so any
 * packet length will do. It waits as long as the member's jitter needs and no longer: a frame that is not there in time makes it wait
 * 20 ms more, half a second with something to spare (five after such a frame) makes it wait less. Pure: arrival times are given to it.
 */
import { Conceal } from './conceal.js';
import { FRAME_SAMPLES, SAMPLES_PER_MS, type Pcm } from './frame.js';

/** 512 ms, a power of two so that the 32 bits of a timestamp wrap on it. */
const RING = 4096;
const MASK = RING - 1;
/** 10 ms: our own timer is not exact either. */
const LEAST_SPARE = 80;
const MOST_SPARE = 1600;
/** Spare that is less than this is left alone. */
const SLACK = 40;
const WINDOW_FRAMES = 25;
/** After it was too short it stays longer for five seconds: what made one frame late makes others late. */
const WARY_FRAMES = 250;
/** After so many frames with nothing to play the member is silent, and begins anew with its next packet. */
const DRY_FRAMES = 5;

/** What pop() gave: sound, something in its place, or nothing at all. */
export type Popped = 'sound' | 'covered' | 'silence';

export type BufferStats = { lost: number; late: number; starved: number; skippedMs: number; frames: number; delaySumMs: number };

export class JitterBuffer {
  readonly stats: BufferStats = { lost: 0, late: 0, starved: 0, skippedMs: 0, frames: 0, delaySumMs: 0 };
  readonly #ring = new Int16Array(RING);
  readonly #filled = new Uint8Array(RING);
  #conceal = new Conceal();
  #ssrc: number | undefined;
  #next = 0;
  #newest = 0;
  #flowing = false;
  #empty = true;
  #dry = 0;
  /** Samples covered while the play position stood still: a hole that turns up next has been played already. */
  #owed = 0;
  #jitter = 0;
  #lastTransit: number | undefined;
  #leastDepth = Infinity;
  #window = 0;
  #patience = WINDOW_FRAMES;

  /** Milliseconds of sound that wait here. */
  get delayMs(): number {
    return this.#empty ? 0 : Math.max(0, this.#depth()) / SAMPLES_PER_MS;
  }

  get jitterMs(): number {
    return this.#jitter / SAMPLES_PER_MS;
  }

  push(ssrc: number, timestamp: number, samples: Pcm, nowMs: number): void {
    this.#measure(ssrc, timestamp, nowMs);
    const ahead = (timestamp - this.#next) | 0;
    if (ssrc !== this.#ssrc || ahead < -RING || ahead + samples.length > RING) this.#begin(ssrc, timestamp);
    else if (ahead + samples.length <= 0) return void this.stats.late++;
    else if (this.#empty) this.#begin(ssrc, timestamp);
    for (let index = Math.max(0, (this.#next - timestamp) | 0); index < samples.length; index++) {
      const at = (timestamp + index) & MASK;
      this.#ring[at] = samples[index] as number;
      this.#filled[at] = 1;
    }
    const end = (timestamp + samples.length) >>> 0;
    if (((end - this.#newest) | 0) > 0) this.#newest = end;
    const tooMuch = this.#depth() - (FRAME_SAMPLES + MOST_SPARE + FRAME_SAMPLES);
    if (tooMuch > 0) this.#skip(tooMuch + MOST_SPARE - this.#spare());
  }

  /** The next 20 ms. */
  pop(out: Pcm): Popped {
    if (!this.#flowing) {
      this.#flowing = !this.#empty && this.#depth() >= FRAME_SAMPLES + this.#spare();
      if (!this.#flowing) return this.#nothing(out);
    }
    this.#passCoveredHoles();
    const depth = this.#depth();
    if (depth < FRAME_SAMPLES) return this.#starve(out);
    this.#dry = 0;
    this.stats.frames++;
    this.stats.delaySumMs += depth / SAMPLES_PER_MS;
    if (!this.#whole(this.#next)) {
      this.stats.lost++;
      this.#advance(FRAME_SAMPLES);
      this.#conceal.cover(out);
      return 'covered';
    }
    this.#owed = 0;
    this.#take(out, this.#toDrop(depth));
    this.#conceal.played(out);
    return 'sound';
  }

  #depth(): number {
    return (this.#newest - this.#next) | 0;
  }

  #spare(): number {
    return Math.min(MOST_SPARE, Math.max(LEAST_SPARE, Math.ceil(3 * this.#jitter)));
  }

  // RFC 3550 §6.4.1: the jitter is the smoothed difference of transit times.
  #measure(ssrc: number, timestamp: number, nowMs: number): void {
    if (ssrc !== this.#ssrc) this.#lastTransit = undefined;
    const transit = (Math.round(nowMs * SAMPLES_PER_MS) - timestamp) | 0;
    const moved = this.#lastTransit === undefined ? 0 : Math.abs((transit - this.#lastTransit) | 0);
    // A clock that jumps (a new talk spurt, a transfer) says nothing about the network.
    if (moved < RING) this.#jitter += (moved - this.#jitter) / 16;
    this.#lastTransit = transit;
  }

  #begin(ssrc: number, timestamp: number): void {
    this.#ssrc = ssrc;
    this.#filled.fill(0);
    this.#next = timestamp;
    this.#newest = timestamp;
    this.#empty = false;
    this.#flowing = false;
    this.#owed = 0;
    this.#dry = 0;
    this.#patience = WINDOW_FRAMES;
    this.#forgetDepth();
  }

  #nothing(out: Pcm): Popped {
    // A member that begins anew lets its old sound fade instead of cutting it.
    if (!this.#conceal.faded) {
      this.#conceal.cover(out);
      return 'covered';
    }
    out.fill(0);
    return 'silence';
  }

  #starve(out: Pcm): Popped {
    this.stats.starved++;
    this.#forgetDepth();
    this.#patience = WARY_FRAMES;
    if (++this.#dry > DRY_FRAMES) {
      this.#empty = true;
      this.#flowing = false;
    }
    this.#owed += FRAME_SAMPLES;
    return this.#nothing(out);
  }

  #passCoveredHoles(): void {
    while (this.#owed >= FRAME_SAMPLES && this.#depth() > FRAME_SAMPLES && !this.#whole(this.#next)) {
      this.stats.lost++;
      this.#owed -= FRAME_SAMPLES;
      this.#advance(FRAME_SAMPLES);
    }
  }

  #whole(from: number, count = FRAME_SAMPLES): boolean {
    for (let index = 0; index < count; index++) if (this.#filled[(from + index) & MASK] === 0) return false;
    return true;
  }

  /** How many samples more than needed there have been for half a second. */
  #toDrop(depth: number): number {
    this.#leastDepth = Math.min(this.#leastDepth, depth);
    if (++this.#window < this.#patience) return 0;
    this.#patience = WINDOW_FRAMES;
    const excess = this.#leastDepth - FRAME_SAMPLES - this.#spare();
    this.#forgetDepth();
    if (excess < SLACK) return 0;
    const drop = Math.min(excess, FRAME_SAMPLES);
    return this.#whole(this.#next, FRAME_SAMPLES + drop) ? drop : 0;
  }

  /** One frame; with `drop` the sound now fades into the sound that comes so many samples later, which has no seam. */
  #take(out: Pcm, drop: number): void {
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const at = (this.#next + index) & MASK;
      const now = this.#ring[at] as number;
      const share = index / FRAME_SAMPLES;
      out[index] = drop === 0 ? now : now * (1 - share) + (this.#ring[(at + drop) & MASK] as number) * share;
    }
    this.stats.skippedMs += drop / SAMPLES_PER_MS;
    this.#advance(FRAME_SAMPLES + drop);
  }

  #skip(samples: number): void {
    this.stats.skippedMs += samples / SAMPLES_PER_MS;
    this.#advance(samples);
    this.#owed = 0;
    this.#forgetDepth();
  }

  /** What has been played is no longer there, so that the ring may come round. */
  #advance(samples: number): void {
    for (let index = 0; index < samples; index++) this.#filled[(this.#next + index) & MASK] = 0;
    this.#next = (this.#next + samples) >>> 0;
  }

  #forgetDepth(): void {
    this.#leastDepth = Infinity;
    this.#window = 0;
  }
}
