/**
 * joiner: packets of sound in another length than they come in (RFC 3551 §4.2: 20 ms is what is usual, and a receiver should take anything up to
 * 200 ms): several as one, or each part of a long one by itself. Pure.
 */

/** RFC 3550 §5.1: where things stand in the head of a packet. */
const [MARKER, SEQUENCE, TIMESTAMP, SSRC] = [1, 2, 4, 8];
const HEAD = 12;
/** RFC 3550 §5.1: version 2, nothing padded, no extension, no contributors. */
const PLAIN = 0x80;
const NO_MARKER = 0x7f;
/** 20 ms of G.711 or G.722: one byte for each step of a clock of 8000 a second (RFC 3551 §4.5.2, §4.5.14). */
const PART_BYTES = 160;

/** How many parts of 20 ms a packet brings; one that is not made of such parts is one. */
export function partsIn(datagram: Buffer): number {
  const bytes = datagram.length - HEAD;
  return isPlain(datagram) && bytes % PART_BYTES === 0 ? bytes / PART_BYTES : 1;
}

/** A packet for each part of 20 ms, at the time of each; what has one part only is that part. */
export function cut(datagram: Buffer): readonly Buffer[] {
  const many = partsIn(datagram);
  if (many === 1) return [datagram];
  return Array.from({ length: many }, (_, at) => {
    const from = HEAD + at * PART_BYTES;
    const part = Buffer.concat([datagram.subarray(0, HEAD), datagram.subarray(from, from + PART_BYTES)]);
    part.writeUInt32BE((datagram.readUInt32BE(TIMESTAMP) + at * PART_BYTES) >>> 0, TIMESTAMP);
    // RFC 3551 §4.1: the marker is for the first packet after silence.
    if (at > 0) part.writeUInt8(part.readUInt8(MARKER) & NO_MARKER, MARKER);
    return part;
  });
}

export class Joiner {
  readonly #many: number;
  readonly #mask: number;
  #parts: Buffer[] = [];
  #sequence = 0;

  /**
   * @param many parts of 20 ms in each packet.
   * @param random RFC 3550 §8.1: its numbers are not those of the packets it is made of, so it is another source; who hears one and then the
   * other would take it for a gap of thousands.
   */
  constructor(many: number, random: () => number = Math.random) {
    this.#many = many;
    this.#mask = 1 + Math.floor(random() * 0xffff_fffe);
  }

  /** Something has come that is not sent yet. */
  get waits(): boolean {
    return this.#parts.length > 0;
  }

  /** @param datagram a packet of G.711 or G.722 of no more than `many` parts. @returns undefined: the rest of it is still to come. */
  join(datagram: Buffer): Buffer | undefined {
    const last = this.#parts.at(-1);
    // What was not followed is lost, as one packet may be.
    if (last !== undefined && !follows(last, datagram)) this.#parts = [];
    if (!isPlain(datagram)) return this.#many === 1 ? datagram : undefined;
    this.#parts.push(datagram);
    if (this.#parts.reduce((sum, part) => sum + partsIn(part), 0) < this.#many) return undefined;
    const joined = Buffer.concat(this.#parts.map((part, index) => (index === 0 ? part : part.subarray(HEAD))));
    this.#parts = [];
    this.#sequence = (this.#sequence + 1) & 0xffff;
    joined.writeUInt16BE(this.#sequence, SEQUENCE);
    joined.writeUInt32BE((joined.readUInt32BE(SSRC) ^ this.#mask) >>> 0, SSRC);
    return joined;
  }
}

const isPlain = (datagram: Buffer): boolean => datagram.length > HEAD && datagram[0] === PLAIN;

/** RFC 3550 §5.1: the same source, and a time that begins where the other ends. */
function follows(first: Buffer, second: Buffer): boolean {
  if (!isPlain(first) || !isPlain(second)) return false;
  const endsAt = (first.readUInt32BE(TIMESTAMP) + first.length - HEAD) >>> 0;
  return first.readUInt32BE(SSRC) === second.readUInt32BE(SSRC) && second.readUInt32BE(TIMESTAMP) === endsAt;
}
