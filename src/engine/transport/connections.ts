/**
 * connections: the open connections, TLS or not, by their remote end, with a limit for all and one for each address. A connection is used again for
 * everything that goes to its remote end (RFC 3261 §18, RFC 5923); what is sent on it is not this room's business.
 */
import type { Socket } from 'node:net';
import { Standing } from '#guard/standing.js';
import { hostPort, type Endpoint, type Flow, type Protocol } from './flow.js';

export type ConnectionLimits = Readonly<{
  /** Of all kinds together. */
  count: number;
  /** Of one address (RFC 4291: of one /64), counted from the accept on. */
  perAddress: number;
  /** A connection on which nothing was said for so long is closed; phones that ping every two minutes never meet it. */
  idleMs: number;
  /** A message that has begun must be complete by then. */
  messageMs: number;
  connectMs: number;
  /** Bytes that wait for a peer that does not read. */
  unsentBytes: number;
}>;

export const CONNECTION_LIMITS: ConnectionLimits = {
  count: 20_000,
  perAddress: 2_000,
  idleMs: 2 * 3_600_000,
  messageMs: 30_000,
  connectMs: 8_000,
  unsentBytes: 4 * 1024 * 1024,
};

/** Whether one more may connect from there, where so many stand, of at most so many. */
export type MayConnect = (address: string, standing: number, most: number) => boolean;

export class Connections {
  readonly limits: ConnectionLimits;
  readonly #mayConnect: MayConnect;
  readonly #flows = new Map<string, Flow>();
  /** How many came in and stand, by where from, those among them that still shake hands. */
  readonly #standing = new Standing();

  constructor(limits: ConnectionLimits, mayConnect: MayConnect) {
    this.limits = limits;
    this.#mayConnect = mayConnect;
  }

  /** One that comes in, before anything is read of it. @returns false: it is not wanted, and is closed. */
  takes(socket: Socket): boolean {
    return this.#standing.takes(socket, (standing, address) => this.#mayConnect(address, standing, this.limits.perAddress));
  }

  get full(): boolean {
    return this.#flows.size >= this.limits.count;
  }

  get size(): number {
    return this.#flows.size;
  }

  add(flow: Flow): void {
    this.#flows.set(keyOfFlow(flow), flow);
  }

  remove(flow: Flow): void {
    const key = keyOfFlow(flow);
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
  }

  /**
   * @param name the host that was asked for, where it is not the address itself. RFC 5922 §7: a certificate proves one name, so a
   * connection is used again only for the name it was opened for, even where two names lead to one address.
   */
  find(protocol: Protocol, remote: Endpoint, name: string = remote.address): Flow | undefined {
    const flow = this.#flows.get(keyOf(protocol, remote, name));
    return flow?.isOpen() === true ? flow : undefined;
  }
}

const keyOf = (protocol: string, remote: Endpoint, name = remote.address): string =>
  name === remote.address ? `${protocol}/${hostPort(remote)}` : `${protocol}/${hostPort(remote)}/${name}`;

const keyOfFlow = ({ protocol, remote, verifiedFor }: Flow): string => keyOf(protocol, remote, verifiedFor);
