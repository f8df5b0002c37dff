/**
 * frame: the one measure of this room. All sound is 16-bit linear at 8 kHz in frames of 20 ms, because G.711 is all that comes in.
 */
export const SAMPLE_RATE = 8000;
export const FRAME_MS = 20;
export const FRAME_SAMPLES = 160;
export const SAMPLES_PER_MS = SAMPLE_RATE / 1000;

/** Samples of one channel, 16-bit linear at 8 kHz. */
export type Pcm = Int16Array;

export const newFrame = (): Pcm => new Int16Array(FRAME_SAMPLES);
