/**
 * lossy-proxy: stands between us and a real rtpengine's control socket and loses the first copy of every command, of every
 * reply, or neither.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

export type Losing = 'nothing' | 'commands' | 'replies';

export class LossyProxy {
  losing: Losing = 'nothing';
  readonly port: number;
  #lost = 0;
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #senders = new Map<string, RemoteInfo>();
  readonly #seen = new Set<string>();

  static async open(targetPort: number): Promise<LossyProxy> {
    const [front, back] = await Promise.all([bound(), bound()]);
    return new LossyProxy(front, back, targetPort);
  }

  private constructor(front: Socket, back: Socket, targetPort: number) {
    this.#front = front;
    this.#back = back;
    this.port = front.address().port;
    front.on('message', (datagram, from) => {
      this.#senders.set(cookieOf(datagram), from);
      if (!this.#loses('commands', datagram)) back.send(datagram, targetPort, '127.0.0.1');
    });
    back.on('message', (datagram) => {
      const sender = this.#senders.get(cookieOf(datagram));
      if (sender !== undefined && !this.#loses('replies', datagram)) front.send(datagram, sender.port, sender.address);
    });
  }

  /** Datagrams that did not arrive. */
  get lost(): number {
    return this.#lost;
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }

  #loses(what: Losing, datagram: Buffer): boolean {
    const key = `${what} ${cookieOf(datagram)}`;
    if (this.losing !== what || this.#seen.has(key)) return false;
    this.#seen.add(key);
    this.#lost++;
    return true;
  }
}

const cookieOf = (datagram: Buffer): string => datagram.toString('latin1', 0, datagram.indexOf(0x20));

function bound(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
