/**
 * raw-phone: a phone made of bytes, for tests of the engine: sends text, waits for text by event. Its reading is a few regular
 * expressions of its own, so that it does not share a mistake with the parser under test.
 */
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import {
  connect as tlsConnect,
  createServer as createTlsServer,
  type ConnectionOptions,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { WebSocket } from 'ws';

const PATIENCE_MS = 5000;

type Wanted = { what: string; matches: (message: string) => boolean; resolve: (message: string) => void };

type RawProtocol = 'UDP' | 'TCP' | 'TLS' | 'WS' | 'WSS';

export class RawPhone {
  readonly protocol: RawProtocol;
  readonly host: string;
  readonly port: number;
  /** Everything received, oldest first. */
  readonly received: string[] = [];
  readonly #send: (text: string) => void;
  readonly #close: () => void;
  readonly #unread: string[] = [];
  #wanted: Wanted[] = [];

  constructor(protocol: RawProtocol, place: { host: string; port: number }, send: (text: string) => void, close: () => void) {
    this.protocol = protocol;
    this.host = place.host;
    this.port = place.port;
    this.#send = send;
    this.#close = close;
  }

  send(text: string): void {
    this.#send(text);
  }

  close(): void {
    this.#close();
  }

  deliver(message: string): void {
    this.received.push(message);
    const index = this.#wanted.findIndex((one) => one.matches(message));
    const [wanted] = index < 0 ? [] : this.#wanted.splice(index, 1);
    if (wanted === undefined) this.#unread.push(message);
    else wanted.resolve(message);
  }

  /** The first message not taken yet that is a request of this method, or a response with this status (to this method). */
  receives(what: string): Promise<string> {
    const [first = '', method] = what.split(' ');
    return this.takes(what, (message) =>
      /^\d/.test(first)
        ? message.startsWith(`SIP/2.0 ${first}`) && (method === undefined || header(message, 'CSeq').endsWith(` ${method}`))
        : message.startsWith(`${first} `),
    );
  }

  takes(what: string, matches: (message: string) => boolean): Promise<string> {
    const index = this.#unread.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#unread.splice(index, 1)[0] ?? '');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wanted = this.#wanted.filter((one) => one !== wanted);
        const got = this.received.map((one) => one.split('\r\n')[0]).join(' | ');
        reject(new Error(`${what} did not come; received: ${got}`));
      }, PATIENCE_MS);
      const wanted: Wanted = {
        what,
        matches,
        resolve: (message) => {
          clearTimeout(timer);
          resolve(message);
        },
      };
      this.#wanted.push(wanted);
    });
  }

  get uri(): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `sip:phone@${host}:${this.port}${this.protocol === 'UDP' ? '' : `;transport=${this.protocol === 'WSS' ? 'ws' : this.protocol.toLowerCase()}`}`;
  }

  branch(): string {
    // A port may be given out twice in one test, a branch must not (RFC 3261 §8.1.1.7).
    return `z9hG4bK-${randomUUID()}`;
  }

  via(branch = this.branch()): string {
    const host = this.host.includes(':') ? `[${this.host}]` : this.host;
    return `Via: SIP/2.0/${this.protocol} ${host}:${this.port};branch=${branch};rport`;
  }

  /** A request text; `lines` are further header fields. */
  request(
    method: string,
    uri: string,
    facts: { callId: string; from: string; to: string; cseq: number; branch?: string; lines?: string[]; body?: string },
  ): string {
    const body = facts.body ?? '';
    return [
      `${method} ${uri} SIP/2.0`,
      this.via(facts.branch),
      'Max-Forwards: 70',
      `From: ${facts.from}`,
      `To: ${facts.to}`,
      `Call-ID: ${facts.callId}`,
      `CSeq: ${facts.cseq} ${method}`,
      ...(facts.lines ?? []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
      '',
      body,
    ].join('\r\n');
  }

  /** A response to a request received. */
  response(request: string, status: number, facts: { tag?: string; lines?: string[]; body?: string } = {}): string {
    const body = facts.body ?? '';
    const to = header(request, 'To');
    return [
      `SIP/2.0 ${status} Whatever`,
      ...headers(request, 'Via').map((value) => `Via: ${value}`),
      ...headers(request, 'Record-Route').map((value) => `Record-Route: ${value}`),
      `From: ${header(request, 'From')}`,
      `To: ${facts.tag === undefined || to.includes('tag=') ? to : `${to};tag=${facts.tag}`}`,
      `Call-ID: ${header(request, 'Call-ID')}`,
      `CSeq: ${header(request, 'CSeq')}`,
      ...(facts.lines ?? []),
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
      '',
      body,
    ].join('\r\n');
  }

  get contact(): string {
    return `Contact: <${this.uri}>`;
  }
}

export const headers = (message: string, name: string): string[] =>
  [...(message.split('\r\n\r\n')[0] ?? '').matchAll(new RegExp(`^${name}\\s*:[ \\t]*(.*)$`, 'gim'))].map(
    (found) => found[1] ?? '',
  );

export const header = (message: string, name: string): string => headers(message, name)[0] ?? '';

export const bodyOf = (message: string): string => message.slice(message.indexOf('\r\n\r\n') + 4);

export const tag = (value: string): string => /;\s*tag=([^;>\s]+)/.exec(value)?.[1] ?? '';

type Engine = Readonly<{ listening: readonly Readonly<{ protocol: string; address: string; port: number }>[] }>;

export const portOf = (engine: Engine, protocol: string): number =>
  engine.listening.find((one) => one.protocol === protocol)?.port ?? 0;

export function udpPhone(engine: Engine, host = '127.0.0.1'): Promise<RawPhone> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, host, () => {
      socket.setRecvBufferSize(4 * 1024 * 1024); // a burst of a test must not be lost: this phone repeats nothing
      const port = portOf(engine, 'udp');
      let open = true;
      const phone = new RawPhone(
        'UDP',
        { host, port: socket.address().port },
        (text) => open && socket.send(Buffer.from(text, 'latin1'), port, host),
        () => {
          if (open) socket.close();
          open = false;
        },
      );
      socket.on('message', (data) => phone.deliver(data.toString('latin1')));
      resolve(phone);
    });
  });
}

export function tcpPhone(engine: Engine, host = '127.0.0.1'): Promise<RawPhone & { socket: Socket }> {
  const socket = connect({ host, port: portOf(engine, 'tcp'), noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => resolve(overStream(socket, host)));
  });
}

function overStream<S extends Socket>(socket: S, host: string, protocol: 'TCP' | 'TLS' = 'TCP'): RawPhone & { socket: S } {
  const phone = new RawPhone(
    protocol,
    { host, port: socket.localPort ?? 0 },
    (text) => socket.write(text, 'latin1'),
    () => socket.destroy(),
  );
  let rest = '';
  socket.on('error', () => undefined);
  socket.on('data', (data) => {
    rest += data.toString('latin1');
    for (;;) {
      if (rest.startsWith('\r\n')) {
        phone.deliver('\r\n');
        rest = rest.slice(2);
        continue;
      }
      const end = rest.indexOf('\r\n\r\n');
      const length = Number(/^content-length:\s*(\d+)/im.exec(rest)?.[1] ?? 0);
      if (end < 0 || rest.length < end + 4 + length) return;
      phone.deliver(rest.slice(0, end + 4 + length));
      rest = rest.slice(end + 4 + length);
    }
  });
  return Object.assign(phone, { socket });
}

/** Believes whatever certificate is shown, unless `options` say otherwise. */
export function tlsPhone(
  engine: Engine,
  host = '127.0.0.1',
  options: ConnectionOptions = {},
): Promise<RawPhone & { socket: TLSSocket }> {
  const socket = tlsConnect({ host, port: portOf(engine, 'tls'), rejectUnauthorized: false, ...options });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => resolve(overStream(socket, host, 'TLS')));
  });
}

/** A peer with a certificate that waits for the engine to connect to it. */
export function tlsListener(
  options: TlsOptions,
  host = '127.0.0.1',
): Promise<{ port: number; accepted: Promise<RawPhone & { socket: TLSSocket }>; count: () => number; close: () => void }> {
  const server = createTlsServer(options);
  let count = 0;
  server.on('secureConnection', () => count++);
  server.on('tlsClientError', () => undefined);
  const accepted = new Promise<RawPhone & { socket: TLSSocket }>((resolve) =>
    server.once('secureConnection', (socket) => resolve(overStream(socket, host, 'TLS'))),
  );
  return new Promise((resolve) => {
    server.listen(0, host, () =>
      resolve({
        port: (server.address() as { port: number }).port,
        accepted,
        count: () => count,
        close: () => server.close(),
      }),
    );
  });
}

/** A peer that waits for the engine to connect to it. */
export function tcpListener(host = '127.0.0.1'): Promise<{ port: number; accepted: Promise<RawPhone>; close: () => void }> {
  const server = createServer();
  const accepted = new Promise<RawPhone>((resolve) => server.once('connection', (socket) => resolve(overStream(socket, host))));
  return new Promise((resolve) => {
    server.listen(0, host, () =>
      resolve({ port: (server.address() as { port: number }).port, accepted, close: () => server.close() }),
    );
  });
}

export const wssPhone = (engine: Engine, host = '127.0.0.1'): Promise<RawPhone> => wsPhone(engine, host, 'wss');

export function wsPhone(engine: Engine, host = '127.0.0.1', protocol: 'ws' | 'wss' = 'ws'): Promise<RawPhone> {
  const place = host.includes(':') ? `[${host}]` : host;
  const url = `${protocol}://${place}:${portOf(engine, protocol)}/`;
  const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      const phone = new RawPhone(
        protocol === 'ws' ? 'WS' : 'WSS',
        { host: 'df7jal23ls0d.invalid', port: 5060 },
        (text) => socket.send(text),
        () => socket.terminate(),
      );
      socket.on('message', (data) => phone.deliver((data as Buffer).toString('latin1')));
      resolve(phone);
    });
  });
}
