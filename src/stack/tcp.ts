/**
 * tcp: connections that come in, and those we open to a phone that is reached by TCP.
 */
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Endpoint, Flow, FlowUser } from '../engine/transport/flow.js';
import type { Connections } from './connections.js';
import { StreamFramer } from './stream-framer.js';

const CONNECT_MS = 5_000;
/** RFC 5626 §4.4.1 has phones ping every two minutes; one that says nothing for an hour is gone. */
const IDLE_MS = 3_600_000;
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

export class TcpTransport {
  readonly protocol = 'tcp';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #user: FlowUser;
  readonly #connections: Connections;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, local: Endpoint, user: FlowUser, connections: Connections) {
    this.#server = server;
    this.local = local;
    this.#user = user;
    this.#connections = connections;
    server.on('connection', (socket) => {
      if (connections.full) socket.destroy();
      else this.#adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    });
    server.on('error', () => undefined); // a failed accept (no file descriptors left) costs that connection only
  }

  static open(address: string, port: number, user: FlowUser, connections: Connections): Promise<TcpTransport> {
    const server = createServer({ noDelay: true });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        server.removeListener('error', reject);
        resolve(new TcpTransport(server, { address, port: (server.address() as AddressInfo).port }, user, connections));
      });
    });
  }

  /** The open connection to `remote`, or a new one that queues what is sent until it stands. */
  flowTo(remote: Endpoint): Flow {
    const open = this.#connections.find('tcp', remote);
    if (open !== undefined) return open;
    const socket = connect({ host: remote.address, port: remote.port, noDelay: true });
    const slow = setTimeout(() => socket.destroy(new Error('no connection in time')), CONNECT_MS);
    socket.once('connect', () => clearTimeout(slow));
    socket.once('close', () => clearTimeout(slow));
    return this.#adopt(socket, remote);
  }

  #adopt(socket: Socket, remote: Endpoint): Flow {
    const framer = new StreamFramer();
    this.#sockets.add(socket);
    const flow: Flow = {
      protocol: 'tcp',
      local: this.local,
      remote,
      isOpen: () => !socket.destroyed && socket.writable,
      beside: () => flow,
      send: (text, failed) => {
        if (socket.writableLength > MOST_UNSENT_BYTES) socket.destroy(new Error('the peer does not read'));
        socket.write(text, 'latin1', (error) => error && failed?.(error.message));
      },
    };
    this.#connections.add(flow);
    socket.setKeepAlive(true, 60_000);
    socket.setTimeout(IDLE_MS, () => socket.destroy());
    socket.on('data', (data) => {
      const { messages, pings, fault } = framer.push(data.toString('latin1'));
      for (let ping = 0; ping < pings; ping++) socket.write('\r\n');
      for (const message of messages) this.#user.message(message, flow);
      if (fault !== undefined) socket.destroy();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#connections.remove(flow);
      this.#user.closed(flow);
    });
    return flow;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
