/**
 * tcp: connections that come in, and those we open to a peer that is reached by TCP.
 */
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import { announced, isWildcard } from './announced.js';
import type { Connections } from './connections.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';
import { StreamFramer } from './stream-framer.js';

export class TcpTransport {
  readonly protocol = 'tcp';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #user: FlowUser;
  readonly #connections: Connections;
  readonly #open = new Set<TcpFlow>();

  private constructor(server: Server, local: Endpoint, user: FlowUser, connections: Connections) {
    this.#server = server;
    this.local = local;
    this.#user = user;
    this.#connections = connections;
    server.on('connection', (socket) => {
      if (connections.full) socket.destroy();
      else this.#adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    });
    // An accept that fails (no file descriptors left) costs that connection only.
    server.on('error', () => undefined);
  }

  static open(address: string, port: number, user: FlowUser, connections: Connections): Promise<TcpTransport> {
    const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        server.removeListener('error', reject);
        resolve(new TcpTransport(server, { address, port: (server.address() as AddressInfo).port }, user, connections));
      });
    });
  }

  /** The open connection to `remote`, or a new one that keeps what is sent until it stands; undefined when there are too many. */
  flowTo(remote: Endpoint): Flow | undefined {
    const open = this.#connections.find('tcp', remote);
    if (open !== undefined || this.#connections.full) return open;
    const { address } = this.local;
    const socket = connect({
      host: remote.address,
      port: remote.port,
      noDelay: true,
      keepAlive: true,
      ...(isWildcard(address) ? {} : { localAddress: address }),
    });
    const slow = setTimeout(() => socket.destroy(new Error('no connection in time')), this.#connections.limits.connectMs);
    socket.once('connect', () => clearTimeout(slow));
    socket.once('close', () => clearTimeout(slow));
    return this.#adopt(socket, remote);
  }

  #adopt(socket: Socket, remote: Endpoint): Flow {
    const flow = new TcpFlow(socket, announced(this.local, remote), remote, this.#connections, this.#user, () =>
      this.#open.delete(flow),
    );
    this.#open.add(flow);
    return flow;
  }

  close(): void {
    this.#server.close();
    for (const flow of this.#open) flow.close();
  }
}

class TcpFlow implements Flow {
  readonly protocol = 'tcp';
  readonly #socket: Socket;
  readonly #framer = new StreamFramer();
  readonly #connections: Connections;
  readonly #user: FlowUser;
  /** Runs while a message has begun and is not complete. */
  #slowMessage: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    readonly local: Endpoint,
    readonly remote: Endpoint,
    connections: Connections,
    user: FlowUser,
    gone: () => void,
  ) {
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
    socket.write(text, 'latin1', (error) => error && failed?.(error.message));
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
