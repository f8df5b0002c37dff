/**
 * srtp: RFC 3711 with AES in counter mode, for phones made for tests: what they send is encrypted, what they receive is only heard when it
 * can be proven and decrypted. One direction each; packets of several SSRCs are counted apart.
 */
import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';

const SALT_BYTES = 14;
const KEY_BYTES = 16;

/** Key and salt as they stand behind `inline:` (RFC 4568 §6.1). */
export const MASTER_BYTES = KEY_BYTES + SALT_BYTES;

type Index = { roc: number; highest: number };

export class Srtp {
  readonly #cipherKey: Buffer;
  readonly #authKey: Buffer;
  readonly #salt: Buffer;
  readonly #tagBytes: number;
  readonly #indexes = new Map<number, Index>();
  /** Packets that could not be proven. */
  refused = 0;

  constructor(master: Buffer, tagBytes = 10) {
    const [key, salt] = [master.subarray(0, KEY_BYTES), master.subarray(KEY_BYTES, MASTER_BYTES)];
    this.#cipherKey = derive(key, salt, 0, 16);
    this.#authKey = derive(key, salt, 1, 20);
    this.#salt = derive(key, salt, 2, SALT_BYTES);
    this.#tagBytes = tagBytes;
  }

  protect(packet: Buffer): Buffer {
    const index = this.#indexOf(packet);
    const { sequence, head } = factsOf(packet);
    if (sequence < index.highest && index.highest - sequence > 0x8000) index.roc += 1;
    index.highest = sequence;
    const body = this.#crypt(packet, head, index.roc);
    const sent = Buffer.concat([packet.subarray(0, head), body]);
    return Buffer.concat([sent, this.#proof(sent, index.roc)]);
  }

  /** @returns the plain packet; undefined when it is not proven by our key. */
  unprotect(packet: Buffer): Buffer | undefined {
    const end = packet.length - this.#tagBytes;
    if (end < 12) return undefined;
    const index = this.#indexOf(packet);
    const { sequence, head } = factsOf(packet);
    const roc = guess(index, sequence);
    const proof = this.#proof(packet.subarray(0, end), roc);
    if (!timingSafeEqual(proof, packet.subarray(end))) {
      this.refused += 1;
      return undefined;
    }
    if (roc > index.roc || (roc === index.roc && sequence > index.highest)) {
      index.roc = roc;
      index.highest = sequence;
    }
    return Buffer.concat([packet.subarray(0, head), this.#crypt(packet.subarray(0, end), head, roc)]);
  }

  #indexOf(packet: Buffer): Index {
    const { ssrc, sequence } = factsOf(packet);
    const known = this.#indexes.get(ssrc) ?? { roc: 0, highest: sequence };
    this.#indexes.set(ssrc, known);
    return known;
  }

  /** RFC 3711 §4.1.1. */
  #crypt(packet: Buffer, head: number, roc: number): Buffer {
    const { ssrc, sequence } = factsOf(packet);
    const counter = Buffer.alloc(16);
    this.#salt.copy(counter, 0);
    xorAt(counter, 4, ssrc, 4);
    xorAt(counter, 8, roc, 4);
    xorAt(counter, 12, sequence, 2);
    return createCipheriv('aes-128-ctr', this.#cipherKey, counter).update(packet.subarray(head));
  }

  /** RFC 3711 §4.2. */
  #proof(packet: Buffer, roc: number): Buffer {
    const counted = Buffer.alloc(4);
    counted.writeUInt32BE(roc);
    return createHmac('sha1', this.#authKey).update(packet).update(counted).digest().subarray(0, this.#tagBytes);
  }
}

/** RFC 3711 §4.3.1, with a key derivation rate of nought. */
export function derive(key: Buffer, salt: Buffer, label: number, bytes: number): Buffer {
  const counter = Buffer.alloc(16);
  salt.copy(counter, 0);
  counter[7] = (counter[7] ?? 0) ^ label;
  return createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(bytes));
}

/** RFC 3711 §3.3.1: which round of 65536 packets a sequence number belongs to. */
function guess({ roc, highest }: Index, sequence: number): number {
  if (highest < 0x8000) return sequence - highest > 0x8000 && roc > 0 ? roc - 1 : roc;
  return highest - 0x8000 > sequence ? roc + 1 : roc;
}

function factsOf(packet: Buffer): { sequence: number; ssrc: number; head: number } {
  return { sequence: packet.readUInt16BE(2), ssrc: packet.readUInt32BE(8), head: 12 + 4 * (packet.readUInt8(0) & 0x0f) };
}

function xorAt(buffer: Buffer, at: number, value: number, bytes: number): void {
  for (let index = 0; index < bytes; index += 1) {
    const byte = Math.floor(value / 2 ** (8 * (bytes - 1 - index))) & 0xff;
    buffer[at + index] = (buffer[at + index] ?? 0) ^ byte;
  }
}
