/**
 * tones: the short sounds we make ourselves: the ringing a caller hears, the beep that reminds, and the chime that stands in for music that cannot
 * be played. The same samples every time. Pure.
 */
import { SAMPLE_RATE } from './matroska.js';

const RINGBACK_SECONDS = 5;
const RINGBACK_ON_SECONDS = 1;
const BEEP_SECONDS = 0.4;
const BEEP_HERTZ = 880;
const CHIME_SECONDS = 3; // as bytes it must fit a datagram, for an rtpengine that cannot read our files

/** Ringing as ETSI ES 201 970 has it: 425 Hz, one second on, four off. It begins with the sound, so that nobody waits for it. */
export function ringback(): Int16Array {
  const samples = new Int16Array(RINGBACK_SECONDS * SAMPLE_RATE);
  const ring = RINGBACK_ON_SECONDS * SAMPLE_RATE;
  for (let at = 0; at < ring; at++) samples[at] = Math.round(6000 * edge(at, ring) * wave(425, at));
  return samples;
}

/** For somebody who should be reminded, not startled: one soft note that rises and falls. */
export function beep(): Int16Array {
  const samples = new Int16Array(BEEP_SECONDS * SAMPLE_RATE);
  for (let at = 0; at < samples.length; at++) {
    const swell = Math.sin((Math.PI * at) / samples.length) ** 2;
    samples[at] = Math.round(5000 * swell * wave(BEEP_HERTZ, at));
  }
  return samples;
}

/** Two soft notes, a third apart, and a pause. */
export function chime(): Int16Array {
  const samples = new Int16Array(CHIME_SECONDS * SAMPLE_RATE);
  strike(samples, 659.26, 0);
  strike(samples, 523.25, 0.8);
  return samples;
}

function strike(samples: Int16Array, hertz: number, atSeconds: number): void {
  const first = Math.round(atSeconds * SAMPLE_RATE);
  for (let at = first; at < samples.length; at++) {
    const age = (at - first) / SAMPLE_RATE;
    const loudness = 7000 * Math.min(1, age / 0.01) * Math.exp(-2.5 * age) * edge(at, samples.length);
    samples[at] = (samples[at] ?? 0) + Math.round(loudness * wave(hertz, at));
  }
}

/** Ten milliseconds of rise and fall: a tone that begins or ends at once clicks. */
function edge(at: number, length: number): number {
  const ramp = SAMPLE_RATE / 100;
  return Math.min(1, at / ramp, (length - at) / ramp);
}

const wave = (hertz: number, at: number): number => Math.sin((2 * Math.PI * hertz * at) / SAMPLE_RATE);
