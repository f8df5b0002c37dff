/**
 * tls: SIP over TLS (RFC 3261 §18, §26.2): connections that come in, and those we open to a peer whose certificate proves the name we
 * asked for (RFC 5922). Framing and flows are those of TCP.
 */
import { isIP, isIPv6, type AddressInfo, type Socket } from 'node:net';
import { connect, createSecureContext, createServer, type SecureContext, type Server, type TLSSocket } from 'node:tls';
import type { Certificate } from '#kit/certificates.js';
import { announced, isWildcard } from './announced.js';
import type { Connections } from './connections.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';
import { StreamFlow, type StreamEnds } from './stream-flow.js';

export type TlsRules = Readonly<{
  /** Peers we connect to must prove their name; false only where a trunk's certificate cannot be had right. */
  verifyPeers: boolean;
  /** Only who shows a certificate of an authority in the trust file may connect. */
  requireClientCertificate: boolean;
}>;

export class TlsTransport {
  readonly protocol = 'tls';
  readonly local: Endpoint;
  readonly #server: Server;
  readonly #user: FlowUser;
  readonly #connections: Connections;
  readonly #rules: TlsRules;
  readonly #warn: (text: string) => void;
  /** Made once for each certificate: all authorities are read for it, which takes the thread long. */
  #client: SecureContext;
  /** Sockets that came in, those still shaking hands among them. */
  readonly #sockets = new Set<Socket>();
  readonly #open = new Set<StreamFlow>();

  private constructor(server: Server, local: Endpoint, given: TlsGiven) {
    this.#server = server;
    this.local = local;
    this.#user = given.user;
    this.#connections = given.connections;
    this.#rules = given.rules;
    this.#warn = given.warn;
    this.#client = createSecureContext(given.certificate.client);
    server.on('connection', (socket: Socket) => {
      // Those that never finish their handshake count too: they cost as much as the others.
      if (this.#connections.full || this.#sockets.size >= this.#connections.limits.count) return void socket.destroy();
      if (!this.#connections.takes(socket)) return;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('secureConnection', (socket) => {
      if (this.#connections.full) socket.destroy();
      else this.#adopt(socket, { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 });
    });
    // A handshake or an accept that fails costs that connection only. Node leaves it open where the time for it ran out.
    server.on('tlsClientError', (_error, socket) => socket.destroy());
    server.on('error', () => undefined);
  }

  static open(address: string, port: number, given: TlsGiven): Promise<TlsTransport> {
    const server = createServer({
      ...serverOptions(given.certificate, given.rules),
      ...SOCKET,
      handshakeTimeout: given.connections.limits.connectMs,
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        server.removeListener('error', reject);
        resolve(new TlsTransport(server, { address, port: (server.address() as AddressInfo).port }, given));
      });
    });
  }

  /** For connections from now on; those that stand keep what they agreed on. */
  renew(certificate: Certificate): void {
    this.#client = createSecureContext(certificate.client);
    this.#server.setSecureContext(certificate.server);
  }

  /** @param name what the certificate of the other end must prove: the host of the URI, or the address where that is all there is. */
  flowTo(remote: Endpoint, name: string = remote.address): Flow | undefined {
    const open = this.#connections.find('tls', remote, name);
    if (open !== undefined || this.#connections.full) return open;
    const { address } = this.local;
    const socket = connect({
      secureContext: this.#client,
      host: remote.address,
      port: remote.port,
      // RFC 6066 §3: a name, never an address. `host` would be asked for otherwise.
      ...(isIP(name) === 0 ? { servername: name } : {}),
      rejectUnauthorized: this.#rules.verifyPeers,
      ...(isWildcard(address) ? {} : { localAddress: address }),
    });
    socket.setNoDelay(true).setKeepAlive(true, SOCKET.keepAliveInitialDelay);
    // Nothing is said before the other end has proven who it is.
    socket.cork();
    const slow = setTimeout(() => socket.destroy(new Error('no secure connection in time')), this.#connections.limits.connectMs);
    socket.once('secureConnect', () => {
      clearTimeout(slow);
      socket.uncork();
    });
    socket.once('close', () => clearTimeout(slow));
    socket.once('error', (error: Error) =>
      this.#warn(`TLS to ${name} (${remote.address} port ${remote.port}) failed: ${error.message}`),
    );
    return this.#adopt(socket, remote, name);
  }

  #adopt(socket: TLSSocket, remote: Endpoint, verifiedFor?: string): Flow {
    const ends: StreamEnds = {
      protocol: this.protocol,
      local: announced(this.local, remote),
      remote,
      ...(verifiedFor === undefined ? {} : { verifiedFor }),
    };
    const flow = new StreamFlow(socket, ends, this.#connections, this.#user, () => this.#open.delete(flow));
    this.#open.add(flow);
    return flow;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    for (const flow of this.#open) flow.close();
  }
}

export type TlsGiven = Readonly<{
  user: FlowUser;
  connections: Connections;
  certificate: Certificate;
  rules: TlsRules;
  warn: (text: string) => void;
}>;

export const serverOptions = (certificate: Certificate, { requireClientCertificate }: TlsRules) => ({
  ...certificate.server,
  requestCert: requireClientCertificate,
  rejectUnauthorized: requireClientCertificate,
});

const SOCKET = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 } as const;
