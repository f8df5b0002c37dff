/**
 * heard: RTP packets that arrived somewhere, and what can be said of them: which tones, how many from whom, how evenly.
 */
import { fromAlaw, fromUlaw } from '#conformance/phone/g711.js';

export type RtpPacket = Readonly<{
  atMs: number;
  fromPort: number;
  payloadType: number;
  marker: boolean;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}>;

export const PCMU = 0;
export const PCMA = 8;
const LOUD = 1500;

export class Heard {
  readonly packets: readonly RtpPacket[];

  constructor(packets: readonly RtpPacket[]) {
    this.packets = packets;
  }

  get count(): number {
    return this.packets.length;
  }

  /** How many packets carry this tone (G.711 only). */
  packetsWith(hertz: number): number {
    return this.packets.filter((packet) => loudness(packet, hertz) > LOUD).length;
  }

  /** Those of the candidates that are in any packet at all, in the order given. */
  tones(...candidates: readonly number[]): number[] {
    return candidates.filter((hertz) => this.packetsWith(hertz) > 0);
  }

  /** SSRC → packets. */
  get perSsrc(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { ssrc } of this.packets) counts.set(ssrc, (counts.get(ssrc) ?? 0) + 1);
    return counts;
  }

  get payloadTypes(): number[] {
    return [...new Set(this.packets.map((packet) => packet.payloadType))];
  }

  get fromPorts(): number[] {
    return [...new Set(this.packets.map((packet) => packet.fromPort))];
  }

  /** Packets of one SSRC whose sequence number does not follow the one before: lost, doubled or out of order. */
  get sequenceBreaks(): number {
    let breaks = 0;
    const last = new Map<number, number>();
    for (const { ssrc, sequence } of this.packets) {
      const before = last.get(ssrc);
      if (before !== undefined && sequence !== ((before + 1) & 0xffff)) breaks++;
      last.set(ssrc, sequence);
    }
    return breaks;
  }

  /** The longest time between two packets; 0 when there are fewer than two. */
  get longestGapMs(): number {
    return this.packets.reduce((longest, packet, index) => {
      const before = this.packets[index - 1];
      return before === undefined ? longest : Math.max(longest, packet.atMs - before.atMs);
    }, 0);
  }
}

/** @returns undefined for what is not RTP: RTCP uses the payload types 72 to 76 (RFC 5761 §4). */
export function readRtp(datagram: Buffer, atMs: number, fromPort: number): RtpPacket | undefined {
  if (datagram.length < 12 || datagram.readUInt8(0) >> 6 !== 2) return undefined;
  const second = datagram.readUInt8(1);
  const payloadType = second & 0x7f;
  if (payloadType >= 72 && payloadType <= 76) return undefined;
  return {
    atMs,
    fromPort,
    payloadType,
    marker: second >= 0x80,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(12 + 4 * (datagram.readUInt8(0) & 0x0f)),
  };
}

/** Goertzel's filter: the amplitude of one frequency in one packet, in units of a 16-bit sample. */
function loudness(packet: RtpPacket, hertz: number): number {
  const decode = packet.payloadType === PCMU ? fromUlaw : packet.payloadType === PCMA ? fromAlaw : undefined;
  if (decode === undefined || packet.payload.length === 0) return 0;
  const step = (2 * Math.PI * hertz) / 8000;
  const coefficient = 2 * Math.cos(step);
  let one = 0;
  let two = 0;
  for (const byte of packet.payload) {
    const next = decode(byte) + coefficient * one - two;
    two = one;
    one = next;
  }
  const power = one * one + two * two - coefficient * one * two;
  return (2 * Math.sqrt(Math.max(0, power))) / packet.payload.length;
}
