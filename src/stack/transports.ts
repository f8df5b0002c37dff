/**
 * transports: all sockets together: opening them, and choosing the way to a URI (RFC 3261 §18.1.1, RFC 3263 for literals and A/AAAA).
 */
import { lookup } from 'node:dns/promises';
import { isIP, isIPv6 } from 'node:net';
import { parseUri } from '#sip/uri.js';
import { unbracketed, type Endpoint, type Flow, type FlowUser, type Protocol } from '../engine/transport/flow.js';
import { Connections } from './connections.js';
import { TcpTransport } from './tcp.js';
import { UdpTransport } from './udp.js';
import { WebSocketTransport } from './websocket.js';

type Transport = UdpTransport | TcpTransport | WebSocketTransport;

export type ListenOptions = Readonly<{ addresses: readonly string[]; sipPort: number; wsPort: number }>;

/** Tries for a port that is free for UDP and TCP alike, when any will do. */
const PORT_TRIES = 20;

export type Way =
  | Readonly<{ kind: 'flow'; flow: Flow }>
  | Readonly<{ kind: 'lookup'; host: string; port: number; protocol: Protocol }>
  | Readonly<{ kind: 'none'; why: string }>;

export class Transports {
  readonly #all: Transport[] = [];
  readonly #connections = new Connections();
  readonly #user: FlowUser;
  readonly #warn: (text: string) => void;

  constructor(user: FlowUser, warn: (text: string) => void) {
    this.#user = user;
    this.#warn = warn;
  }

  /** @throws Error naming address, port and protocol when something listens there already. */
  async open(options: ListenOptions): Promise<void> {
    let { sipPort, wsPort } = options;
    for (const address of options.addresses) {
      sipPort = await this.#openSip(address, sipPort);
      const ws = await this.#named('ws', address, wsPort, 'HOLDFAST_WS_PORT', () =>
        WebSocketTransport.open(address, wsPort, this.#user, this.#connections),
      );
      this.#all.push(ws);
      wsPort = ws.local.port;
    }
  }

  async #openSip(address: string, wanted: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const tcp = await this.#named('tcp', address, wanted, 'HOLDFAST_SIP_PORT', () =>
        TcpTransport.open(address, wanted, this.#user, this.#connections),
      );
      const { port } = tcp.local;
      try {
        const udp = await this.#named('udp', address, port, 'HOLDFAST_SIP_PORT', () =>
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

  async #named<T>(protocol: string, address: string, port: number, setting: string, open: () => Promise<T>): Promise<T> {
    try {
      return await open();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const why =
        code === 'EADDRINUSE'
          ? 'another program listens there'
          : code === 'EADDRNOTAVAIL'
            ? 'this machine has no such address'
            : message;
      throw new Error(`SIP over ${protocol} cannot listen on ${address} port ${port}: ${why}; choose another with ${setting}`);
    }
  }

  /** `udp/127.0.0.1:5060` and so on. */
  get hostports(): readonly string[] {
    return this.#all.map(
      ({ protocol, local }) => `${protocol}/${isIPv6(local.address) ? `[${local.address}]` : local.address}:${local.port}`,
    );
  }

  /** Is this one of our own sockets? A request to ourselves would only come back. */
  isOurs(remote: Endpoint): boolean {
    return this.#all.some(({ local }) => local.port === remote.port && local.address === remote.address);
  }

  /** How to reach the host of a SIP URI. */
  wayTo(uri: string): Way {
    const parsed = parseUri(uri);
    if (parsed === undefined || parsed.scheme !== 'sip') return { kind: 'none', why: 'invalid request-uri' };
    const wanted = parsed.params.get('transport')?.toLowerCase() ?? 'udp';
    const protocol = wanted === 'udp' || wanted === 'tcp' || wanted === 'ws' ? wanted : undefined;
    if (protocol === undefined) return { kind: 'none', why: 'requested protocol/transport not available' };
    const host = unbracketed(parsed.params.get('maddr') ?? parsed.host);
    const port = parsed.port ?? (protocol === 'ws' ? 80 : 5060);
    if (isIP(host) === 0) return { kind: 'lookup', host, port, protocol };
    return this.wayToAddress(protocol, { address: host, port });
  }

  wayToAddress(protocol: Protocol, remote: Endpoint): Way {
    if (protocol === 'ws') {
      // RFC 7118: a browser cannot be connected to; when its connection is gone, so is the way to it.
      const flow = this.#connections.find('ws', remote);
      return flow === undefined ? { kind: 'none', why: 'the WebSocket connection is gone' } : { kind: 'flow', flow };
    }
    const family = isIPv6(remote.address);
    const transport = this.#all.find((one) => one.protocol === protocol && isIPv6(one.local.address) === family);
    if (transport === undefined || transport.protocol === 'ws')
      return { kind: 'none', why: 'requested protocol/transport not available' };
    return { kind: 'flow', flow: transport.flowTo(remote) };
  }

  async resolve(host: string, port: number, protocol: Protocol): Promise<Way> {
    const families = new Set(this.#all.map(({ local }) => (isIPv6(local.address) ? 6 : 4)));
    try {
      const found = (await lookup(host, { all: true })).find(({ family }) => families.has(family as 4 | 6));
      return found === undefined
        ? { kind: 'none', why: 'no usable address' }
        : this.wayToAddress(protocol, { address: found.address, port });
    } catch {
      return { kind: 'none', why: 'the name has no address' };
    }
  }

  close(): void {
    for (const transport of this.#all) transport.close();
  }
}
