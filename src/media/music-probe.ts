/**
 * music-probe: plays some of our sounds to a listener of our own once, at start. A reply `ok` proves nothing: rtpengine says it
 * for files that it then plays as silence.
 */
import type { Socket } from 'node:dgram';
import { isIP } from 'node:net';
import type { Clock } from '#kit/clock.js';
import { newCallId } from '#kit/ids.js';
import type { NgCommands, Sound } from './ng-commands.js';
import type { Piece } from './piece.js';
import { sentTo } from './playbacks.js';
import type { Sounds } from './sounds.js';
import { openUdpSocket } from './udp-socket.js';

export type ProbeResult = Readonly<{
  /** This rtpengine tells how many packets it has sent. */
  countsSent: boolean;
  problems: readonly string[];
}>;

type Heard = Readonly<{ arrived: boolean; refusal?: string; countsSent: boolean }>;

const PACKETS_WANTED = 3;
const LISTEN_MS = 1000;

export class MusicProbe {
  readonly #ng: NgCommands;
  readonly #address: string;
  readonly #clock: Clock;

  /** @param address one that phones reach us on, and that rtpengine reaches too. */
  constructor(ng: NgCommands, address: string, clock: Clock) {
    this.#ng = ng;
    this.#address = address;
    this.#clock = clock;
  }

  /** Tells `sounds` which of them cannot be heard. */
  async check(sounds: Sounds, pieces: readonly Piece[]): Promise<ProbeResult> {
    let countsSent = false;
    for (const piece of pieces) {
      const heard = await this.#playOnce(sounds.of(piece));
      countsSent ||= heard.countsSent;
      if (heard.arrived) continue;
      // Where not even the chime arrives, the way to our listener is closed, and nothing is known about the file.
      const standIn = await this.#playOnce(sounds.standIn);
      if (!standIn.arrived && heard.refusal === undefined) return { countsSent, problems: [unheard(this.#address)] };
      if (heard.refusal === undefined) sounds.silent(piece, 'rtpengine takes it, and nothing is heard');
      else sounds.refused(piece, heard.refusal);
    }
    return { countsSent, problems: [] };
  }

  async #playOnce(sound: Sound): Promise<Heard> {
    const socket = await openUdpSocket(this.#address).catch(() => undefined);
    if (socket === undefined) return { arrived: false, countsSent: false }; // an address of rtpengine's machine, not of ours
    const callId = `probe-${newCallId()}`;
    try {
      await this.#ng.offer(callId, 'caller', 'callee', listenerSdp(this.#address, socket.address().port));
      const enough = this.#packetsArrive(socket);
      await this.#ng.playMedia(callId, 'caller', sound, true);
      const arrived = await enough;
      return { arrived, countsSent: sentTo(await this.#ng.query(callId), 'caller') !== undefined };
    } catch (error) {
      return { arrived: false, countsSent: false, refusal: error instanceof Error ? error.message : String(error) };
    } finally {
      socket.close();
      await this.#ng.delete(callId).catch(() => undefined); // an rtpengine that does not answer is the keeper's business
    }
  }

  #packetsArrive(socket: Socket): Promise<boolean> {
    return new Promise((resolve) => {
      let count = 0;
      const patience = this.#clock.after('music probe', LISTEN_MS, () => resolve(false));
      socket.on('message', () => {
        if (++count < PACKETS_WANTED) return;
        patience.cancel();
        resolve(true);
      });
    });
  }
}

const unheard = (address: string): string =>
  `nothing that rtpengine plays arrives at ${address}, so the music could not be checked (a firewall between it and us?)`;

function listenerSdp(address: string, port: number): string {
  const where = `IN IP${isIP(address)} ${address}`;
  const lines = ['v=0', `o=probe 1 1 ${where}`, 's=-', `c=${where}`, 't=0 0', `m=audio ${port} RTP/AVP 0`];
  return [...lines, 'a=rtpmap:0 PCMU/8000', 'a=sendrecv', ''].join('\r\n');
}
