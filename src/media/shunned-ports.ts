/**
 * shunned-ports: ports of an rtpengine that is gone, and to which phones still send. The next rtpengine begins with the same ones, takes what
 * comes for the media of another call, and learns the wrong address from it: somebody would hear a stranger (measured). So they are taken
 * before it can have them, and what comes is dropped, until every phone has been told where to send or is known to be gone.
 */
import type { Socket } from 'node:dgram';
import type { SocketAddress } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { openUdpSocket } from './udp-socket.js';

/** A re-INVITE that nobody answers is over by then (64*T1), and so is its call. */
const HELD_MS = 40_000;

export class ShunnedPorts {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #most: number;
  readonly #held = new Map<string, Socket>();
  #timer: Timer | undefined;

  /** @param most what is more is let go: calls need ports too. */
  constructor(clock: Clock, log: Logger, most: number) {
    this.#clock = clock;
    this.#log = log;
    this.#most = most;
  }

  get size(): number {
    return this.#held.size;
  }

  /** Never rejects. What is not ours to have (another machine's), or is in use (a call that rtpengine has kept), is left alone. */
  async shun(ports: readonly SocketAddress[]): Promise<void> {
    const fresh = ports.filter((one) => !this.#held.has(nameOf(one)));
    if (fresh.length === 0) return;
    if (this.#held.size + fresh.length > this.#most) {
      this.#log.warn({ ports: fresh.length, most: this.#most }, 'too many ports to keep from the next rtpengine');
      return;
    }
    await Promise.all(fresh.map((one) => this.#take(one)));
    this.#timer?.cancel();
    this.#timer = this.#clock.after('shunned ports', HELD_MS, () => this.release());
    this.#log.info({ ports: this.#held.size }, 'ports that phones still send to are kept from the next rtpengine');
  }

  /** Releasing twice is releasing once. */
  release(): void {
    this.#timer?.cancel();
    for (const socket of this.#held.values()) socket.close();
    this.#held.clear();
  }

  async #take({ address, port }: SocketAddress): Promise<void> {
    try {
      const socket = await openUdpSocket(address, port);
      socket.on('error', () => undefined);
      this.#held.set(nameOf({ address, port }), socket);
    } catch {
      return; // it is not free, or not of this machine
    }
  }
}

const nameOf = ({ address, port }: SocketAddress): string => `${address} ${port}`;
