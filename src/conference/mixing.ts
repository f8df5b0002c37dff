/**
 * mixing: sums of frames, in 32 bits so that nothing is lost on the way, and the guard that brings a sum back into 16. Pure.
 */
import { FRAME_SAMPLES, type Pcm } from './frame.js';

/** A sum of many members; a thousand at full scale fit. */
export type Sum = Int32Array;

export const newSum = (): Sum => new Int32Array(FRAME_SAMPLES);

export function add(sum: Sum, frame: Pcm): void {
  for (let index = 0; index < FRAME_SAMPLES; index++) sum[index] = (sum[index] as number) + (frame[index] as number);
}

export function subtract(sum: Sum, frame: Pcm): void {
  for (let index = 0; index < FRAME_SAMPLES; index++) sum[index] = (sum[index] as number) - (frame[index] as number);
}

/** Adds `frame` at a gain that moves from the one to the other; negative gains take away. */
export function addScaled(sum: Sum, frame: Pcm, from: number, to: number): void {
  const step = (to - from) / FRAME_SAMPLES;
  for (let index = 0; index < FRAME_SAMPLES; index++) {
    sum[index] = (sum[index] as number) + (frame[index] as number) * (from + step * index);
  }
}

export function scale(sum: Sum, from: number, to: number): void {
  const step = (to - from) / FRAME_SAMPLES;
  for (let index = 0; index < FRAME_SAMPLES; index++) sum[index] = (sum[index] as number) * (from + step * index);
}

const CEILING = 32_000;
/** 4 ms: short enough to come before most of a loud frame, long enough not to click. */
const ATTACK = 32;
/** A fifth of the way back in each frame: about 200 ms until nothing is left of it. */
const RELEASE = 0.2;

/** The clipping guard of one listener: turns a sum down while it is too loud. What the attack lets through is cut at 16 bits. */
export class Limiter {
  #gain = 1;

  get gain(): number {
    return this.#gain;
  }

  /** Writes `sum` into `out`. */
  limit(sum: Sum, out: Pcm): void {
    let peak = 0;
    for (let index = 0; index < FRAME_SAMPLES; index++) peak = Math.max(peak, Math.abs(sum[index] as number));
    const needed = peak > CEILING ? CEILING / peak : 1;
    const from = this.#gain;
    const to = Math.min(needed, from + (1 - from) * RELEASE);
    this.#gain = to > 0.999 ? 1 : to;
    if (from === 1 && to === 1) return out.set(sum);
    const length = to < from ? ATTACK : FRAME_SAMPLES;
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const gain = index < length ? from + ((to - from) * index) / length : to;
      out[index] = Math.max(-32_768, Math.min(32_767, (sum[index] as number) * gain));
    }
  }
}
