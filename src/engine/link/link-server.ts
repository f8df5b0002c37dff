/**
 * link-server: the TCP listener to which applications connect (the admin port). Counts them; who they are, link-session finds out.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { openNamed } from '../transport/open-named.js';

const MAX_CONNECTIONS = 200;

export class LinkServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
  }

  /** @throws EngineStartError naming address, port and setting. */
  static async open(address: string, port: number, accepted: (socket: Socket) => void): Promise<LinkServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      if (sockets.size >= MAX_CONNECTIONS) return void socket.destroy();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      accepted(socket);
    });
    await openNamed('drachtio admin', address, port, 'engine.adminPort (HOLDFAST_ADMIN_PORT, DRACHTIO_PORT)', () =>
      listen(server, address, port),
    );
    server.on('error', () => undefined); // a failed accept costs that connection only
    return new LinkServer(server, sockets);
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroySoon();
  }
}

function listen(server: Server, address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}
