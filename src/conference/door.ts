/**
 * door: one member's UDP socket. Reads RTP, writes RTP, and knows where the member is; what the sound means is not its business.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { literalLookup } from '#kit/literal-lookup.js';
import { FRAME_SAMPLES, type Pcm } from './frame.js';
import { encode, PCMU, type G711 } from './g711.js';
import { readRtp, RTP_HEAD, writeRtpHead, type RtpPacket } from './rtp.js';

export type RtpFrom = Readonly<{ address: string; port: number }>;

export type DoorOptions = Readonly<{
  address: string;
  codec?: G711;
  /** Where the member's RTP comes from and goes to. Without it, the sender of the first packet is taken. */
  rtpFrom?: RtpFrom;
}>;

export type DoorStats = Readonly<{ sent: number; strangers: number; failed: number }>;

/** A datagram that is being sent must not be written again; the kernel takes them at once, so a few are plenty. */
const PACKETS = 8;

export class Door {
  readonly address: string;
  readonly port: number;
  readonly #socket: Socket;
  readonly #codec: G711;
  readonly #ssrc = randomInt(2 ** 32);
  readonly #packets = Array.from({ length: PACKETS }, () => Buffer.alloc(RTP_HEAD + FRAME_SAMPLES));
  #peer: RtpFrom | undefined;
  #sequence = randomInt(2 ** 16);
  #timestamp = randomInt(2 ** 32);
  #marker = true;
  #turn = 0;
  #closed = false;
  #sent = 0;
  #strangers = 0;
  #failed = 0;

  /** @throws the socket's own error when no port can be had. */
  static open(options: DoorOptions, onPacket: (packet: RtpPacket) => void): Promise<Door> {
    const kind = isIP(options.address) === 6 ? 'udp6' : 'udp4';
    const socket = createSocket({ type: kind, lookup: literalLookup });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind(0, options.address, () => {
        socket.removeAllListeners('error');
        resolve(new Door(socket, options, onPacket));
      });
    });
  }

  private constructor(socket: Socket, options: DoorOptions, onPacket: (packet: RtpPacket) => void) {
    this.#socket = socket;
    this.address = options.address;
    this.port = socket.address().port;
    this.#codec = options.codec ?? PCMU;
    this.#peer = options.rtpFrom;
    // A peer that is not there yet answers with ICMP; the next packet may find it.
    socket.on('error', () => void this.#failed++);
    socket.on('message', (datagram, from) => {
      const packet = readRtp(datagram);
      if (packet === undefined) return void this.#strangers++;
      this.#peer ??= { address: from.address, port: from.port };
      if (from.port !== this.#peer.port || from.address !== this.#peer.address) return void this.#strangers++;
      onPacket(packet);
    });
  }

  get stats(): DoorStats {
    return { sent: this.#sent, strangers: this.#strangers, failed: this.#failed };
  }

  /** The member is somewhere else now. */
  aim(peer: RtpFrom): void {
    this.#peer = peer;
  }

  /** 20 ms to the member, silence too: rtpengine takes a leg without packets for dead. */
  send(frame: Pcm): void {
    const timestamp = this.#timestamp;
    this.#timestamp = (timestamp + FRAME_SAMPLES) >>> 0;
    if (this.#peer === undefined || this.#closed) return;
    const packet = this.#packets[this.#turn] as Buffer;
    this.#turn = (this.#turn + 1) % PACKETS;
    writeRtpHead(packet, {
      payloadType: this.#codec,
      marker: this.#marker,
      sequence: this.#sequence,
      timestamp,
      ssrc: this.#ssrc,
    });
    encode(this.#codec, frame, packet, RTP_HEAD);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#marker = false;
    this.#sent++;
    this.#socket.send(packet, this.#peer.port, this.#peer.address);
  }

  /** Frames that were not made: time has passed for the listener too (RFC 3550 §5.1), and its next packet begins a spurt. */
  pass(frames: number): void {
    this.#timestamp = (this.#timestamp + frames * FRAME_SAMPLES) >>> 0;
    this.#marker = true;
  }

  /** Closing twice is closing once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
