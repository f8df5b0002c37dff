/**
 * music-sink: the socket where the phones of a measurement want their RTP. It remembers when each stream was first heard; a
 * stream is known by the port it comes from, because rtpengine has one for each party.
 */
import { createSocket, type Socket } from 'node:dgram';

const BUFFER_BYTES = 4 * 1024 * 1024;

export class MusicSink {
  readonly #socket: Socket;
  readonly #heard = new Map<number, number>();
  #deaf: ReadonlySet<number> = new Set();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (_packet, { port }) => {
      if (!this.#deaf.has(port) && !this.#heard.has(port)) this.#heard.set(port, performance.now());
    });
  }

  static open(): Promise<MusicSink> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', () => resolve(new MusicSink(socket)));
    });
  }

  get port(): number {
    return this.#socket.address().port;
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
    this.#socket.close();
  }
}
