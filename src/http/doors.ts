/**
 * doors: the listening sockets, one per address, all on one port. Knows HTTP's outer rim only: time limits, broken requests,
 * and closing at once. What is behind the door is the handler's business.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer, Server as SecureServer } from 'node:https';
import { isIPv6, type AddressInfo, type Socket } from 'node:net';
import { CertificateWatch, readCertificate, type Certificate, type CertificateFiles } from '#kit/certificates.js';
import type { Clock } from '#kit/clock.js';
import { ConfigError } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { Standing } from '#guard/standing.js';
import { problemReply } from './error-reply.js';
import { HttpRefusal } from './refusals.js';

export type DoorsDeps = Readonly<{
  addresses: readonly string[];
  port: number;
  handler: RequestListener;
  /** Connections to one address. */
  connections?: number | undefined;
  /** Of them, those that come from one address (IPv6: one /64). */
  perAddress?: number | undefined;
  /** With it the doors speak HTTPS and nothing else. */
  tls?: CertificateFiles | undefined;
  clock: Clock;
  log: Logger;
}>;

export type Doors = Readonly<{
  port: number;
  urls: readonly string[];
  /** Its files may have changed; without this it is found out within ten seconds. */
  lookAtCertificate: () => void;
  close: () => Promise<void>;
}>;

const HEADERS_MS = 10_000;
const REQUEST_MS = 20_000;
const KEEP_ALIVE_MS = 65_000;
const MOST_CONNECTIONS = 4096;
const MOST_PER_ADDRESS = 1000;
/** A request under way at the end may finish within this time. */
const POLITE_MS = 500;

/** @throws ConfigError when an address or the port cannot be had; nothing stays open then. */
export async function openDoors(deps: DoorsDeps): Promise<Doors> {
  const servers: Server[] = [];
  let port = deps.port;
  const certificate = deps.tls === undefined ? undefined : readCertificate(deps.tls);
  try {
    for (const address of deps.addresses) {
      const server = newServer(deps.handler, certificate, deps.connections ?? MOST_CONNECTIONS);
      countByAddress(server, deps.perAddress ?? MOST_PER_ADDRESS);
      // With port 0 the first address takes a free one, and the others follow.
      port = await listen(server, address, port, deps.log);
      servers.push(server);
    }
  } catch (error) {
    await closeAll(servers, deps.clock);
    throw error;
  }
  const watch = watchCertificate(deps, servers, certificate);
  const scheme = certificate === undefined ? 'http' : 'https';
  const urls = deps.addresses.map((address) => `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`);
  const close = (): Promise<void> => {
    watch?.close();
    return closeAll(servers, deps.clock);
  };
  return { port, urls, lookAtCertificate: () => watch?.look(), close };
}

/** A new certificate is shown to whoever connects next; nobody who is connected notices. */
function watchCertificate(
  { tls, clock, log }: DoorsDeps,
  servers: readonly Server[],
  first: Certificate | undefined,
): CertificateWatch | undefined {
  if (tls === undefined || first === undefined) return undefined;
  return new CertificateWatch(tls, first, {
    clock,
    changed: (next) => {
      for (const one of servers) if (one instanceof SecureServer) one.setSecureContext(next.server);
      log.info({ validTo: new Date(next.expiresMs).toISOString() }, 'a new certificate is used from now on');
    },
    warn: (text) => log.warn(text),
  });
}

function newServer(handler: RequestListener, certificate: Certificate | undefined, connections: number): Server {
  const limits = {
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: 2000,
  };
  const asked: RequestListener = (request, response) => {
    // A connection whose last answer went out while closing is idle from then on.
    response.on('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections());
    });
    handler(request, response);
  };
  const server: Server =
    certificate === undefined
      ? createServer(limits, asked)
      : createSecureServer({ ...limits, ...certificate.server, handshakeTimeout: HEADERS_MS }, asked);
  // Node leaves it open where it was the time for the handshake that ran out.
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy());
  server.maxConnections = connections;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => answerBroken(error, socket as Socket));
  return server;
}

/** Or one address could take them all, and let each of them wait for its deadline. */
function countByAddress(server: Server, most: number): void {
  const standing = new Standing();
  server.on('connection', (socket: Socket) => void standing.takes(socket, (count) => count < most));
}

function listen(server: Server, address: string, port: number, log: Logger): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, address, port)));
    server.listen({ host: address, port, ipv6Only: isIPv6(address) }, () => {
      server.removeAllListeners('error');
      // Once open, an accept that fails (no file handles left) is a bad moment, not the end.
      server.on('error', (error) => log.warn({ err: error, address }, 'a connection could not be accepted'));
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function explained(error: NodeJS.ErrnoException, address: string, port: number): Error {
  const where = `http.port (HOLDFAST_HTTP_PORT): ${port} on ${address}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConfigError(`${where} is taken by another program; stop that one, or choose another port (0 takes a free one)`);
    case 'EACCES':
      return new ConfigError(`${where} may not be opened by this user; choose a port above 1023`);
    case 'EADDRNOTAVAIL':
      return new ConfigError(`address (HOLDFAST_ADDRESS): ${address} is not an address of this machine`);
    default:
      return error;
  }
}

/** What never became a request has no fastify to answer it. */
function answerBroken(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const refusal = brokenRefusal(error.code);
  const { status, headers, body } = problemReply(refusal);
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
  socket.end(
    `HTTP/1.1 ${status} ${refusal.code}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
    // A client that does not close its own half would keep the connection for good.
    () => socket.destroy(),
  );
}

function brokenRefusal(code: string | undefined): HttpRefusal {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HttpRefusal('headers_too_large', 'the request line and headers together are too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new HttpRefusal('request_timeout', 'the request did not arrive in time');
  return new HttpRefusal('malformed_http', 'this is not readable as HTTP');
}

async function closeAll(servers: readonly Server[], clock: Clock): Promise<void> {
  const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
  for (const server of servers) server.closeIdleConnections();
  const deadline = clock.after('http close', POLITE_MS, () => servers.forEach((server) => server.closeAllConnections()));
  await Promise.all(closed);
  deadline.cancel();
}
