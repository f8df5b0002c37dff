/**
 * sound-track: a sound that is being played, frame by frame; and the track of one listener, which takes the place of the conference
 * while somebody holds. Pure.
 */
import { FRAME_SAMPLES, newFrame, type Pcm } from './frame.js';
import { addScaled, scale, type Sum } from './mixing.js';
import { applyRamp, Ramp } from './ramp.js';

/** Silence, for who holds without music. */
export const SILENCE: Pcm = new Int16Array(0);

/** A sound and how far it has come. */
export class Cursor {
  readonly sound: Pcm;
  readonly #loop: boolean;
  #at = 0;

  constructor(sound: Pcm, loop: boolean) {
    this.sound = sound;
    this.#loop = loop;
  }

  /** Less than a frame is left, which nobody misses: so the last whole frame can fade out. */
  get ended(): boolean {
    return !this.#loop && this.sound.length - this.#at < FRAME_SAMPLES;
  }

  next(out: Pcm): void {
    let written = 0;
    while (written < FRAME_SAMPLES) {
      if (this.#loop && this.#at >= this.sound.length) this.#at = 0;
      const part = this.sound.subarray(this.#at, this.#at + FRAME_SAMPLES - written);
      if (part.length === 0) break;
      out.set(part, written);
      written += part.length;
      this.#at += part.length;
    }
    out.fill(0, written);
  }
}

/** What one listener hears instead of the conference. */
export class InsteadTrack {
  readonly #ramp = new Ramp(0);
  readonly #frame = newFrame();
  #cursor: Cursor | undefined;

  /** Puts the wanted sound in the place of what is in `sum`; nothing wanted leaves it as it is. A change takes one frame each way. */
  replace(sum: Sum, wanted: Pcm | undefined): void {
    if (this.#ramp.restsAt(0)) this.#cursor = wanted === undefined ? undefined : new Cursor(wanted, true);
    this.#ramp.want(wanted !== undefined && this.#cursor?.sound === wanted ? 1 : 0);
    if (this.#cursor === undefined) return;
    const { from, to } = this.#ramp.step();
    this.#cursor.next(this.#frame);
    scale(sum, 1 - from, 1 - to);
    addScaled(sum, this.#frame, from, to);
  }
}

/** A sound over the conference: an announcement, a tone. Stopping fades it out. */
export class Announcement {
  readonly to: readonly string[] | undefined;
  readonly frame = newFrame();
  readonly #cursor: Cursor;
  readonly #ramp = new Ramp(0, 1);
  #ended = false;

  constructor(sound: Pcm, options: Readonly<{ loop?: boolean; to?: readonly string[] }>) {
    this.#cursor = new Cursor(sound, options.loop === true);
    this.to = options.to;
  }

  get ended(): boolean {
    return this.#ended;
  }

  stop(): void {
    this.#ramp.want(0);
  }

  /** Makes the next frame; the last one fades. */
  advance(): void {
    this.#cursor.next(this.frame);
    if (this.#cursor.ended) this.stop();
    const { from, to } = this.#ramp.step();
    applyRamp(this.frame, from, to);
    this.#ended = to === 0;
  }
}
