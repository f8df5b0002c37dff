/**
 * track: what one party says, laid on the time of its recording. Sound stands where its RTP timestamp says; where the stream itself
 * stood still (a hold) or jumped (another source), where it arrived. What is not there is silence. Pure: arrival times are given to it.
 */
import { SAMPLES_PER_MS, type Pcm } from '#conference/frame.js';

/** Four seconds, a power of two. */
const RING = 32_768;
const MASK = RING - 1;
/** So far from its arrival no sound stands, whatever its timestamp says. */
const MOST_AHEAD = 1000 * SAMPLES_PER_MS;
const MOST_BEHIND = 300 * SAMPLES_PER_MS;
/** A second of packets that all stand so far off is laid anew: what is early has drifted, what is late has been waited for. */
const DRIFT_AHEAD = 40 * SAMPLES_PER_MS;
const DRIFT_BEHIND = 100 * SAMPLES_PER_MS;
const WINDOW = 50;

export class Track {
  readonly #startMs: number;
  readonly #ring = new Int16Array(RING);
  #taken = 0;
  #ssrc: number | undefined;
  #lastTimestamp = 0;
  #lastAt = 0;
  #least = Infinity;
  #most = -Infinity;
  #count = 0;

  constructor(startMs: number) {
    this.#startMs = startMs;
  }

  /** Samples given out so far. */
  get taken(): number {
    return this.#taken;
  }

  place(ssrc: number, timestamp: number, samples: Pcm, nowMs: number): void {
    const arrived = Math.round((nowMs - this.#startMs) * SAMPLES_PER_MS);
    const at = this.#standsAt(ssrc, timestamp, arrived);
    this.#ssrc = ssrc;
    this.#lastTimestamp = timestamp;
    this.#lastAt = at;
    const first = Math.max(0, this.#taken - at);
    const end = Math.min(samples.length, this.#taken + RING - at);
    for (let index = first; index < end; index++) this.#ring[(at + index) & MASK] = samples[index] as number;
  }

  /** The next samples, as many as `out` holds: they are gone from here then. */
  take(out: Pcm): void {
    for (let index = 0; index < out.length; index++) {
      const at = (this.#taken + index) & MASK;
      out[index] = this.#ring[at] as number;
      this.#ring[at] = 0;
    }
    this.#taken += out.length;
  }

  #standsAt(ssrc: number, timestamp: number, arrived: number): number {
    if (ssrc !== this.#ssrc) return this.#anew(arrived);
    const at = this.#lastAt + ((timestamp - this.#lastTimestamp) | 0);
    const ahead = at - arrived;
    if (ahead > MOST_AHEAD || ahead < -MOST_BEHIND) return this.#anew(arrived);
    this.#least = Math.min(this.#least, ahead);
    this.#most = Math.max(this.#most, ahead);
    if (++this.#count < WINDOW) return at;
    const drifted = this.#least > DRIFT_AHEAD || this.#most < -DRIFT_BEHIND;
    const moved = this.#anew(arrived);
    return drifted ? moved : at;
  }

  #anew(arrived: number): number {
    this.#least = Infinity;
    this.#most = -Infinity;
    this.#count = 0;
    return arrived;
  }
}
