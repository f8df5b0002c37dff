/**
 * heard: what a phone's ear makes of the RTP that arrived: whose tone, music, silence, or no packet at all.
 */
import { fromAlaw, fromUlaw } from './g711.js';

export type RtpPacket = Readonly<{
  atMs: number;
  /** Which of our ports it came to. */
  port: number;
  payloadType: number;
  sequence: number;
  timestamp: number;
  ssrc: number;
  payload: Buffer;
}>;

export const PCMU = 0;
export const PCMA = 8;

/** In units of a 16-bit sample. The kit's phones speak with 8000, so that a voice mixed into music is still found. */
const LOUD = 2000;
/** A part of the energy of the packet: music has other tones beside it. */
const PURE = 0.25;
const AUDIBLE = 100;
/** Half of what a phone hears in a window of the stage. */
const ENOUGH = 5;
/** Fewer packets than this are what was under way when the direction changed. */
const STRAY = 3;

export type Impression = Readonly<{ packets: number; voice: number; own: number; music: number; silence: number }>;

/** What may be demanded of an ear. */
export type Demand = 'voice' | 'no voice' | 'music' | 'no music' | 'nothing' | 'anything';

export function impressionOf(packets: readonly RtpPacket[], voiceHertz: number, ownHertz: number): Impression {
  const count = { packets: packets.length, voice: 0, own: 0, music: 0, silence: 0 };
  for (const packet of packets) {
    const samples = samplesOf(packet);
    if (carries(samples, voiceHertz)) count.voice++;
    else if (carries(samples, ownHertz)) count.own++;
    else if (Math.sqrt(energy(samples)) > AUDIBLE) count.music++;
    else count.silence++;
  }
  return count;
}

export function meets(demand: Demand, { packets, voice, own, music }: Impression): boolean {
  switch (demand) {
    case 'voice':
      return voice * 2 > packets && voice >= ENOUGH && own < STRAY && music < STRAY;
    case 'no voice':
      return voice < STRAY && own < STRAY;
    case 'music':
      return voice < STRAY && own < STRAY && music * 2 > packets && music >= ENOUGH;
    case 'no music':
      return music < STRAY;
    case 'nothing':
      return packets < STRAY;
    case 'anything':
      return true;
  }
}

export const saidOf = ({ packets, voice, own, music, silence }: Impression): string =>
  packets === 0
    ? 'no packet'
    : `${packets} packets: ${voice} with the other's voice, ${own} with its own, ${music} with music, ${silence} silent`;

/** @returns undefined for what is not RTP: RTCP uses the payload types 72 to 76 (RFC 5761 §4). */
export function readRtp(datagram: Buffer, atMs: number, port: number): RtpPacket | undefined {
  if (datagram.length < 12 || datagram.readUInt8(0) >> 6 !== 2) return undefined;
  const payloadType = datagram.readUInt8(1) & 0x7f;
  if (payloadType >= 72 && payloadType <= 76) return undefined;
  return {
    atMs,
    port,
    payloadType,
    sequence: datagram.readUInt16BE(2),
    timestamp: datagram.readUInt32BE(4),
    ssrc: datagram.readUInt32BE(8),
    payload: datagram.subarray(12 + 4 * (datagram.readUInt8(0) & 0x0f)),
  };
}

function samplesOf({ payloadType, payload }: RtpPacket): readonly number[] {
  const decode = payloadType === PCMU ? fromUlaw : payloadType === PCMA ? fromAlaw : undefined;
  return decode === undefined ? [] : Array.from(payload, decode);
}

const energy = (samples: readonly number[]): number =>
  samples.length === 0 ? 0 : samples.reduce((sum, one) => sum + one * one, 0) / samples.length;

/** Goertzel's filter: is this frequency loud here, and a good part of all that sounds? */
function carries(samples: readonly number[], hertz: number): boolean {
  if (samples.length === 0) return false;
  const coefficient = 2 * Math.cos((2 * Math.PI * hertz) / 8000);
  let one = 0;
  let two = 0;
  for (const sample of samples) [one, two] = [sample + coefficient * one - two, one];
  const power = Math.max(0, one * one + two * two - coefficient * one * two);
  const amplitude = (2 * Math.sqrt(power)) / samples.length;
  return amplitude > LOUD && (amplitude * amplitude) / 2 > PURE * energy(samples);
}
