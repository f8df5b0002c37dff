/**
 * recorded: a stereo WAV of a recording, taken apart: which tone stands in which channel, and when.
 */
export type Channel = 'left' | 'right';

export class Recorded {
  readonly #wav: Buffer;

  constructor(wav: Buffer) {
    const channels = wav.readUInt16LE(22);
    const rate = wav.readUInt32LE(24);
    if (wav.toString('latin1', 0, 4) !== 'RIFF' || channels !== 2 || rate !== 8000)
      throw new Error(`no stereo WAV at 8 kHz: ${channels} channels at ${rate} Hz`);
    this.#wav = wav;
  }

  /** As its head says. */
  get dataBytes(): number {
    return this.#wav.readUInt32LE(40);
  }

  get seconds(): number {
    return this.dataBytes / 32_000;
  }

  samples(channel: Channel, fromSec = 0, toSec = this.seconds): number[] {
    const found: number[] = [];
    const shift = channel === 'left' ? 44 : 46;
    for (let at = Math.round(fromSec * 8000); at < Math.round(toSec * 8000); at++)
      found.push(this.#wav.readInt16LE(shift + 4 * at));
    return found;
  }

  /** How loud a tone is at its steadiest, in units of a sample: the amplitude that was sent, where it is heard. */
  tone(channel: Channel, hertz: number, fromSec?: number, toSec?: number): number {
    const samples = this.samples(channel, fromSec, toSec);
    const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
    let one = 0;
    let two = 0;
    for (const sample of samples) [one, two] = [sample + coefficient * one - two, one];
    return (2 * Math.sqrt(Math.max(0, one * one + two * two - coefficient * one * two))) / samples.length;
  }

  /** For each 50 ms: is there anything to hear? */
  audible(channel: Channel): boolean[] {
    const found: boolean[] = [];
    for (let from = 0; from + 0.05 <= this.seconds; from += 0.05)
      found.push(this.samples(channel, from, from + 0.05).some((sample) => Math.abs(sample) > 500));
    return found;
  }

  /** The same, one after the other: how many pieces of 50 ms are loud, silent, loud ... */
  runs(channel: Channel): readonly Readonly<{ loud: boolean; seconds: number }>[] {
    const runs: { loud: boolean; seconds: number }[] = [];
    for (const loud of this.audible(channel)) {
      const last = runs.at(-1);
      if (last?.loud === loud) last.seconds += 0.05;
      else runs.push({ loud, seconds: 0.05 });
    }
    return runs;
  }
}
