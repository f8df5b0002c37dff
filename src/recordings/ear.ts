/**
 * ear: one party, listened to: a UDP port of ours, what rtpengine copies there, and the track it is laid on. Taps anew when what comes is
 * no G.711 (the party has changed its codec), or when a party falls silent: rtpengine 10.5 gives up translating at a key press (RFC 4733
 * event), and says nothing of it; and a call that has begun anew there has no tap.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { LegId, Tap, TapPort } from '#calls/ports.js';
import type { Pcm } from '#conference/frame.js';
import { decode, isG711 } from '#conference/g711.js';
import { readRtp } from '#conference/rtp.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';

export type EarDeps = Readonly<{ taps: TapPort; address: string; clock: Clock; log: Logger }>;

/** Where what is heard goes. */
export type Heard = (ssrc: number, timestamp: number, samples: Pcm) => void;

const QUIET_MS = 500;
const MOST_PATIENCE_MS = 8000;
/** A party that is not translated is silent when it is held, and when its call has begun anew in rtpengine, which took the tap along. */
const PLAIN_QUIET_MS = 2000;
/** RFC 3551 §6 and RFC 4733 §2.3: comfort noise and events come beside every codec and say nothing of it; both are a few bytes. */
const NO_SOUND_BYTES = 12;

export class Ear {
  readonly #deps: EarDeps;
  readonly #leg: LegId;
  readonly #socket: Socket;
  readonly #heard: Heard;
  /** RTP packets are small; this is the longest of G.711 that fits a datagram of Ethernet. */
  readonly #samples = new Int16Array(1500);
  #tap: Tap | undefined;
  #tapping = false;
  #lastMs: number;
  #patienceMs = QUIET_MS;
  #foreign = false;
  #closed: Promise<void> | undefined;

  /** @throws as TapPort does. */
  static async open(leg: LegId, deps: EarDeps, heard: Heard): Promise<Ear> {
    const ear = new Ear(leg, deps, await openSocket(deps.address), heard);
    try {
      ear.#tap = await deps.taps.tap(leg, ear.#here);
      return ear;
    } catch (error) {
      await ear.close();
      throw error;
    }
  }

  private constructor(leg: LegId, deps: EarDeps, socket: Socket, heard: Heard) {
    this.#leg = leg;
    this.#deps = deps;
    this.#socket = socket;
    this.#heard = heard;
    this.#lastMs = deps.clock.now();
    socket.on('message', (datagram, from) => this.#receive(datagram, from));
    socket.on('error', (error) => deps.log.warn({ err: error, leg: leg.role }, 'recording socket'));
  }

  /** To be asked now and then: is it still listening to anything? */
  check(): void {
    const quietMs = this.#deps.clock.now() - this.#lastMs;
    const patienceMs = this.#tap?.translates === true ? this.#patienceMs : Math.max(this.#patienceMs, PLAIN_QUIET_MS);
    if (this.#foreign || quietMs >= patienceMs) void this.#tapAnew();
  }

  /** Never rejects; closing twice is closing once. */
  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  get #here(): Readonly<{ address: string; port: number }> {
    return { address: this.#deps.address, port: this.#socket.address().port };
  }

  async #tapAnew(): Promise<void> {
    if (this.#tapping || this.#closed !== undefined) return;
    this.#tapping = true;
    this.#foreign = false;
    // A party that is held says nothing for long, and is not asked for more and more often.
    this.#patienceMs = Math.min(2 * this.#patienceMs, MOST_PATIENCE_MS);
    this.#lastMs = this.#deps.clock.now();
    try {
      await this.#tap?.end();
      this.#tap = await this.#deps.taps.tap(this.#leg, this.#here);
      if (this.#closed !== undefined) await this.#tap.end();
    } catch (error) {
      this.#deps.log.debug({ err: error, leg: this.#leg.role }, 'a party could not be listened to anew');
    } finally {
      this.#tapping = false;
    }
  }

  #receive(datagram: Buffer, { port, address }: RemoteInfo): void {
    const from = this.#tap?.from;
    if (from === undefined || port !== from.port || address !== from.address) return;
    const packet = readRtp(datagram);
    if (packet === undefined) return;
    if (!isG711(packet.payloadType)) {
      this.#foreign ||= packet.payload.length > NO_SOUND_BYTES;
      return;
    }
    this.#lastMs = this.#deps.clock.now();
    this.#patienceMs = QUIET_MS;
    const count = decode(packet.payloadType, packet.payload, this.#samples);
    this.#heard(packet.ssrc, packet.timestamp, this.#samples.subarray(0, count));
  }

  async #end(): Promise<void> {
    await this.#tap?.end();
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }
}

function openSocket(address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    socket.once('error', reject);
    socket.bind(0, address, () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}
