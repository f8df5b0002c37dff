/**
 * flow: where a message came from and where an answer can go, whatever socket carries it.
 * Sockets live in udp.ts, tcp.ts and websocket.ts; nobody above this room sees one.
 */

export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss';

export type Endpoint = Readonly<{ address: string; port: number }>;

/** Our own side of a flow: what `localhost` stands for. */
export type Place = Readonly<{ protocol: Protocol; local: Endpoint }>;

export interface Flow {
  readonly protocol: Protocol;
  /** Our side, as a peer can reach it: what Via and Contact announce. */
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Of a connection that we opened with TLS: the name its certificate was asked to prove. Another name needs another connection. */
  readonly verifiedFor?: string | undefined;
  /** A datagram flow is always open; a connection that is gone is not coming back. */
  isOpen(): boolean;
  /** Hands the bytes to the network. `failed` is called at most once, later, never from inside this call. */
  send(text: string, failed?: (why: string) => void): void;
  /** The same socket towards another end; a connection has only one and returns itself. */
  beside(remote: Endpoint): Flow;
}

/** What the transports tell the engine. */
export interface FlowUser {
  message(text: string, flow: Flow): void;
  closed(flow: Flow): void;
}

/** RFC 3261 §17: over a reliable transport nothing is retransmitted and the waiting states end at once. */
export const isReliable = (flow: Flow): boolean => flow.protocol !== 'udp';

export const isSecure = (protocol: Protocol): boolean => protocol === 'tls' || protocol === 'wss';

/** RFC 7118: what a browser opened, and nobody else can. */
export const isWebSocket = (protocol: Protocol): boolean => protocol === 'ws' || protocol === 'wss';

/**
 * What stands behind `transport=` in an address of ours. RFC 7118 §5.2.3 knows only `ws`, for both; `tls` is what phones understand,
 * though RFC 3261 §26.2.2 would rather have sips.
 */
export const transportParam = (protocol: Protocol): string =>
  protocol === 'udp' ? '' : `;transport=${protocol === 'wss' ? 'ws' : protocol}`;

/** `address:port` as it stands in a header; an IPv6 address gets its brackets (RFC 3261 §25.1, RFC 5118). */
export const hostPort = (endpoint: Endpoint): string => `${bracketed(endpoint.address)}:${endpoint.port}`;

export const bracketed = (address: string): string => (address.includes(':') ? `[${address}]` : address);

export const unbracketed = (host: string): string => (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host);
