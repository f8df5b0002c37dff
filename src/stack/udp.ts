/**
 * udp: one bound datagram socket. A flow is a remote address on it; it is always open.
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Endpoint, Flow, FlowUser } from '../engine/transport/flow.js';

/** What a stopped receiver can hold is the loss budget of a pause: the default is 8 ms of load (speed-facts section 1). */
const BUFFER_BYTES = 4 * 1024 * 1024;

export class UdpTransport {
  readonly protocol = 'udp';
  readonly local: Endpoint;
  readonly #socket: Socket;

  private constructor(socket: Socket, local: Endpoint) {
    this.#socket = socket;
    this.local = local;
  }

  static open(address: string, port: number, user: FlowUser, warn: (text: string) => void): Promise<UdpTransport> {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address) });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        const transport = new UdpTransport(socket, { address, port: socket.address().port });
        transport.#listen(user, warn);
        resolve(transport);
      });
    });
  }

  #listen(user: FlowUser, warn: (text: string) => void): void {
    this.#socket.setRecvBufferSize(BUFFER_BYTES);
    this.#socket.setSendBufferSize(BUFFER_BYTES);
    const given = this.#socket.getRecvBufferSize() / 2; // the kernel reports the double, for its own book-keeping
    if (given < BUFFER_BYTES / 2)
      warn(`the kernel gave the UDP socket ${given} bytes of buffer; raise net.core.rmem_max for bursts of calls`);
    // ICMP errors of earlier sends: the transactions notice by their timers.
    this.#socket.on('error', () => undefined);
    this.#socket.on('message', (data, { address, port }) => {
      const text = data.toString('latin1');
      if (/^[\r\n\0]*$/.test(text.slice(0, 8)) && text.length <= 8) return; // keep-alives of old phones
      user.message(text, this.flowTo({ address, port }));
    });
  }

  flowTo(remote: Endpoint): Flow {
    const socket = this.#socket;
    return {
      protocol: 'udp',
      local: this.local,
      remote,
      isOpen: () => true,
      beside: (other) => this.flowTo(other),
      send: (text, failed) => {
        const bytes = Buffer.from(text, 'latin1');
        if (failed === undefined) socket.send(bytes, remote.port, remote.address);
        else socket.send(bytes, remote.port, remote.address, (error) => error && failed(error.message));
      },
    };
  }

  close(): void {
    this.#socket.close();
  }
}
