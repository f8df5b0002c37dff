/**
 * conceal: what is played where a frame is missing. The last frame is played backwards and forwards, fading out: it has no seam,
 * because it goes on where the sound stopped, and it costs nothing (G.711 Appendix I finds the pitch instead, and sounds better).
 */
import { FRAME_SAMPLES, newFrame, type Pcm } from './frame.js';

/** Sound that lasts longer than this is no longer what was being said. */
const FADE_FRAMES = 3;
/** 5 ms in which the real sound takes over again. */
const BLEND = 40;

export class Conceal {
  readonly #last = newFrame();
  readonly #scratch = newFrame();
  #covered = 0;

  /** A real frame is played: remembered, and blended with what stood in for the one before it. */
  played(frame: Pcm): void {
    if (this.#covered > 0) {
      this.#write(this.#scratch);
      for (let index = 0; index < BLEND; index++) {
        const share = index / BLEND;
        frame[index] = (this.#scratch[index] as number) * (1 - share) + (frame[index] as number) * share;
      }
      this.#covered = 0;
    }
    this.#last.set(frame);
  }

  /** Stands in for one missing frame. */
  cover(frame: Pcm): void {
    this.#write(frame);
    this.#covered++;
  }

  /** True when covering has faded to silence. */
  get faded(): boolean {
    return this.#covered >= FADE_FRAMES;
  }

  #write(frame: Pcm): void {
    const backwards = this.#covered % 2 === 0;
    for (let index = 0; index < FRAME_SAMPLES; index++) {
      const gain = 1 - (this.#covered + index / FRAME_SAMPLES) / FADE_FRAMES;
      const from = backwards ? FRAME_SAMPLES - 1 - index : index;
      frame[index] = gain <= 0 ? 0 : (this.#last[from] as number) * gain;
    }
  }
}
