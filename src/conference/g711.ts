/**
 * g711: the two codecs towards the members (ITU-T G.711), as tables, because every sample of every member passes here twice.
 */
import type { Pcm } from './frame.js';

/** RTP payload types of RFC 3551 §6. */
export const PCMU = 0;
export const PCMA = 8;
export type G711 = typeof PCMU | typeof PCMA;

export const isG711 = (payloadType: number): payloadType is G711 => payloadType === PCMU || payloadType === PCMA;

/** Decodes `bytes` into the start of `out`; what does not fit is left out. Returns how many samples there are. */
export function decode(codec: G711, bytes: Uint8Array, out: Pcm): number {
  const table = codec === PCMU ? fromUlaw : fromAlaw;
  const count = Math.min(bytes.length, out.length);
  for (let index = 0; index < count; index++) out[index] = table[bytes[index] as number] as number;
  return count;
}

/** Encodes all of `samples` into `out` from `offset` on. */
export function encode(codec: G711, samples: Pcm, out: Uint8Array, offset = 0): void {
  const table = codec === PCMU ? toUlaw : toAlaw;
  for (let index = 0; index < samples.length; index++) {
    out[offset + index] = table[(samples[index] as number) & 0xffff] as number;
  }
}

const ULAW_BIAS = 132;
const ULAW_MOST = 32_635;

function ulawByte(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(Math.abs(sample), ULAW_MOST) + ULAW_BIAS;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 0x0f)) & 0xff;
}

function ulawSample(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + ULAW_BIAS) << ((bits >> 4) & 7)) - ULAW_BIAS;
  return (bits & 0x80) === 0 ? magnitude : -magnitude;
}

function alawByte(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  // Negative values are counted from -1 down, so that both halves have the same number of steps.
  const magnitude = (sample < 0 ? -sample - 1 : sample) >> 4;
  const exponent = magnitude < 16 ? 0 : 31 - Math.clz32(magnitude) - 3;
  const mantissa = (exponent < 2 ? magnitude : magnitude >> (exponent - 1)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

function alawSample(byte: number): number {
  const bits = byte ^ 0x55;
  const exponent = (bits >> 4) & 7;
  const mantissa = bits & 0x0f;
  const magnitude = exponent === 0 ? (mantissa << 4) + 8 : ((mantissa << 4) + 0x108) << (exponent - 1);
  return (bits & 0x80) === 0 ? -magnitude : magnitude;
}

const fromUlaw = Int16Array.from({ length: 256 }, (_, byte) => ulawSample(byte));
const fromAlaw = Int16Array.from({ length: 256 }, (_, byte) => alawSample(byte));

/** Indexed by the sample's sixteen bits, so that no sign has to be looked at. */
const signed = (bits: number): number => (bits << 16) >> 16;
const toUlaw = Uint8Array.from({ length: 65_536 }, (_, bits) => ulawByte(signed(bits)));
const toAlaw = Uint8Array.from({ length: 65_536 }, (_, bits) => alawByte(signed(bits)));
