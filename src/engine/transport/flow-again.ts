/**
 * flow-again: a flow of the last life. Datagrams go out again from a socket of the same address, as soon as there is one; a connection
 * is gone and stays so until the peer opens another.
 */
import type { Endpoint, Flow, Protocol } from './flow.js';
import type { Transports } from './transports.js';

type Ends = Readonly<{ protocol: Protocol; local: Endpoint; remote: Endpoint }>;

export const flowAgain = (transports: Transports, ends: Ends): Flow =>
  ends.protocol === 'udp' ? new DatagramAgain(transports, ends) : new ConnectionGone(ends);

const GONE = 'the connection ended with the last life';

class DatagramAgain implements Flow {
  readonly protocol = 'udp';
  readonly remote: Endpoint;
  readonly #transports: Transports;
  readonly #then: Endpoint;
  #found: Flow | undefined;

  constructor(transports: Transports, { local, remote }: Ends) {
    this.#transports = transports;
    this.#then = local;
    this.remote = remote;
  }

  /** What Via and Contact say now: the port may be another than it was. */
  get local(): Endpoint {
    return this.#flow?.local ?? this.#then;
  }

  isOpen(): boolean {
    return true;
  }

  beside(remote: Endpoint): Flow {
    return this.#flow?.beside(remote) ?? new DatagramAgain(this.#transports, { protocol: 'udp', local: this.#then, remote });
  }

  send(text: string, failed?: (why: string) => void): void {
    const flow = this.#flow;
    if (flow !== undefined) flow.send(text, failed);
    else if (failed !== undefined) setImmediate(failed, 'no socket has this address any more');
  }

  /** Sockets open after dialogs are restored, so it is looked for when it is needed. */
  get #flow(): Flow | undefined {
    this.#found ??= this.#transports.datagrams(this.#then, this.remote);
    return this.#found;
  }
}

class ConnectionGone implements Flow {
  readonly protocol: Protocol;
  readonly local: Endpoint;
  readonly remote: Endpoint;

  constructor({ protocol, local, remote }: Ends) {
    this.protocol = protocol;
    this.local = local;
    this.remote = remote;
  }

  isOpen(): boolean {
    return false;
  }

  beside(): Flow {
    return this;
  }

  send(_text: string, failed?: (why: string) => void): void {
    if (failed !== undefined) setImmediate(failed, GONE);
  }
}
