/**
 * udp: one bound datagram socket. A flow is a remote address on it; it is always open.
 */
import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { literalLookup } from '#kit/literal-lookup.js';
import { ownText } from '#kit/own-text.js';
import { announced, isWildcard } from './announced.js';
import { faultWords } from './fault-words.js';
import type { Endpoint, Flow, FlowUser } from './flow.js';

/** What a stopped receiver can hold is the loss budget of a pause: the default is 8 ms of load, this is 0.3 s. */
const BUFFER_BYTES = 4 * 1024 * 1024;
/** Too short for SIP, and not to be guessed. */
const QUESTION_BYTES = 4;
const MOST_QUESTIONS = 100;
/** Whoever scans us from every port is not remembered for ever. */
const MOST_FLOWS = 5000;

export class UdpTransport {
  readonly protocol = 'udp';
  readonly local: Endpoint;
  readonly #socket: Socket;
  /** The one used last by each port of a peer: mostly the next message comes from there again, and a transaction keeps its flow for 32 s. */
  readonly #flows = new Map<number, UdpFlow>();
  #hearsItself = false;
  /** The oldest first. */
  #questions: readonly Readonly<{ bytes: Buffer; read: () => void }>[] = [];
  #closed = false;

  private constructor(socket: Socket, local: Endpoint) {
    this.#socket = socket;
    this.local = local;
  }

  static open(address: string, port: number, user: FlowUser, warn: (text: string) => void): Promise<UdpTransport> {
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', ipv6Only: isIPv6(address), lookup: literalLookup });
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        const transport = new UdpTransport(socket, { address, port: socket.address().port });
        transport.#listen(user, warn);
        // An address that is not here yet, or a firewall: whoever does not hear himself cannot be asked how late he is.
        transport.afterBacklog(() => (transport.#hearsItself = true));
        resolve(transport);
      });
    });
  }

  #listen(user: FlowUser, warn: (text: string) => void): void {
    const socket = this.#socket;
    socket.setRecvBufferSize(BUFFER_BYTES);
    socket.setSendBufferSize(BUFFER_BYTES);
    // The kernel reports the double of what it gives, for its own book-keeping.
    const givenBytes = socket.getRecvBufferSize() / 2;
    if (givenBytes < BUFFER_BYTES)
      warn(
        `the kernel gave the UDP socket ${givenBytes} of ${BUFFER_BYTES} bytes of buffer; raise net.core.rmem_max for bursts of calls`,
      );
    // ICMP errors of earlier datagrams carry no address; the transactions notice by their timers.
    socket.on('error', () => undefined);
    socket.on('message', (bytes: Buffer, remote: RemoteInfo) => {
      // RFC 5626 keep-alives and those of old phones: over UDP nothing answers them.
      if (bytes.length <= QUESTION_BYTES) return this.#isAnswered(bytes, remote.port);
      user.message(bytes.toString('latin1'), this.flowTo(remote));
    });
  }

  flowTo({ address, port }: Endpoint): Flow {
    const last = this.#flows.get(port);
    if (last?.remote.address === address) return last;
    const flow = new UdpFlow(this, this.#socket, { address: ownText(address), port });
    if (this.#flows.size >= MOST_FLOWS) this.#flows.clear();
    this.#flows.set(port, flow);
    return flow;
  }

  /** Whether `afterBacklog` was ever answered. */
  get hearsItself(): boolean {
    return this.#hearsItself;
  }

  /**
   * `read` follows when all has been read that stands in the buffer of the socket now: nobody can see how much that is, but a datagram to
   * ourselves stands behind it. A buffer without room loses it.
   */
  afterBacklog(read: () => void): void {
    const bytes = randomBytes(QUESTION_BYTES);
    this.#questions = [...this.#questions.slice(1 - MOST_QUESTIONS), { bytes, read }];
    const { address, port } = this.local;
    const own = isWildcard(address) ? (isIPv6(address) ? '::1' : '127.0.0.1') : address;
    if (!this.#closed) this.#socket.send(bytes, port, own);
  }

  #isAnswered(bytes: Buffer, port: number): void {
    if (port !== this.local.port) return;
    const at = this.#questions.findIndex((one) => one.bytes.equals(bytes));
    if (at < 0) return;
    const { read } = this.#questions[at] ?? {};
    this.#questions = this.#questions.slice(at + 1); // those before it were lost
    read?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}

class UdpFlow implements Flow {
  readonly protocol = 'udp';
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly #transport: UdpTransport;
  readonly #socket: Socket;

  constructor(transport: UdpTransport, socket: Socket, remote: Endpoint) {
    this.#transport = transport;
    this.#socket = socket;
    this.local = announced(transport.local, remote);
    this.remote = remote;
  }

  isOpen(): boolean {
    return true;
  }

  beside(remote: Endpoint): Flow {
    return this.#transport.flowTo(remote);
  }

  send(text: string, failed?: (why: string) => void): void {
    const bytes = Buffer.from(text, 'latin1');
    try {
      // Without a callback a failed send stays silent, as a lost datagram does.
      if (failed === undefined) this.#socket.send(bytes, this.remote.port, this.remote.address);
      else this.#socket.send(bytes, this.remote.port, this.remote.address, (error) => error && failed(faultWords(error)));
    } catch (error) {
      // A closed socket, or port 0 of a peer: dgram throws where the kernel would only refuse.
      if (failed !== undefined) setImmediate(failed, faultWords(error));
    }
  }
}
