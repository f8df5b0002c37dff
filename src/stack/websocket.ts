/**
 * websocket: SIP over WebSocket (RFC 7118): every frame one message; phones connect to us, never we to them.
 */
import { createServer, type Server } from 'node:http';
import { isIPv6, type AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Endpoint, Flow, FlowUser } from '../engine/transport/flow.js';
import type { Connections } from './connections.js';

const MOST_MESSAGE_BYTES = 1024 * 1024;
const MOST_UNSENT_BYTES = 4 * 1024 * 1024;

export class WebSocketTransport {
  readonly protocol = 'ws';
  readonly local: Endpoint;
  readonly #http: Server;
  readonly #server: WebSocketServer;

  private constructor(http: Server, local: Endpoint, user: FlowUser, connections: Connections) {
    this.#http = http;
    this.local = local;
    // RFC 7118 §4.1: the subprotocol is `sip`; a client that does not ask for it is not one of ours.
    this.#server = new WebSocketServer({
      server: http,
      maxPayload: MOST_MESSAGE_BYTES,
      handleProtocols: (protocols) => (protocols.has('sip') ? 'sip' : false),
      verifyClient: ({ req }: { req: { headers: Record<string, unknown> } }) =>
        String(req.headers['sec-websocket-protocol'] ?? '').includes('sip'),
    });
    this.#server.on('connection', (socket, request) => {
      if (connections.full) return socket.close(1013);
      this.#adopt(
        socket,
        { address: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 },
        user,
        connections,
      );
    });
  }

  static open(address: string, port: number, user: FlowUser, connections: Connections): Promise<WebSocketTransport> {
    const http = createServer((_request, response) => response.writeHead(426, { upgrade: 'websocket' }).end());
    return new Promise((resolve, reject) => {
      http.once('error', reject);
      http.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        http.removeListener('error', reject);
        resolve(new WebSocketTransport(http, { address, port: (http.address() as AddressInfo).port }, user, connections));
      });
    });
  }

  #adopt(socket: WebSocket, remote: Endpoint, user: FlowUser, connections: Connections): void {
    const flow: Flow = {
      protocol: 'ws',
      local: this.local,
      remote,
      isOpen: () => socket.readyState === socket.OPEN,
      beside: () => flow,
      send: (text, failed) => {
        if (socket.bufferedAmount > MOST_UNSENT_BYTES) return socket.terminate();
        // Text frames must be UTF-8; our text is latin1-held bytes, so they are turned back into what they were.
        socket.send(Buffer.from(text, 'latin1').toString('utf8'), (error) => error && failed?.(error.message));
      },
    };
    connections.add(flow);
    socket.on('message', (data) => {
      const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
      const text = bytes.toString('latin1');
      if (text === '\r\n\r\n') socket.send('\r\n');
      else if (text.trim() !== '') user.message(text, flow);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      connections.remove(flow);
      user.closed(flow);
    });
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    this.#http.close();
  }
}
