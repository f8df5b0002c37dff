/**
 * stream-flow: one connection that carries a stream of messages, with TLS around it or without (RFC 3261 §18.3).
 * Who opened it, and what was checked then, is tcp.ts's and tls.ts's business.
 */
import type { Socket } from 'node:net';
import type { Connections } from './connections.js';
import { faultWords } from './fault-words.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';
import { StreamFramer } from './stream-framer.js';

export type StreamEnds = Readonly<{
  protocol: 'tcp' | 'tls';
  local: Endpoint;
  remote: Endpoint;
  /** See Flow. */
  verifiedFor?: string;
}>;

export class StreamFlow implements Flow {
  readonly protocol: 'tcp' | 'tls';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly verifiedFor: string | undefined;
  readonly #socket: Socket;
  readonly #framer = new StreamFramer();
  readonly #connections: Connections;
  readonly #user: FlowUser;
  /** Runs while a message has begun and is not complete. */
  #slowMessage: NodeJS.Timeout | undefined;

  constructor(socket: Socket, ends: StreamEnds, connections: Connections, user: FlowUser, gone: () => void) {
    this.protocol = ends.protocol;
    this.local = ends.local;
    this.remote = ends.remote;
    this.verifiedFor = ends.verifiedFor;
    this.#socket = socket;
    this.#connections = connections;
    this.#user = user;
    connections.add(this);
    socket.setTimeout(connections.limits.idleMs, () => socket.destroy());
    socket.on('data', (data) => this.#read(data));
    socket.on('end', () => socket.end());
    socket.on('error', () => undefined); // 'close' follows, and tells
    socket.once('close', () => {
      clearTimeout(this.#slowMessage);
      connections.remove(this);
      gone();
      user.closed(this);
    });
  }

  isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  beside(): Flow {
    return this;
  }

  send(text: string, failed?: (why: string) => void): void {
    const socket = this.#socket;
    if (socket.writableLength > this.#connections.limits.unsentBytes) socket.destroy(new Error('the peer does not read'));
    socket.write(text, 'latin1', (error) => error && failed?.(faultWords(error)));
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    const { messages, pings, fault } = this.#framer.push(data.toString('latin1'));
    // RFC 5626 §4.4.1: the pong is a single CRLF. Many pings in one read are one question.
    if (pings > 0) this.#socket.write('\r\n');
    for (const message of messages) this.#user.message(message, this);
    if (fault !== undefined) return void this.#socket.destroy();
    if (messages.length > 0 || !this.#framer.midMessage) {
      clearTimeout(this.#slowMessage);
      this.#slowMessage = undefined;
    }
    if (this.#framer.midMessage)
      this.#slowMessage ??= setTimeout(() => this.#socket.destroy(), this.#connections.limits.messageMs);
  }
}
