/**
 * transports: all sockets together: opening them on one port number, and choosing the way to a URI
 * (RFC 3261 §18.1.1; RFC 3263 for literals and for names with an address; SRV and NAPTR are not looked up).
 */
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import type { Certificate } from '#kit/certificates.js';
import { parseUri, type SipUri } from '#sip/uri.js';
import { announced, isLoopback, isWildcard } from './announced.js';
import type { Connections } from './connections.js';
import { hostPort, unbracketed, type Endpoint, type Flow, type FlowUser, type Place, type Protocol } from './flow.js';
import { openNamed } from './open-named.js';
import { TcpTransport } from './tcp.js';
import { TlsTransport, type TlsRules } from './tls.js';
import { UdpTransport } from './udp.js';
import { WebSocketTransport, type Browsers } from './websocket.js';

export type ListenOptions = Readonly<{
  addresses: readonly string[];
  sipPort: number;
  wsPort: number;
  /** Pages that may come over WebSocket; every one when there are none. */
  wsOrigins?: readonly string[];
  tls?: TlsListenOptions;
}>;

export type TlsListenOptions = Readonly<{
  /** Read once before this; the engine looks at the files again. */
  certificate: Certificate;
  rules: TlsRules;
  port: number;
  wssPort: number;
}>;

export type Listening = Readonly<{ protocol: Protocol; address: string; port: number }>;

/** How to reach a URI. `gone`: only its own open connection would do, and that is closed. */
export type Way = Readonly<
  | { kind: 'flow'; flow: Flow }
  | { kind: 'lookup'; host: string; port: number; protocol: Connectable }
  | { kind: 'gone'; why: string }
  | { kind: 'impossible'; why: string }
>;

/** How often a free port is tried until one is free for UDP and TCP alike. */
const PORT_TRIES = 20;
const LOOKUP_MS = 8_000;
const MAX_LOOKUPS = 500;

type Connecting = UdpTransport | TcpTransport | TlsTransport;
type Transport = Connecting | WebSocketTransport;
/** What we can open a way by; a browser can only be answered. */
type Connectable = Connecting['protocol'];

export class Transports {
  readonly #all: Transport[] = [];
  readonly #connections: Connections;
  readonly #user: FlowUser;
  readonly #warn: (text: string) => void;
  readonly #resolving = new Map<string, Promise<Way>>();

  constructor(user: FlowUser, connections: Connections, warn: (text: string) => void) {
    this.#user = user;
    this.#connections = connections;
    this.#warn = warn;
  }

  /** @throws EngineStartError naming address, port, protocol and setting. */
  async open(options: ListenOptions): Promise<void> {
    let { sipPort, wsPort } = options;
    const browsers = { user: this.#user, connections: this.#connections, origins: options.wsOrigins ?? [] };
    let [tlsPort, wssPort] = [options.tls?.port ?? 0, options.tls?.wssPort ?? 0];
    for (const address of options.addresses) {
      sipPort = await this.#openSip(address, sipPort);
      const setting = 'sip.wsPort (HOLDFAST_WS_PORT)';
      const ws = await openNamed('ws', address, wsPort, setting, () => WebSocketTransport.open(address, wsPort, browsers));
      this.#all.push(ws);
      wsPort = ws.local.port;
      if (options.tls !== undefined)
        [tlsPort, wssPort] = await this.#openSecure(address, [tlsPort, wssPort], options.tls, browsers);
    }
  }

  async #openSecure(
    address: string,
    [port, wssPort]: Ports,
    { certificate, rules }: TlsListenOptions,
    browsers: Browsers,
  ): Promise<Ports> {
    const [user, connections, warn] = [this.#user, this.#connections, this.#warn];
    const tls = await openNamed('tls', address, port, 'sip.tlsPort (HOLDFAST_TLS_PORT)', () =>
      TlsTransport.open(address, port, { user, connections, certificate, rules, warn }),
    );
    this.#all.push(tls);
    const wss = await openNamed('wss', address, wssPort, 'sip.wssPort (HOLDFAST_WSS_PORT)', () =>
      WebSocketTransport.open(address, wssPort, browsers, { certificate, rules }),
    );
    this.#all.push(wss);
    return [tls.local.port, wss.local.port];
  }

  /** A new certificate; nobody who is connected notices. */
  renew(certificate: Certificate): void {
    for (const one of this.#all) if (one.protocol === 'tls' || one.protocol === 'wss') one.renew(certificate);
  }

  /** UDP and TCP on the same number: a phone that is told a port may use either. */
  async #openSip(address: string, wanted: number): Promise<number> {
    const setting = 'sip.port (HOLDFAST_SIP_PORT)';
    for (let attempt = 1; ; attempt++) {
      const tcp = await openNamed('tcp', address, wanted, setting, () =>
        TcpTransport.open(address, wanted, this.#user, this.#connections),
      );
      const { port } = tcp.local;
      try {
        const udp = await openNamed('udp', address, port, setting, () =>
          UdpTransport.open(address, port, this.#user, this.#warn),
        );
        this.#all.push(udp, tcp);
        return port;
      } catch (error) {
        tcp.close();
        if (wanted !== 0 || attempt >= PORT_TRIES) throw error;
      }
    }
  }

  get listening(): readonly Listening[] {
    return this.#all.map(({ protocol, local }) => ({ protocol, ...local }));
  }

  /** What `localhost` stands for while it is not known which way a request will go. */
  get defaultPlace(): Place {
    const [first] = this.#all;
    if (first === undefined) return { protocol: 'udp', local: { address: '127.0.0.1', port: 5060 } };
    return { protocol: 'udp', local: first.local };
  }

  /** What a request says of us before a name has been looked up: of the transport it will go by, not of another. */
  placeFor(way: Way): Place {
    if (way.kind === 'flow') return way.flow;
    const found = way.kind === 'lookup' ? this.#all.find(({ protocol }) => protocol === way.protocol) : undefined;
    if (found === undefined) return this.defaultPlace;
    return { protocol: found.protocol, local: announced(found.local, { address: '', port: 0 }) };
  }

  /** Is a TCP connection to this address open? */
  isConnected({ host, port }: SipUri): boolean {
    const remote = { address: unbracketed(host), port: port ?? DEFAULT_PORTS.tcp };
    return (this.#connections.find('tcp', remote) ?? this.#connections.find('ws', remote)) !== undefined;
  }

  /** How to reach the host of a SIP URI, or of a next hop. */
  wayTo(uri: string | SipUri): Way {
    const parsed = typeof uri === 'string' ? parseUri(uri) : uri;
    if (parsed === undefined || parsed.scheme === 'tel') return { kind: 'impossible', why: 'invalid request-uri' };
    const protocol = protocolOf(parsed);
    if (protocol === undefined) return { kind: 'impossible', why: 'requested protocol/transport not available' };
    const host = unbracketed(parsed.host);
    const port = parsed.port ?? DEFAULT_PORTS[protocol];
    if (isIP(host) !== 0) return this.wayToAddress(protocol, { address: host, port });
    if (protocol === 'ws' || protocol === 'wss') return { kind: 'gone', why: 'the WebSocket connection is gone' };
    // RFC 2606: a name under .invalid has no address anywhere, so a resolver need not be asked.
    if (host.endsWith('.invalid')) return { kind: 'gone', why: 'the connection of this contact is gone' };
    return { kind: 'lookup', host, port, protocol };
  }

  /** @param name the host that was asked for: what a certificate must prove. */
  wayToAddress(protocol: Protocol, remote: Endpoint, name: string = remote.address): Way {
    if (this.#isOurs(protocol, remote)) return { kind: 'impossible', why: 'can not send request to myself' };
    if (protocol === 'ws' || protocol === 'wss') {
      // RFC 7118: a browser cannot be connected to; when its connection is gone, so is the way to it. `transport=ws` is said of both.
      const plain = protocol === 'ws' ? this.#connections.find('ws', remote) : undefined;
      const flow = plain ?? this.#connections.find('wss', remote);
      return flow === undefined ? { kind: 'gone', why: 'the WebSocket connection is gone' } : { kind: 'flow', flow };
    }
    // drachtio-server calls a WebSocket tcp, so an application that was written for it asks for tcp here.
    const open = protocol === 'tcp' ? (this.#connections.find('tcp', remote) ?? this.#connections.find('ws', remote)) : undefined;
    if (open !== undefined) return { kind: 'flow', flow: open };
    const transport = this.#choose(protocol, remote);
    if (transport === undefined) return { kind: 'impossible', why: 'requested protocol/transport not available' };
    const flow = transport.flowTo(remote, name);
    return flow === undefined ? { kind: 'gone', why: 'too many connections' } : { kind: 'flow', flow };
  }

  /** A datagram flow from the socket that announces this address, or from any that reaches `remote`. */
  datagrams(local: Endpoint, remote: Endpoint): Flow | undefined {
    const near = this.#all.find((one) => one.protocol === 'udp' && announced(one.local, remote).address === local.address);
    const found = near ?? this.#choose('udp', remote);
    return found?.protocol === 'udp' ? found.flowTo(remote) : undefined;
  }

  /**
   * Who asks for the same name meanwhile has the same answer, and in their order: a later request of a dialog does not overtake an earlier one.
   * @returns what a name leads to; `gone` when it has no address we can send to, or the resolver is slow or has too much to do.
   */
  resolve(host: string, port: number, protocol: Connectable): Promise<Way> {
    const name = `${protocol} ${host}:${port}`;
    const begun = this.#resolving.get(name);
    if (begun !== undefined) return begun;
    if (this.#resolving.size >= MAX_LOOKUPS) return Promise.resolve({ kind: 'gone', why: 'too many names are being looked up' });
    const resolved = this.#lookUp(host, port, protocol).finally(() => this.#resolving.delete(name));
    this.#resolving.set(name, resolved);
    return resolved;
  }

  async #lookUp(host: string, port: number, protocol: Connectable): Promise<Way> {
    let timer: NodeJS.Timeout | undefined;
    const slow = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new Error('the name server is slow')), LOOKUP_MS);
    });
    try {
      const found = await Promise.race([lookup(host, { all: true }), slow]);
      const usable = found.find(({ address }) => this.#choose(protocol, { address, port }) !== undefined);
      if (usable === undefined) return { kind: 'gone', why: `${host} has no usable address` };
      return this.wayToAddress(protocol, { address: usable.address, port }, host);
    } catch {
      return { kind: 'gone', why: `DNS Error` };
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * `read` follows when every datagram socket that hears itself has read what stood in its buffer; never, when one has no room for the
   * question.
   */
  afterBacklog(read: () => void): void {
    const sockets = this.#all.filter((one): one is UdpTransport => one.protocol === 'udp' && one.hearsItself);
    let left = sockets.length;
    if (left === 0) return read();
    for (const socket of sockets) socket.afterBacklog(() => (left -= 1) === 0 && read());
  }

  close(): void {
    for (const transport of this.#all.splice(0)) transport.close();
  }

  /** There are other sockets for datagrams of this kind of address. */
  hasSeveral({ protocol, local }: Flow): boolean {
    const isAlike = (one: Transport): boolean => one.protocol === 'udp' && isIPv6(one.local.address) === isIPv6(local.address);
    return protocol === 'udp' && this.#all.filter(isAlike).length > 1;
  }

  /** The socket that can reach `remote`: right kind and family, loopback for loopback. */
  #choose(protocol: Connectable, remote: Endpoint): Connecting | undefined {
    const fits = this.#all.filter(
      (one): one is Connecting => one.protocol === protocol && isIPv6(one.local.address) === isIPv6(remote.address),
    );
    if (fits.length < 2) return fits[0];
    const near = isLoopback(remote.address);
    return fits.find(({ local }) => isWildcard(local.address) || isLoopback(local.address) === near) ?? fits[0];
  }

  #isOurs(protocol: Protocol, remote: Endpoint): boolean {
    return this.#all.some((one) => one.protocol === protocol && hostPort(one.local) === hostPort(remote));
  }
}

type Ports = [tlsPort: number, wssPort: number];

/** RFC 3261 §19.1.2, RFC 7118 §5.2.3. */
const DEFAULT_PORTS: Readonly<Record<Protocol, number>> = { udp: 5060, tcp: 5060, tls: 5061, ws: 80, wss: 443 };

function protocolOf(uri: SipUri): Protocol | undefined {
  const wanted = uri.params.get('transport')?.toLowerCase();
  // RFC 3261 §26.2.2, RFC 5630 §3.1.1: sips means TLS; `transport` says only what is inside it, and never UDP.
  if (uri.scheme === 'sips') return SECURED[wanted ?? 'tcp'];
  return PROTOCOLS.find((one) => one === (wanted ?? 'udp'));
}

const PROTOCOLS: readonly Protocol[] = ['udp', 'tcp', 'tls', 'ws', 'wss'];

const SECURED: Readonly<Record<string, Protocol>> = { tcp: 'tls', tls: 'tls', ws: 'wss', wss: 'wss' };
