/**
 * guns: how ammunition gets to a door: over UDP, over streams in pieces of any size, over WebSocket. What comes back is counted and not
 * judged; a door that closes is a door that may close.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Random } from './ammunition.js';

const PATIENCE_MS = 5000;

export class UdpGun {
  readonly #socket: UdpSocket;
  readonly port: number;
  /** Messages that came back. */
  received = 0;
  readonly #marks = new Set<string>();

  private constructor(socket: UdpSocket, hear: (text: string, answer: (text: string) => void) => void) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on('message', (data, from) => {
      this.received += 1;
      const mark = /^Call-ID: (mark-[a-z0-9]+)/m.exec(data.toString('latin1'))?.[1];
      if (mark !== undefined) this.#marks.add(mark);
      hear(data.toString('latin1'), (text) => socket.send(Buffer.from(text, 'latin1'), from.port, from.address));
    });
    socket.on('error', () => undefined);
  }

  static open(hear: (text: string, answer: (text: string) => void) => void = () => undefined): Promise<UdpGun> {
    return new Promise((resolve, reject) => {
      const socket = createSocket('udp4');
      socket.once('error', reject);
      socket.bind(0, '127.0.0.1', () => resolve(new UdpGun(socket, hear)));
    });
  }

  /** Sends until something comes back that holds `mark`: what was fired before has been read by then. @throws when nothing does. */
  async ask(text: string, port: number, mark: string): Promise<void> {
    const before = performance.now();
    this.#marks.delete(mark);
    while (!this.#marks.has(mark)) {
      if (performance.now() - before > PATIENCE_MS) throw new Error(`nothing came back to ${mark}`);
      await this.fire(text, port);
      for (let look = 0; look < 100 && !this.#marks.has(mark); look++) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.#marks.delete(mark);
  }

  /** Resolves when the system has taken it. */
  fire(text: string, port: number): Promise<void> {
    return new Promise((resolve) => this.#socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1', () => resolve()));
  }

  close(): void {
    this.#socket.close();
  }
}

/** One connection: pieces are written one after the other, each in a turn of its own; then what came back until it closed or was quiet. */
export function fireStream(port: number, pieces: readonly string[], enough?: (received: string) => boolean): Promise<string> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let received = '';
    const patience = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      received += data.toString('latin1');
      if (enough?.(received) === true) socket.destroy();
    });
    socket.on('close', () => {
      clearTimeout(patience);
      resolve(received);
    });
    // Who waits for answers does not hang up before they come.
    socket.on('connect', () => void writeAll(socket, pieces).then(() => enough === undefined && socket.end()));
  });
}

async function writeAll(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return;
    await new Promise<void>((resolve) => socket.write(Buffer.from(piece, 'latin1'), () => setImmediate(resolve)));
  }
}

export function fireWebSocket(port: number, messages: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}`, 'sip');
    const patience = setTimeout(() => socket.terminate(), PATIENCE_MS);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(patience);
      resolve();
    });
    socket.on('open', () => {
      for (const message of messages) socket.send(message);
      socket.close();
    });
  });
}

/** A text in up to `most` pieces of random length. */
export function inPieces(text: string, random: Random, most = 12): string[] {
  const cuts = Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * text.length)).sort(
    (a, b) => a - b,
  );
  return [0, ...cuts].map((from, index) => text.slice(from, cuts[index] ?? text.length)).filter((piece) => piece !== '');
}
