/**
 * rtp: the twelve bytes before the sound (RFC 3550 §5.1), read and written; pure. RTCP is told apart and not read.
 */
export const RTP_HEAD = 12;

export type RtpPacket = Readonly<{
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Uint8Array;
}>;

/** Nothing when it is not a whole RTP packet; whoever sends such things is not answered. */
export function readRtp(datagram: Buffer): RtpPacket | undefined {
  if (datagram.length < RTP_HEAD) return undefined;
  const first = datagram[0] as number;
  const second = datagram[1] as number;
  if (first >> 6 !== 2) return undefined;
  // RFC 5761 §4: on a shared port these are RTCP packets of type 192 to 223.
  if (second >= 192 && second <= 223) return undefined;
  let start = RTP_HEAD + 4 * (first & 0x0f);
  if ((first & 0x10) !== 0) {
    // RFC 3550 §5.3.1: an extension says its own length, in words of four bytes after its own head.
    if (datagram.length < start + 4) return undefined;
    start += 4 + 4 * datagram.readUInt16BE(start + 2);
  }
  // RFC 3550 §5.1: the last byte of padding says how much of it there is.
  const padding = (first & 0x20) === 0 ? 0 : (datagram[datagram.length - 1] as number);
  const end = datagram.length - padding;
  if (end <= start) return undefined;
  return {
    payloadType: second & 0x7f,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(start, end),
  };
}

export type RtpHead = Readonly<{ payloadType: number; marker: boolean; sequence: number; timestamp: number; ssrc: number }>;

/** Writes the head into the first twelve bytes. */
export function writeRtpHead(out: Buffer, head: RtpHead): void {
  out[0] = 0x80;
  out[1] = (head.marker ? 0x80 : 0) | head.payloadType;
  out.writeUInt16BE(head.sequence, 2);
  out.writeUInt32BE(head.timestamp, 4);
  out.writeUInt32BE(head.ssrc, 8);
}
