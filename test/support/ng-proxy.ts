/**
 * ng-proxy: stands between Holdfast and a real rtpengine's control socket, forwards what both say and tells it to whoever counts, before it
 * is passed on. A command that is repeated is told once; pings and questions of how old rtpengine is are no step of any call.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';

const PING_MS = 100;

export class NgProxy {
  readonly port: number;
  /** Told of each command (`> offer`) and each reply (`< offer`). */
  seen: (what: string) => void = () => undefined;
  /** How often rtpengine has told how long it has been up, which is how Holdfast learns of a restart. */
  looks = 0;
  readonly #front: Socket;
  readonly #back: Socket;
  readonly #senders = new Map<string, Readonly<{ from: RemoteInfo; command: string }>>();
  readonly #told = new Set<string>();

  static async open(targetPort: number): Promise<NgProxy> {
    const [front, back] = await Promise.all([bound(), bound()]);
    return new NgProxy(front, back, targetPort);
  }

  private constructor(front: Socket, back: Socket, targetPort: number) {
    this.#front = front;
    this.#back = back;
    this.port = front.address().port;
    front.on('message', (datagram, from) => {
      const cookie = cookieOf(datagram);
      const command = commandOf(datagram);
      this.#senders.set(cookie, { from, command });
      this.#tell('>', cookie, command);
      back.send(datagram, targetPort, '127.0.0.1');
    });
    back.on('message', (datagram) => {
      const cookie = cookieOf(datagram);
      const sender = this.#senders.get(cookie);
      if (sender === undefined) return;
      this.#tell('<', cookie, sender.command);
      if (sender.command === 'statistics') this.looks++;
      front.send(datagram, sender.from.port, sender.from.address);
    });
  }

  /** Does rtpengine answer a ping of our own? */
  answers(): Promise<boolean> {
    const socket = createSocket('udp4');
    return new Promise((resolve) => {
      const settle = (answered: boolean): void => {
        clearTimeout(slow);
        socket.close();
        resolve(answered);
      };
      const slow = setTimeout(() => settle(false), PING_MS);
      socket.once('message', () => settle(true));
      socket.send(`ping${Date.now()} d7:command4:pinge`, this.port, '127.0.0.1');
    });
  }

  /** What was said so far is forgotten. */
  forget(): void {
    this.#senders.clear();
    this.#told.clear();
  }

  close(): void {
    this.#front.close();
    this.#back.close();
  }

  #tell(way: string, cookie: string, command: string): void {
    const key = `${way} ${cookie}`;
    if (this.#told.has(key) || command === 'ping' || command === 'statistics') return;
    this.#told.add(key);
    this.seen(`rtpengine ${way} ${command}`);
  }
}

const cookieOf = (datagram: Buffer): string => datagram.toString('latin1', 0, datagram.indexOf(0x20));

/** Bencode: `7:command5:offer`. */
function commandOf(datagram: Buffer): string {
  const [, length, rest = ''] = /7:command(\d+):([a-zA-Z ]+)/.exec(datagram.toString('latin1')) ?? [];
  return rest.slice(0, Number(length ?? 0));
}

function bound(): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1', () => resolve(socket));
  });
}
