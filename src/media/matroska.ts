/**
 * matroska: PCM samples → a Matroska file (RFC 9559) in the one shape that rtpengine plays evenly: 8 kHz, mono, 16 bit,
 * one 20 ms packet a block. (A WAV of the same samples leaves it in bursts with holes of 116 ms.) Pure.
 */

export const SAMPLE_RATE = 8000;
export const PACKET_MS = 20;
const PACKET_BYTES = (SAMPLE_RATE * PACKET_MS * 2) / 1000;
const PACKETS_PER_CLUSTER = 10;

/** What one cluster sounds. Every cluster but the last has the same length in bytes, so a place in the music is a place in the file. */
export const CLUSTER_MS = PACKETS_PER_CLUSTER * PACKET_MS;
export const CLUSTER_PCM_BYTES = PACKETS_PER_CLUSTER * PACKET_BYTES;

/** The last packet is filled with silence, so that the loop keeps its rhythm. */
export function writeMatroska(samples: Int16Array): Buffer {
  const pcm = Buffer.alloc(samples.length * 2);
  samples.forEach((sample, index) => pcm.writeInt16LE(sample, index * 2));
  const parts = [matroskaHead()];
  for (let at = 0; at < pcm.length; at += CLUSTER_PCM_BYTES) {
    parts.push(clusterOf(pcm.subarray(at, at + CLUSTER_PCM_BYTES), at / CLUSTER_PCM_BYTES));
  }
  return Buffer.concat(parts);
}

/** How long a file of ours plays, by its length in bytes. */
export function fileMs(bytes: number): number {
  const body = bytes - HEAD_BYTES;
  const whole = Math.floor(body / CLUSTER_BYTES);
  const rest = Math.max(0, Math.floor((body - whole * CLUSTER_BYTES - CLUSTER_HEAD_BYTES) / BLOCK_BYTES));
  return whole * CLUSTER_MS + rest * PACKET_MS;
}

/** Where a cluster begins in the file. */
export const clusterOffset = (index: number): number => HEAD_BYTES + index * CLUSTER_BYTES;

/** @param pcm samples of one cluster (16 bit, little endian); fewer only in the last one. @param index counts from 0. */
export function clusterOf(pcm: Buffer, index: number): Buffer {
  const blocks: Buffer[] = [timestamp(index * CLUSTER_MS)];
  for (let at = 0, packet = 0; at < pcm.length; at += PACKET_BYTES, packet++) {
    const head = Buffer.from([0x81, 0, 0, 0x80]); // track 1, time within the cluster, key frame (RFC 9559 §10.2)
    head.writeInt16BE(packet * PACKET_MS, 1);
    const bytes = pcm.subarray(at, at + PACKET_BYTES);
    blocks.push(element(ID.simpleBlock, [head, bytes, Buffer.alloc(PACKET_BYTES - bytes.length)]));
  }
  return element(ID.cluster, blocks);
}

/** The samples of a file of ours, as far as it goes. @param most so many at most. */
export function samplesOf(file: Buffer, most: number): Int16Array {
  const samples = new Int16Array(Math.min(most, (fileMs(file.length) * SAMPLE_RATE) / 1000));
  const perPacket = PACKET_BYTES / 2;
  for (let packet = 0; packet * perPacket < samples.length; packet++) {
    const cluster = Math.floor(packet / PACKETS_PER_CLUSTER);
    const block = clusterOffset(cluster) + CLUSTER_HEAD_BYTES + (packet % PACKETS_PER_CLUSTER) * BLOCK_BYTES;
    const pcm = block + BLOCK_BYTES - PACKET_BYTES;
    const upTo = Math.min(perPacket, samples.length - packet * perPacket);
    for (let at = 0; at < upTo; at++) samples[packet * perPacket + at] = file.readInt16LE(pcm + at * 2);
  }
  return samples;
}

/** All that comes before the first cluster: the same in every file, so it may be put before any part of one. */
export function matroskaHead(): Buffer {
  return Buffer.concat([header(), bytesOf(ID.segment), UNKNOWN_SIZE, info(), element(ID.tracks, [track()])]);
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

/** RFC 8794 §6.2: until the end of the file. */
const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');

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

function info(): Buffer {
  return element(ID.info, [
    unsigned(ID.timestampScale, 1_000_000), // one tick is a millisecond
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

/** Always eight bytes, so that clusters are of one length. */
function timestamp(ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(ms));
  return element(ID.timestamp, [bytes]);
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

const HEAD_BYTES = matroskaHead().length;
const CLUSTER_BYTES = clusterOf(Buffer.alloc(CLUSTER_PCM_BYTES), 0).length;
const CLUSTER_HEAD_BYTES = clusterOf(Buffer.alloc(0), 0).length;
const BLOCK_BYTES = clusterOf(Buffer.alloc(PACKET_BYTES), 0).length - CLUSTER_HEAD_BYTES;
