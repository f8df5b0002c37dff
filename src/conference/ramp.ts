/**
 * ramp: a gain that never jumps. Whatever opens or closes a sound (join, leave, mute, hold, who hears whom) takes one frame, so that
 * nobody hears a click.
 */
import { FRAME_SAMPLES, type Pcm } from './frame.js';

export class Ramp {
  #now: number;
  #wanted: number;

  constructor(now: number, wanted = now) {
    this.#now = now;
    this.#wanted = wanted;
  }

  want(gain: number): void {
    this.#wanted = gain;
  }

  /** The gains at the beginning and the end of this frame; the next frame begins where this one ends. */
  step(): Readonly<{ from: number; to: number }> {
    const from = this.#now;
    this.#now = this.#wanted;
    return { from, to: this.#wanted };
  }

  /** True when it stays at this gain. */
  restsAt(gain: number): boolean {
    return this.#now === gain && this.#wanted === gain;
  }
}

export function applyRamp(frame: Pcm, from: number, to: number): void {
  if (from === 1 && to === 1) return;
  const step = (to - from) / FRAME_SAMPLES;
  for (let index = 0; index < FRAME_SAMPLES; index++) frame[index] = (frame[index] as number) * (from + step * index);
}
