/**
 * fake-ng: a UDP server in the place of rtpengine that loses, delays and spoils replies as a test wants it. For everything that
 * is not about the wire the tests have a real rtpengine.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

export type NgRequest = Readonly<{ cookie: string; body: Buffer; from: RemoteInfo }>;

const PATIENCE_MS = 5000;

export class FakeNg {
  readonly port: number;
  readonly received: NgRequest[] = [];
  readonly #socket: Socket;
  #onRequest: (request: NgRequest, index: number) => void = () => undefined;
  #wake: () => void = () => undefined;

  static open(): Promise<FakeNg> {
    return new Promise((resolve) => {
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1', () => resolve(new FakeNg(socket)));
    });
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (datagram, from) => {
      const space = datagram.indexOf(0x20);
      const request = { cookie: datagram.toString('latin1', 0, space), body: datagram.subarray(space + 1), from };
      this.received.push(request);
      this.#onRequest(request, this.received.length);
      this.#wake();
    });
  }

  /** What happens to each datagram; `index` counts from 1. */
  onRequest(handler: (request: NgRequest, index: number) => void): void {
    this.#onRequest = handler;
  }

  reply(request: NgRequest, dictionary: string): void {
    this.raw(request, `${request.cookie} ${dictionary}`);
  }

  raw(request: NgRequest, datagram: string | Buffer): void {
    this.#socket.send(datagram, request.from.port, request.from.address);
  }

  /** Until so many datagrams have come in all. */
  async until(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve, reject) => {
        const patience = setTimeout(
          () => reject(new Error(`${count} datagrams were awaited, ${this.received.length} came`)),
          PATIENCE_MS,
        );
        this.#wake = (): void => {
          clearTimeout(patience);
          resolve();
        };
      });
    }
  }

  close(): void {
    this.#socket.close();
  }
}
