/**
 * sound: mouth and ear of a phone: sends a tone in G.711 and keeps what arrives. Time is counted in packets of its own, one each 20 ms.
 * Knows nothing of SIP: where to send is told by the phone.
 */
import { createSocket, type Socket } from 'node:dgram';
import type { Clock, Timer } from '#kit/clock.js';
import type { Waits } from '../waits.js';
import { toAlaw, toUlaw } from './g711.js';
import { PCMA, PCMU, readRtp, type RtpPacket } from './heard.js';

/**
 * What may be done to RTP on its way to a phone: a test of the kit makes a target misbehave by it. Undefined comes each 20 ms, for
 * packets that a target would send where it should not.
 */
export type RtpTamper = (datagram: Buffer | undefined) => Buffer | undefined;

export type SoundOptions = Readonly<{
  address: string;
  hertz: number;
  clock: Clock;
  waits: Waits;
  tamper?: RtpTamper | undefined;
}>;

export type Target = Readonly<{ host: string; port: number; payloadType: number }>;

const PACKET_MS = 20;
const PACKET_SAMPLES = 160;
const AMPLITUDE = 8000;
const KEPT = 5_000;
const PATIENCE_MS = 10_000;

export class Sound {
  readonly hertz: number;
  readonly #options: SoundOptions;
  /** The last one is the one in use; an old one is still listened to (RFC 3264 §8.3.1). */
  readonly #sockets: Socket[] = [];
  #received: RtpPacket[] = [];
  #target: Target | undefined;
  #timer: Timer | undefined;
  #sequence = Math.floor(Math.random() * 65_536);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  readonly #ssrc = Math.floor(Math.random() * 2 ** 32);
  #ticks = 0;
  #muted = false;

  static async open(options: SoundOptions): Promise<Sound> {
    const sound = new Sound(options);
    await sound.move();
    return sound;
  }

  private constructor(options: SoundOptions) {
    this.#options = options;
    this.hertz = options.hertz;
  }

  /** The port that an SDP names. */
  get port(): number {
    return this.#sockets.at(-1)?.address().port ?? 0;
  }

  /** A new port from now on, as a phone has it after its NAT forgot it. */
  move(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(0, this.#options.address, () => {
        const { port } = socket.address();
        socket.on('message', (datagram) => this.#receive(datagram, port));
        socket.on('error', () => undefined); // an unreachable port of the target is silence, which is judged elsewhere
        this.#sockets.push(socket);
        resolve();
      });
    });
  }

  /** Sends there from now on; undefined: nowhere. */
  aim(target: Target | undefined): void {
    this.#target = target;
  }

  get target(): Target | undefined {
    return this.#target;
  }

  /** Speaks until closed. */
  talk(): void {
    if (this.#timer !== undefined) return;
    let dueMs = this.#options.clock.now();
    const next = (): void => {
      this.#tick();
      dueMs += PACKET_MS; // counted from the first packet, so that a late timer does not slow the stream
      this.#timer = this.#options.clock.after('next RTP packet', Math.max(0, dueMs - this.#options.clock.now()), next);
    };
    next();
  }

  /** A phone whose user or network sends nothing; its time goes on. */
  mute(muted: boolean): void {
    this.#muted = muted;
  }

  /** What arrives while we would send this many packets. */
  async listen(packets: number): Promise<readonly RtpPacket[]> {
    this.talk();
    this.#received = [];
    const end = this.#ticks + packets;
    await this.#options.waits.until({
      name: `${packets} packets of our own`,
      ms: PATIENCE_MS,
      look: () => (this.#ticks >= end ? true : undefined),
      seen: () => `${this.#received.length} packets came`,
    });
    return [...this.#received];
  }

  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  #tick(): void {
    this.#ticks++;
    const target = this.#target;
    if (target !== undefined && !this.#muted) this.#send(target);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    this.#timestamp = (this.#timestamp + PACKET_SAMPLES) >>> 0;
    const { tamper } = this.#options;
    if (tamper !== undefined) this.#hear(tamper(undefined), this.port);
    this.#options.waits.wake();
  }

  #send({ host, port, payloadType }: Target): void {
    const packet = Buffer.alloc(12 + PACKET_SAMPLES);
    packet.writeUInt8(0x80, 0);
    packet.writeUInt8(payloadType, 1);
    packet.writeUInt16BE(this.#sequence, 2);
    packet.writeUInt32BE(this.#timestamp, 4);
    packet.writeUInt32BE(this.#ssrc, 8);
    tone(this.hertz, this.#timestamp, payloadType).copy(packet, 12);
    this.#sockets.at(-1)?.send(packet, port, host);
  }

  #receive(datagram: Buffer, port: number): void {
    const { tamper } = this.#options;
    this.#hear(tamper === undefined ? datagram : tamper(datagram), port);
  }

  #hear(datagram: Buffer | undefined, port: number): void {
    const packet = datagram === undefined ? undefined : readRtp(datagram, this.#options.clock.now(), port);
    if (packet === undefined) return;
    this.#received.push(packet);
    if (this.#received.length > KEPT) this.#received.shift();
  }
}

/** 20 ms of a tone. */
export function tone(hertz: number, timestamp: number, payloadType: number = PCMU): Buffer {
  const encode = payloadType === PCMA ? toAlaw : toUlaw;
  const sample = (index: number): number => AMPLITUDE * Math.sin((2 * Math.PI * hertz * (timestamp + index)) / 8000);
  return Buffer.from(Array.from({ length: PACKET_SAMPLES }, (_, index) => encode(sample(index))));
}
