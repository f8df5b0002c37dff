/**
 * connections: the open TCP and WebSocket connections by their remote end. A connection is used again for everything that goes there
 * (RFC 3261 §18, RFC 5626 §5.3); one that is gone is not opened anew from here.
 */
import type { Endpoint, Flow, Protocol } from '../engine/transport/flow.js';

export const MOST_CONNECTIONS = 20_000;

const keyOf = (protocol: Protocol, { address, port }: Endpoint): string => `${protocol} ${address}:${port}`;

export class Connections {
  readonly #flows = new Map<string, Flow>();

  get full(): boolean {
    return this.#flows.size >= MOST_CONNECTIONS;
  }

  add(flow: Flow): void {
    this.#flows.set(keyOf(flow.protocol, flow.remote), flow);
  }

  remove(flow: Flow): void {
    const key = keyOf(flow.protocol, flow.remote);
    if (this.#flows.get(key) === flow) this.#flows.delete(key);
  }

  find(protocol: Protocol, remote: Endpoint): Flow | undefined {
    const flow = this.#flows.get(keyOf(protocol, remote));
    return flow?.isOpen() === true ? flow : undefined;
  }
}
