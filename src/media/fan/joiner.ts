/**
 * joiner: several packets of sound as one (RFC 3551 §4.2: 20 ms is what is usual, and a receiver should take anything up to 200 ms): a half or a
 * third of the packets for the same music. Pure.
 */

/** RFC 3550 §5.1: where things stand in the head of a packet. */
const [SEQUENCE, TIMESTAMP, SSRC] = [2, 4, 8];
const HEAD = 12;
/** RFC 3550 §5.1: version 2, nothing padded, no extension, no contributors. */
const PLAIN = 0x80;

export class Joiner {
  readonly #many: number;
  readonly #mask: number;
  #parts: Buffer[] = [];
  #sequence = 0;

  /**
   * @param many so many packets become one.
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

  /** @param datagram a packet of G.711 or G.722, one byte for each step of the clock. @returns undefined: the rest of it is still to come. */
  join(datagram: Buffer): Buffer | undefined {
    const last = this.#parts.at(-1);
    // What was not followed is lost, as one packet may be.
    if (last !== undefined && !follows(last, datagram)) this.#parts = [];
    this.#parts.push(datagram);
    if (this.#parts.length < this.#many) return undefined;
    const joined = Buffer.concat(this.#parts.map((part, index) => (index === 0 ? part : part.subarray(HEAD))));
    this.#parts = [];
    this.#sequence = (this.#sequence + 1) & 0xffff;
    joined.writeUInt16BE(this.#sequence, SEQUENCE);
    joined.writeUInt32BE((joined.readUInt32BE(SSRC) ^ this.#mask) >>> 0, SSRC);
    return joined;
  }
}

/** RFC 3550 §5.1: the same source, and a time that begins where the other ends. */
function follows(first: Buffer, second: Buffer): boolean {
  if (first.length <= HEAD || second.length <= HEAD || first[0] !== PLAIN || second[0] !== PLAIN) return false;
  const endsAt = (first.readUInt32BE(TIMESTAMP) + first.length - HEAD) >>> 0;
  return first.readUInt32BE(SSRC) === second.readUInt32BE(SSRC) && second.readUInt32BE(TIMESTAMP) === endsAt;
}
