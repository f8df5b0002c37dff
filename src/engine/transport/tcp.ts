/**
 * tcp: connections that come in, and those we open to a peer that is reached by TCP.
 */
import { connect, createServer, isIPv6, type AddressInfo, type Server, type Socket } from 'node:net';
import { announced, isWildcard } from './announced.js';
import type { Connections } from './connections.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';
import { StreamFlow } from './stream-flow.js';

export class TcpTransport {
  readonly protocol = 'tcp';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #user: FlowUser;
  readonly #connections: Connections;
  readonly #open = new Set<StreamFlow>();

  private constructor(server: Server, local: Endpoint, user: FlowUser, connections: Connections) {
    this.#server = server;
    this.local = local;
    this.#user = user;
    this.#connections = connections;
    server.on('connection', (socket) => {
      if (connections.full) socket.destroy();
      else if (connections.takes(socket))
        this.#adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
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
    const ends = { protocol: this.protocol, local: announced(this.local, remote), remote } as const;
    const flow = new StreamFlow(socket, ends, this.#connections, this.#user, () => this.#open.delete(flow));
    this.#open.add(flow);
    return flow;
  }

  close(): void {
    this.#server.close();
    for (const flow of this.#open) flow.close();
  }
}
