/**
 * music-sink: where the phones of a measurement want their RTP, one port at each of their addresses. It remembers when each stream was first
 * heard; a stream is known by the port it comes from, because rtpengine has one for each party.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CALLED_HOST, CALLER_HOST } from './product.js';

const BUFFER_BYTES = 4 * 1024 * 1024;

export class MusicSink {
  readonly #sockets: readonly Socket[];
  readonly port: number;
  readonly #heard = new Map<number, number>();
  #deaf: ReadonlySet<number> = new Set();

  private constructor(sockets: readonly Socket[], port: number) {
    this.#sockets = sockets;
    this.port = port;
    for (const socket of sockets) {
      socket.on('message', (_packet, { port }) => {
        if (!this.#deaf.has(port) && !this.#heard.has(port)) this.#heard.set(port, performance.now());
      });
    }
  }

  static async open(): Promise<MusicSink> {
    const called = await bound(CALLED_HOST, 0);
    const { port } = called.address();
    return new MusicSink([called, await bound(CALLER_HOST, port)], port);
  }

  /** Forgets; what may still be on its way from the streams heard until now is not taken for a new one. */
  forget(): void {
    this.#deaf = new Set(this.#heard.keys());
    this.#heard.clear();
  }

  /** Forgets, where it has been quiet for long enough: nothing is on its way any more, and the same streams will be heard again. */
  forgetAll(): void {
    this.#deaf = new Set();
    this.#heard.clear();
  }

  /** When each stream was first heard, since the last forget(). */
  get firstHeard(): number[] {
    return [...this.#heard.values()];
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }
}

function bound(host: string, port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, host, () => resolve(socket));
  });
}
