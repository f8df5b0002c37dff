/**
 * websocket: SIP over WebSocket (RFC 7118): every frame is one message; clients connect to us, never we to them.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { isUtf8 } from 'node:buffer';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { Certificate } from '#kit/certificates.js';
import { announced } from './announced.js';
import type { Connections } from './connections.js';
import { faultWords } from './fault-words.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';
import { MAX_BODY_BYTES } from './stream-framer.js';
import { serverOptions, type TlsRules } from './tls.js';

/** With it the connections are WSS. */
export type WebSocketTls = Readonly<{ certificate: Certificate; rules: TlsRules }>;

/** Whom it lets in, and who hears them. */
export type Browsers = Readonly<{
  user: FlowUser;
  connections: Connections;
  /** Of the pages that may come (RFC 6455 §10.2); every one when there are none. */
  origins: readonly string[];
}>;

export class WebSocketTransport {
  readonly protocol: 'ws' | 'wss';
  readonly local: Endpoint;
  readonly #http: Server | SecureServer;
  readonly #server: WebSocketServer;

  private constructor(http: Server | SecureServer, local: Endpoint, { user, connections, origins }: Browsers) {
    this.#http = http;
    this.local = local;
    this.protocol = http instanceof SecureServer ? 'wss' : 'ws';
    // Those count too that never ask for an upgrade, or never finish their handshake.
    http.maxConnections = connections.limits.count;
    http.on('connection', (socket: Socket) => void connections.takes(socket));
    this.#server = new WebSocketServer({
      server: http,
      maxPayload: MAX_BODY_BYTES,
      // RFC 7118 §4.1: the subprotocol is `sip`; a client that does not offer it is not one of ours.
      handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
      verifyClient: ({ req }, done) => {
        const offered = String(req.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
        if (!offered.includes('sip')) done(false, 400, 'the subprotocol must be sip');
        else if (!mayCome(req.headers.origin, origins)) done(false, 403, 'not from this page');
        else if (connections.full) done(false, 503, 'too many connections');
        else done(true);
      },
    });
    this.#server.on('connection', (socket, request) => {
      const remote = { address: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 };
      new WebSocketFlow(socket, { protocol: this.protocol, local: announced(local, remote), remote }, connections, user);
      request.socket.setTimeout(connections.limits.idleMs, () => socket.terminate());
      endSlowMessages(socket, request.socket, connections.limits.messageMs);
    });
    this.#server.on('error', () => undefined);
  }

  static open(address: string, port: number, browsers: Browsers, tls?: WebSocketTls): Promise<WebSocketTransport> {
    const alive = { keepAlive: true, keepAliveInitialDelay: 60_000 };
    const other: RequestListener = (_request, response) => void response.writeHead(426, { upgrade: 'websocket' }).end();
    const secure = tls === undefined ? undefined : { ...serverOptions(tls.certificate, tls.rules), ...alive };
    const http =
      secure === undefined
        ? createServer(alive, other)
        : createSecureServer({ ...secure, handshakeTimeout: browsers.connections.limits.connectMs }, other);
    return new Promise((resolve, reject) => {
      http.once('error', reject);
      http.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
        http.removeListener('error', reject);
        resolve(new WebSocketTransport(http, { address, port: (http.address() as AddressInfo).port }, browsers));
      });
    });
  }

  /** For connections from now on; those that stand keep what they agreed on. */
  renew(certificate: Certificate): void {
    if (this.#http instanceof SecureServer) this.#http.setSecureContext(certificate.server);
  }

  close(): void {
    for (const socket of this.#server.clients) socket.terminate();
    this.#server.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }
}

/** Only browsers say which page it is, and they do not lie: with a page that nobody knows comes a visitor who knows nothing of it. */
const mayCome = (origin: string | undefined, origins: readonly string[]): boolean =>
  origin === undefined || origins.length === 0 || origins.includes(origin.toLowerCase());

/** A frame that has begun, or a message whose last frame does not come, is held in memory: it has a deadline, as on every stream. */
function endSlowMessages(socket: WebSocket, wire: Socket, messageMs: number): void {
  let slow: NodeJS.Timeout | undefined;
  const whole = (): void => {
    clearTimeout(slow);
    slow = undefined;
  };
  // Before the library reads it: what it makes a message of ends the wait.
  wire.prependListener('data', () => (slow ??= setTimeout(() => socket.terminate(), messageMs)));
  for (const event of ['message', 'ping', 'pong', 'close'] as const) socket.on(event, whole);
}

class WebSocketFlow implements Flow {
  readonly protocol: 'ws' | 'wss';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #socket: WebSocket;
  readonly #connections: Connections;

  constructor(
    socket: WebSocket,
    ends: Readonly<{ protocol: 'ws' | 'wss'; local: Endpoint; remote: Endpoint }>,
    connections: Connections,
    user: FlowUser,
  ) {
    this.protocol = ends.protocol;
    this.local = ends.local;
    this.remote = ends.remote;
    this.#socket = socket;
    this.#connections = connections;
    connections.add(this);
    socket.on('message', (data) => {
      const text = bytesOf(data).toString('latin1');
      // RFC 5626 §4.4.1 as SIP.js and JsSIP use it over WebSocket; RFC 7118 §6 leaves the choice.
      if (text === '\r\n\r\n') socket.send('\r\n');
      else if (text.trim() !== '') user.message(text, this);
    });
    socket.on('error', () => undefined); // 'close' follows, and tells
    socket.once('close', () => {
      connections.remove(this);
      user.closed(this);
    });
  }

  isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  beside(): Flow {
    return this;
  }

  send(text: string, failed?: (why: string) => void): void {
    if (this.#socket.bufferedAmount > this.#connections.limits.unsentBytes) return this.#socket.terminate();
    // A text frame must be UTF-8; our latin1-held bytes become what they were on the wire they came from.
    const bytes = Buffer.from(text, 'latin1');
    this.#socket.send(bytes, { binary: !isUtf8(bytes) }, (error) => error && failed?.(faultWords(error)));
  }
}

const bytesOf = (data: RawData): Buffer =>
  Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
