/**
 * joiner: two packets of sound as one (RFC 3551 §4.2: 20 ms is what is usual, and a receiver should take anything up to 200 ms): half the packets
 * for the same music. Pure.
 */

const HEAD = 12;
/** RFC 3550 §5.1: version 2, nothing padded, no extension, no contributors. */
const PLAIN = 0x80;

export class Joiner {
  #first: Buffer | undefined;
  #sequence = 0;

  /** @param datagram a packet of G.711 or G.722, one byte for each step of the clock. @returns undefined: its other half is still to come. */
  join(datagram: Buffer): Buffer | undefined {
    const first = this.#first;
    if (first === undefined || !follows(first, datagram)) {
      this.#first = datagram; // what was not followed is lost, as one packet may be
      return undefined;
    }
    this.#first = undefined;
    const joined = Buffer.concat([first, datagram.subarray(HEAD)]);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    joined.writeUInt16BE(this.#sequence, 2);
    return joined;
  }
}

/** RFC 3550 §5.1: the same source, and a time that begins where the other ends. */
function follows(first: Buffer, second: Buffer): boolean {
  if (first.length <= HEAD || second.length <= HEAD || first[0] !== PLAIN || second[0] !== PLAIN) return false;
  const endsAt = (first.readUInt32BE(4) + first.length - HEAD) >>> 0;
  return first.readUInt32BE(8) === second.readUInt32BE(8) && second.readUInt32BE(4) === endsAt;
}
