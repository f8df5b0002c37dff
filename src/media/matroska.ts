/**
 * matroska: PCM samples → a Matroska file (RFC 9559) in the one shape that rtpengine plays evenly: 8 kHz, mono, 16 bit,
 * one 20 ms packet a block. (A WAV of the same samples leaves it in bursts with holes of 116 ms.) Pure.
 */

export const SAMPLE_RATE = 8000;
export const PACKET_MS = 20;
const PACKET_SAMPLES = (SAMPLE_RATE * PACKET_MS) / 1000;
const PACKETS_PER_CLUSTER = 250; // five seconds: the block's own time is a signed 16-bit number of milliseconds

/** The last packet is filled with silence, so that the loop keeps its rhythm. */
export function writeMatroska(samples: Int16Array): Buffer {
  const packets = Math.ceil(samples.length / PACKET_SAMPLES);
  const pcm = Buffer.alloc(packets * PACKET_SAMPLES * 2);
  samples.forEach((sample, index) => pcm.writeInt16LE(sample, index * 2));
  const clusters: Buffer[] = [];
  for (let first = 0; first < packets; first += PACKETS_PER_CLUSTER) {
    clusters.push(cluster(pcm, first, Math.min(packets, first + PACKETS_PER_CLUSTER)));
  }
  return Buffer.concat([header(), element(ID.segment, [info(packets * PACKET_MS), element(ID.tracks, [track()]), ...clusters])]);
}

const ID = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  bitDepth: 0x6264,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** RFC 8794 §11.2. */
function header(): Buffer {
  return element(ID.ebml, [
    unsigned(ID.ebmlVersion, 1),
    unsigned(ID.ebmlReadVersion, 1),
    unsigned(ID.ebmlMaxIdLength, 4),
    unsigned(ID.ebmlMaxSizeLength, 8),
    text(ID.docType, 'matroska'),
    unsigned(ID.docTypeVersion, 4),
    unsigned(ID.docTypeReadVersion, 2),
  ]);
}

function info(durationMs: number): Buffer {
  return element(ID.info, [
    unsigned(ID.timestampScale, 1_000_000), // one tick is a millisecond
    float(ID.duration, durationMs),
    text(ID.muxingApp, 'holdfast'),
    text(ID.writingApp, 'holdfast'),
  ]);
}

function track(): Buffer {
  return element(ID.trackEntry, [
    unsigned(ID.trackNumber, 1),
    unsigned(ID.trackUid, 1),
    unsigned(ID.trackType, 2), // audio
    unsigned(ID.flagLacing, 0),
    text(ID.codecId, 'A_PCM/INT/LIT'),
    element(ID.audio, [float(ID.samplingFrequency, SAMPLE_RATE), unsigned(ID.channels, 1), unsigned(ID.bitDepth, 16)]),
  ]);
}

function cluster(pcm: Buffer, first: number, end: number): Buffer {
  const blocks: Buffer[] = [unsigned(ID.timestamp, first * PACKET_MS)];
  for (let packet = first; packet < end; packet++) {
    const head = Buffer.from([0x81, 0, 0, 0x80]); // track 1, time within the cluster, key frame (RFC 9559 §10.2)
    head.writeInt16BE((packet - first) * PACKET_MS, 1);
    const from = packet * PACKET_SAMPLES * 2;
    blocks.push(element(ID.simpleBlock, [head, pcm.subarray(from, from + PACKET_SAMPLES * 2)]));
  }
  return element(ID.cluster, blocks);
}

function element(id: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const idBytes = bytesOf(id);
  return Buffer.concat([idBytes, sizeOf(length), ...parts], idBytes.length + 8 + length);
}

const unsigned = (id: number, value: number): Buffer => element(id, [bytesOf(value)]);
const text = (id: number, value: string): Buffer => element(id, [Buffer.from(value, 'latin1')]);

function float(id: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, [bytes]);
}

/** The fewest bytes that hold the number, most significant first; an element id carries its own length mark. */
function bytesOf(value: number): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** RFC 8794 §4: always the eight-byte form; seven of them count. */
function sizeOf(length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(length));
  bytes[0] = 0x01;
  return bytes;
}
