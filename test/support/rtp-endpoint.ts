/**
 * rtp-endpoint: the media half of a phone made for tests. Sends a tone, keeps what it receives, writes and reads just enough
 * SDP. Time is counted in packets (one each 20 ms), so that no test has to sleep.
 */
import { createSocket, type Socket } from 'node:dgram';
import { toAlaw, toUlaw } from '#conformance/phone/g711.js';
import { Heard, PCMA, PCMU, readRtp, type RtpPacket } from './heard.js';
import type { SrtpKeys } from './srtp-keys.js';

export { Heard, PCMA, PCMU } from './heard.js';

export type SdpOptions = Readonly<{ payloadTypes?: readonly number[]; direction?: string; address?: string; version?: number }>;

const TELEPHONE_EVENT = 101;
const RTPMAPS: Readonly<Record<number, string>> = { 0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000', 101: 'telephone-event/8000' };
const PACKET_MS = 20;
const PACKET_SAMPLES = 160;
const AMPLITUDE = 8000;
const KEPT = 20_000;
const PATIENCE_MS = 10_000;

type Waiter = { done: () => boolean; resolve: () => void; timer: NodeJS.Timeout };

export class RtpEndpoint {
  readonly port: number;
  readonly ssrc = Math.floor(Math.random() * 2 ** 32);
  readonly #socket: Socket;
  readonly #waiters = new Set<Waiter>();
  #received: RtpPacket[] = [];
  #target: { host: string; port: number } | undefined;
  #payloadType = PCMU;
  #timer: NodeJS.Timeout | undefined;
  /** In the lower half: keys of ours count anew when they are renewed (srtp-keys.ts), rtpengine goes on, and whoever had gone round would not be heard. */
  #sequence = Math.floor(Math.random() * 32_768);
  #timestamp = Math.floor(Math.random() * 2 ** 32);
  #sent = 0;
  /** Speaks SRTP, and hears nothing else. */
  keys: SrtpKeys | undefined;

  static open(address = '127.0.0.1'): Promise<RtpEndpoint> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(0, address, () => resolve(new RtpEndpoint(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (datagram, from) => this.#receive(datagram, from.port));
  }

  /** An offer or answer of this phone. */
  sdp({
    payloadTypes = [PCMU, PCMA, TELEPHONE_EVENT],
    direction = 'sendrecv',
    address = '127.0.0.1',
    version = 1,
  }: SdpOptions = {}): string {
    const maps = payloadTypes.map((type) => `a=rtpmap:${type} ${RTPMAPS[type] ?? 'unknown/8000'}`);
    const head = ['v=0', `o=- ${this.port} ${version} IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
    const [profile, keys] = this.keys === undefined ? ['RTP/AVP', []] : ['RTP/SAVP', [this.keys.line]];
    const media = `m=audio ${this.port} ${profile} ${payloadTypes.join(' ')}`;
    return [...head, media, ...maps, ...keys, `a=${direction}`, ''].join('\r\n');
  }

  /** Sends to where this SDP asks for it, with the first codec of it that we have. */
  obey(sdp: string): void {
    const host = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
    const [, port, types] = /^m=audio (\d+) \S+ ([\d ]+)/m.exec(sdp) ?? [];
    if (host === undefined || port === undefined || types === undefined) throw new Error(`no audio in ${sdp}`);
    this.#target = { host, port: Number(port) };
    this.keys?.obey(sdp);
    this.#payloadType =
      types
        .split(' ')
        .map(Number)
        .find((type) => type === PCMU || type === PCMA) ?? PCMU;
  }

  /** Where packets go now. */
  get target(): Readonly<{ host: string; port: number }> | undefined {
    return this.#target;
  }

  /** Sends this tone until `hush`; a second call changes the tone. */
  talk(hertz: number): void {
    this.hush();
    let dueMs = performance.now();
    const next = (): void => {
      this.#sendTone(hertz);
      dueMs += PACKET_MS; // counted from the first packet, so that a late timer does not slow the stream
      this.#timer = setTimeout(next, Math.max(0, dueMs - performance.now()));
    };
    next();
  }

  /** So many packets of this tone at once. @returns when the kernel has them: `send` only makes a note of them. */
  async burst(hertz: number, count: number): Promise<void> {
    const taken = Array.from({ length: count }, () => new Promise((resolve) => this.#sendTone(hertz, resolve)));
    await Promise.all(taken);
  }

  hush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One key press: three packets of the event and three of its end (RFC 4733 §2.5.1.4). */
  press(digit: number): void {
    const timestamp = this.#timestamp;
    for (let index = 1; index <= 6; index++) {
      const payload = Buffer.from([digit, index > 3 ? 0x8a : 0x0a, 0, 0]);
      payload.writeUInt16BE(PACKET_SAMPLES * Math.min(index, 4), 2);
      this.#send(TELEPHONE_EVENT, index === 1, timestamp, payload);
    }
  }

  /** As if so many packets had been sent that nobody received: the sequence number goes on. */
  skip(packets: number): void {
    this.#sequence = (this.#sequence + packets) & 0xffff;
    this.#timestamp = (this.#timestamp + packets * PACKET_SAMPLES) >>> 0;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Everything received so far. */
  get heard(): Heard {
    return new Heard(this.#received);
  }

  /** Forgets what was received. */
  forget(): void {
    this.#received = [];
  }

  /** The next `count` packets, from now on. */
  async next(count: number): Promise<Heard> {
    this.forget();
    await this.#until(() => this.#received.length >= count, `${count} packets`);
    return new Heard(this.#received.slice(0, count));
  }

  /** What arrives while this phone itself sends `count` packets; it must be talking. The first ones may still be old ones. */
  async during(count: number): Promise<Heard> {
    const end = this.#sent + count;
    this.forget();
    await this.#until(() => this.#sent >= end, `${count} packets of our own`);
    return this.heard;
  }

  close(): void {
    this.hush();
    this.#socket.close();
  }

  #sendTone(hertz: number, taken?: (error: unknown) => void): void {
    const encode = this.#payloadType === PCMA ? toAlaw : toUlaw;
    const payload = Buffer.alloc(PACKET_SAMPLES);
    for (let index = 0; index < PACKET_SAMPLES; index++) {
      payload[index] = encode(AMPLITUDE * Math.sin((2 * Math.PI * hertz * (this.#timestamp + index)) / 8000));
    }
    this.#send(this.#payloadType, false, this.#timestamp, payload, taken);
    this.#timestamp = (this.#timestamp + PACKET_SAMPLES) >>> 0;
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Buffer, taken?: (error: unknown) => void): void {
    if (this.#target === undefined) return;
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
    head.writeUInt16BE(this.#sequence, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(this.ssrc, 8);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const packet = Buffer.concat([head, payload]);
    this.#socket.send(this.keys?.protect(packet) ?? packet, this.#target.port, this.#target.host, taken);
    this.#sent++;
    this.#wake();
  }

  #receive(received: Buffer, fromPort: number): void {
    const isRtcp = received.length > 1 && received.readUInt8(1) >= 200 && received.readUInt8(1) <= 206;
    const datagram = this.keys === undefined || isRtcp ? received : this.keys.unprotect(received);
    if (datagram === undefined) return;
    const packet = readRtp(datagram, performance.now(), fromPort);
    if (packet === undefined) return;
    this.#received.push(packet);
    if (this.#received.length > KEPT) this.#received.shift();
    this.#wake();
  }

  #until(done: () => boolean, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        done,
        resolve,
        timer: setTimeout(() => {
          this.#waiters.delete(waiter);
          reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; ${this.#received.length} packets came`));
        }, PATIENCE_MS),
      };
      this.#waiters.add(waiter);
      this.#wake();
    });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.done()) continue;
      clearTimeout(waiter.timer);
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}
