/**
 * ids: every identifier the house makes, from one injectable source of random bytes.
 */
import { randomFillSync } from 'node:crypto';

export type RandomBytes = (length: number) => Uint8Array;

const POOL_BYTES = 4096;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

/** One system call fills many identifiers: a call needs a dozen of them. */
export const systemRandom: RandomBytes = (length) => {
  if (used + length > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.slice(used, used + length);
  used += length;
  return bytes;
};

const ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** `length` characters of [0-9a-z]; five random bits and a little each. */
export function word(length: number, random: RandomBytes = systemRandom): string {
  let text = '';
  for (const byte of random(length)) text += ALPHABET[byte % 36];
  return text;
}

/** RFC 3261 §19.3: a tag carries at least 32 random bits. */
export const newTag = (random?: RandomBytes): string => word(10, random);

/** RFC 3261 §8.1.1.7: a branch begins with the magic cookie. */
export const newBranch = (random?: RandomBytes): string => `z9hG4bK${word(16, random)}`;

/** RFC 3261 §8.1.1.4: globally unique. */
export const newSipCallId = (random?: RandomBytes): string => word(24, random);

/** RFC 9562 §5.4: 122 random bits, version 4. */
export function newUuid(random: RandomBytes = systemRandom): string {
  const hex = [...random(16)].map((byte, index) => {
    const bits = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte;
    return bits.toString(16).padStart(2, '0');
  });
  return [4, 6, 8, 10].reduce((text, at, nth) => `${text.slice(0, at * 2 + nth)}-${text.slice(at * 2 + nth)}`, hex.join(''));
}

/** Our own call id, shown in every API: short enough to type. */
export const newCallId = (random?: RandomBytes): string => word(12, random);

/** Of what a program plays; it stands in events. */
export const newPlayId = (random?: RandomBytes): string => word(12, random);
