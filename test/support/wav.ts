/**
 * wav: a file of one tone, so that a test can tell music from voices by ear. 8 kHz, mono, 16 bit.
 */
export type ToneOptions = Readonly<{ hertz: number; seconds: number; amplitude?: number }>;

const RATE = 8000;

export function toneWav({ hertz, seconds, amplitude = 8000 }: ToneOptions): Buffer {
  const samples = Math.round(seconds * RATE);
  const wav = Buffer.alloc(44 + 2 * samples);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * samples, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // mono
  wav.writeUInt32LE(RATE, 24);
  wav.writeUInt32LE(2 * RATE, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * samples, 40);
  for (let at = 0; at < samples; at++) {
    wav.writeInt16LE(Math.round(amplitude * Math.sin((2 * Math.PI * hertz * at) / RATE)), 44 + 2 * at);
  }
  return wav;
}

/** One tone after the other. */
export function tonesWav(...tones: readonly ToneOptions[]): Buffer {
  const pcm = Buffer.concat(tones.map((tone) => toneWav(tone).subarray(44)));
  const head = toneWav({ hertz: 0, seconds: 0 });
  head.writeUInt32LE(36 + pcm.length, 4);
  head.writeUInt32LE(pcm.length, 40);
  return Buffer.concat([head, pcm]);
}
