/**
 * borrowed-port: a socket that sends from a port of rtpengine's. Linux lets two sockets with SO_REUSEADDR, which rtpengine sets on all of its
 * own, have one port; and a datagram that comes in goes to the one of family AF_INET rather than to an AF_INET6 one with a mapped address
 * (udp4_lib_lookup2, compute_score). So this one only ever sends. `checkBorrowing` tries all that before anybody relies on it, and
 * whoever borrows is told when a datagram comes in all the same.
 */
import type { Socket } from 'node:dgram';
import type { SocketAddress } from '#calls/ports.js';
import { openUdpSocket } from '../udp-socket.js';

const PROBES = 16;
/** On a busy machine a thread may wait this long for its turn; and whoever is late here is played to alone for good. */
const PROBE_MS = 3000;

export class BorrowedPort {
  readonly #socket: Socket;
  #open = true;

  /** @param stolen something came in that was meant for the owner of the port. */
  static async open({ address, port }: SocketAddress, stolen: () => void): Promise<BorrowedPort> {
    const socket = await openUdpSocket(mapped(address), port, { reuseAddr: true });
    return new BorrowedPort(socket, stolen);
  }

  private constructor(socket: Socket, stolen: () => void) {
    this.#socket = socket;
    socket.on('message', stolen);
    socket.on('error', () => undefined); // of one datagram, which is lost as others are
  }

  /** @param address as `mapped` has made it. */
  send(datagram: Buffer, address: string, port: number): void {
    if (this.#open) this.#socket.send(datagram, port, address);
  }

  /** Closing twice is closing once. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket.close();
  }
}

/** RFC 4291 §2.5.5.2 */
export const mapped = (address: string): string => `::ffff:${address}`;

/** @returns why ports cannot be borrowed here; undefined: they can. */
export async function checkBorrowing(host: string): Promise<string | undefined> {
  let owner: Socket | undefined;
  let other: Socket | undefined;
  let borrower: BorrowedPort | undefined;
  try {
    owner = await shared(host);
    other = await openUdpSocket(host);
    const place = { address: host, port: owner.address().port };
    let stolen = 0;
    borrower = await BorrowedPort.open(place, () => stolen++);
    const came = counted(owner, () => true);
    const right = counted(other, ({ port }) => port === place.port);
    for (let index = 0; index < PROBES; index++) {
      other.send('to the owner', place.port, host);
      borrower.send(Buffer.from('to the other'), mapped(host), other.address().port);
    }
    const fine = (await Promise.all([came, right])).every((count) => count === PROBES) && stolen === 0;
    return fine ? undefined : 'what comes to a port that is used twice does not go to its owner';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    owner?.close();
    other?.close();
    borrower?.close();
  }
}

/** How many datagrams come in that fit, when there are as many as were sent or time is up. */
function counted(socket: Socket, fits: (from: SocketAddress) => boolean): Promise<number> {
  return new Promise((resolve) => {
    let count = 0;
    const late = setTimeout(() => resolve(count), PROBE_MS);
    socket.on('message', (_datagram, from) => {
      if (!fits(from) || ++count < PROBES) return;
      clearTimeout(late);
      // One that was delivered to the wrong socket has been read by now too.
      setImmediate(() => resolve(count));
    });
  });
}

/** A port of its own first, and only then one that may be shared: asked for both at once Linux gives one of rtpengine's. */
async function shared(host: string): Promise<Socket> {
  const free = await openUdpSocket(host);
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(resolve));
  return openUdpSocket(host, port, { reuseAddr: true });
}
