/**
 * compose-music: the music that ships with Holdfast, so that its licence is ours: slow chords under a plucked line, 76.8
 * seconds, made of sines. The same samples every time, and the end runs into the beginning without a seam. Pure.
 */
import { SAMPLE_RATE } from './matroska.js';

/** Changes whenever the samples do: a cached file of an older composition is not used. */
export const COMPOSITION = 'compose-1';

const BEAT_SECONDS = 0.6;
const BEATS_PER_BAR = 4;
const LOUDEST = 14_000; // of 32 767: telephones distort what is louder

/** Notes as semitones above A4. */
type Chord = Readonly<{ pad: readonly number[]; bass: number }>;

const F: Chord = { pad: [-4, 0, 3, 7], bass: -16 };
const Am: Chord = { pad: [-5, 0, 3, 7], bass: -12 };
const Bb: Chord = { pad: [-7, -4, 1, 5], bass: -11 };
const C: Chord = { pad: [-5, -2, 3, 7], bass: -9 };
const Dm: Chord = { pad: [-4, 0, 5, 8], bass: -19 };
const Gm: Chord = { pad: [-7, -2, 1, 5], bass: -14 };

/** One chord a bar; 32 bars of 2.4 seconds. */
const BARS: readonly Chord[] = [
  ...[F, Am, Bb, C, Dm, Am, Bb, C],
  ...[F, Am, Dm, Bb, Gm, C, F, C],
  ...[Dm, Bb, F, C, Dm, Bb, Gm, C],
  ...[F, Am, Bb, C, Dm, Gm, C, F],
];

/** Which note of the chord is plucked on each half beat; -1 rests. Four patterns keep the line from walking in circles. */
const LINES: readonly (readonly number[])[] = [
  [0, 2, 3, 2, 1, 2, 3, -1],
  [3, 2, 1, -1, 2, 3, 2, 1],
  [0, -1, 1, 2, 3, -1, 2, 1],
  [2, 3, -1, 2, 1, 0, -1, 1],
];

export function composeMusic(): Int16Array {
  const length = Math.round(BARS.length * BEATS_PER_BAR * BEAT_SECONDS * SAMPLE_RATE);
  const mix = new Float64Array(length);
  BARS.forEach((chord, bar) => {
    const atSeconds = bar * BEATS_PER_BAR * BEAT_SECONDS;
    chord.pad.forEach((note) => addPad(mix, note - 12, atSeconds));
    addBass(mix, chord.bass, atSeconds);
    const line = LINES[(bar + Math.floor(bar / 8)) % LINES.length] ?? [];
    line.forEach((step, halfBeat) => {
      const note = chord.pad[step];
      if (note !== undefined) addPluck(mix, note, atSeconds + (halfBeat * BEAT_SECONDS) / 2, halfBeat % 2 === 0 ? 1 : 0.7);
    });
  });
  return toSamples(mix);
}

/** A held note that swells in and fades under the next chord: longer than its bar, so that chords melt into each other. */
function addPad(mix: Float64Array, note: number, atSeconds: number): void {
  const seconds = BEATS_PER_BAR * BEAT_SECONDS * 1.5;
  const hertz = hertzOf(note);
  addSound(mix, atSeconds, seconds, (age) => {
    const swell = Math.sin((Math.PI * age) / seconds) ** 2;
    // Two voices a hair apart beat slowly, as strings do; the octave gives a telephone something it can carry.
    return 0.16 * swell * (sine(hertz * 0.9985, age) + sine(hertz * 1.0015, age) + 0.35 * sine(hertz * 2, age));
  });
}

/** Low notes are heard on a telephone by their overtones only. */
function addBass(mix: Float64Array, note: number, atSeconds: number): void {
  const seconds = BEATS_PER_BAR * BEAT_SECONDS * 1.1;
  const hertz = hertzOf(note);
  addSound(mix, atSeconds, seconds, (age) => {
    const loudness = Math.min(1, age / 0.05) * (1 - age / seconds) ** 1.5;
    return 0.3 * loudness * (sine(hertz, age) + 0.6 * sine(hertz * 2, age) + 0.2 * sine(hertz * 3, age));
  });
}

function addPluck(mix: Float64Array, note: number, atSeconds: number, strength: number): void {
  const seconds = 2.2;
  const hertz = hertzOf(note);
  addSound(mix, atSeconds, seconds, (age) => {
    const loudness = Math.min(1, age / 0.008) * Math.exp(-3.2 * age) * (1 - age / seconds);
    // The overtone dies sooner than its note, as on a string.
    return 0.42 * strength * loudness * (sine(hertz, age) + 0.3 * Math.exp(-4 * age) * sine(hertz * 2, age));
  });
}

/** What sounds past the end sounds at the beginning: the loop has no seam. */
function addSound(mix: Float64Array, atSeconds: number, seconds: number, shape: (ageSeconds: number) => number): void {
  const first = Math.round(atSeconds * SAMPLE_RATE);
  const count = Math.round(seconds * SAMPLE_RATE);
  for (let index = 0; index < count; index++) {
    const at = (first + index) % mix.length;
    mix[at] = (mix[at] ?? 0) + shape(index / SAMPLE_RATE);
  }
}

function toSamples(mix: Float64Array): Int16Array {
  const peak = mix.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Int16Array.from(mix, (value) => Math.round((value / peak) * LOUDEST));
}

const hertzOf = (note: number): number => 440 * 2 ** (note / 12);
const sine = (hertz: number, seconds: number): number => Math.sin(2 * Math.PI * hertz * seconds);
