/**
 * wav: the bytes of a stereo WAV file, 16 bit at 8 kHz: its head, its samples, and what its head should have said. Pure.
 */
import { SAMPLE_RATE, type Pcm } from '#conference/frame.js';

export const WAV_HEAD = 44;
const CHANNELS = 2;
export const FRAME_BYTES = 2 * CHANNELS;
export const BYTES_PER_SECOND = SAMPLE_RATE * FRAME_BYTES;

/** @param dataBytes of sound behind it. */
export function wavHead(dataBytes: number): Buffer {
  const head = Buffer.alloc(WAV_HEAD);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(WAV_HEAD - 8 + dataBytes, 4);
  head.write('WAVEfmt ', 8, 'latin1');
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20); // PCM
  head.writeUInt16LE(CHANNELS, 22);
  head.writeUInt32LE(SAMPLE_RATE, 24);
  head.writeUInt32LE(BYTES_PER_SECOND, 28);
  head.writeUInt16LE(FRAME_BYTES, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36, 'latin1');
  head.writeUInt32LE(dataBytes, 40);
  return head;
}

/** Both have the same length. */
export function interleave(left: Pcm, right: Pcm): Buffer {
  const bytes = Buffer.allocUnsafe(left.length * FRAME_BYTES);
  for (let index = 0; index < left.length; index++) {
    bytes.writeInt16LE(left[index] as number, index * FRAME_BYTES);
    bytes.writeInt16LE(right[index] as number, index * FRAME_BYTES + 2);
  }
  return bytes;
}

/** Whole samples of both channels in a file of so many bytes: a torn one at the end does not count. */
export const dataBytesIn = (fileBytes: number): number => {
  const data = Math.max(0, fileBytes - WAV_HEAD);
  return data - (data % FRAME_BYTES);
};
