/**
 * wire: how a phone's messages travel: UDP, or TCP with a connection of its own and a door for those the target opens.
 * Cuts a stream into messages (RFC 3261 §18.3); reads nothing else of them.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Failed } from '../failed.js';

export type Transport = 'udp' | 'tcp';

export type HostPort = Readonly<{ host: string; port: number }>;

/** `back` sends by the way a message came. */
export type Receive = (text: string, back: (text: string) => void) => void;

export interface Wire {
  readonly transport: Transport;
  /** What a Contact may name. */
  readonly address: string;
  readonly port: number;
  send(text: string): void;
  close(): void;
}

export type WireOptions = Readonly<{
  transport: Transport;
  target: HostPort;
  /** Where to be found; 0 takes a free port. */
  port: number;
  receive: Receive;
}>;

const CONNECT_MS = 5_000;
const MOST_BYTES = 256 * 1024;

export const openWire = (options: WireOptions): Promise<Wire> =>
  options.transport === 'udp' ? openUdp(options) : openTcp(options);

/** Connected first, so that the system says which of our addresses the target sees. */
export function ownAddress({ host, port }: HostPort): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.connect(port, host, () => {
      const { address } = socket.address();
      socket.close(() => resolve(address));
    });
  });
}

async function openUdp({ target, port, receive }: WireOptions): Promise<Wire> {
  const address = await ownAddress(target);
  const socket = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  socket.on('error', () => undefined); // what does not arrive is missed by a wait that has a name
  let closed = false;
  const sendTo = (text: string, to: HostPort): void => {
    if (!closed) socket.send(Buffer.from(text, 'latin1'), to.port, to.host);
  };
  socket.on('message', (datagram, from) =>
    receive(datagram.toString('latin1'), (text) => sendTo(text, { host: from.address, port: from.port })),
  );
  const close = (): void => {
    if (closed) return;
    closed = true;
    socket.close();
  };
  return { transport: 'udp', address, port: socket.address().port, send: (text) => sendTo(text, target), close };
}

async function openTcp({ target, port, receive }: WireOptions): Promise<Wire> {
  const sockets = new Set<Socket>();
  const take = (socket: Socket): void => {
    sockets.add(socket);
    const framer = new Framer();
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (data: Buffer) => {
      for (const text of framer.push(data.toString('latin1'))) {
        if (text === PING) socket.write('\r\n');
        else receive(text, (answer) => void socket.write(Buffer.from(answer, 'latin1')));
      }
    });
  };
  const own = connect(target.port, target.host);
  await new Promise<void>((resolve, reject) => {
    const name = `a TCP connection to ${target.host}:${target.port}`;
    own.setTimeout(CONNECT_MS, () => reject(new Failed({ expected: name, seen: `none after ${CONNECT_MS} ms` })));
    own.once('error', (error) => reject(new Failed({ expected: name, seen: error.message })));
    own.once('connect', resolve);
  });
  own.setTimeout(0);
  take(own);
  const address = own.localAddress ?? '127.0.0.1';
  const door = createServer(take);
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(port, address, resolve);
  });
  const close = (): void => {
    door.close();
    for (const socket of sockets) socket.destroy();
  };
  const send = (text: string): void => void own.write(Buffer.from(text, 'latin1'));
  return { transport: 'tcp', address, port: (door.address() as AddressInfo).port, send, close };
}

/** RFC 5626 §4.4.1: what is answered with one CRLF. */
const PING = '\r\n\r\n';

/** Whole messages out of pieces. */
export class Framer {
  #rest = '';

  push(piece: string): readonly string[] {
    this.#rest += piece;
    const whole: string[] = [];
    for (;;) {
      if (this.#rest.startsWith(PING)) {
        whole.push(PING);
        this.#rest = this.#rest.slice(PING.length);
        continue;
      }
      const start = /^(?:\r\n)+(?=[^\r])/.exec(this.#rest)?.[0].length ?? 0;
      const end = this.#rest.indexOf('\r\n\r\n', start);
      if (end < 0) break;
      const length = Number(/^(?:content-length|l)[ \t]*:[ \t]*(\d+)/im.exec(this.#rest.slice(start, end))?.[1] ?? 0);
      if (this.#rest.length < end + 4 + length) break;
      whole.push(this.#rest.slice(start, end + 4 + length));
      this.#rest = this.#rest.slice(end + 4 + length);
    }
    if (this.#rest.length > MOST_BYTES) this.#rest = '';
    return whole;
  }
}
