/**
 * copier: each packet of a stream, as rtpengine sends it to us, goes on to all who sit at it: one encoder for all of them, and one system call
 * for each. Every listener is sent to from the port of rtpengine's that it talks to anyway, so it learns of nothing.
 * Knows no calls and no classes of music.
 */
import type { Socket } from 'node:dgram';
import type { SocketAddress } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { assertNever } from '#kit/errors.js';
import { openUdpSocket } from '../udp-socket.js';
import { BorrowedPort, mapped } from './borrowed-port.js';
import { Joiner } from './joiner.js';
import type { Answer, Command, News } from './messages.js';

type Seat = { readonly name: string; readonly stream: Stream; port: BorrowedPort | undefined; to: SocketAddress; sent: number };
type Stream = {
  readonly name: string;
  readonly socket: Socket;
  readonly seats: Set<Seat>;
  readonly joiner: Joiner | undefined;
  from: SocketAddress | undefined;
  newest: Buffer | undefined;
  /** Whether a packet has come since the last look, and how many looks ago one did. */
  heard: boolean;
  quietLooks: number;
};

export type CopierDeps = Readonly<{ clock: Clock; tell: (news: News) => void }>;

/** A stream of which nothing has come at so many looks is told of, when it has listeners. */
export const LOOK_MS = 1000;
const SILENT_LOOKS = 2;
const RECEIVE_BYTES = 1 << 20;
export class Copier {
  readonly #deps: CopierDeps;
  readonly #streams = new Map<string, Stream>();
  readonly #seats = new Map<string, Seat>();
  #look: Timer | undefined;

  constructor(deps: CopierDeps) {
    this.#deps = deps;
  }

  async execute(command: Command): Promise<Answer> {
    switch (command.kind) {
      case 'open':
        return this.#open(command);
      case 'feed':
        this.#stream(command.stream).from = command.from;
        return undefined;
      case 'close':
        return this.#close(command.stream);
      case 'sit':
        await this.#sit(command);
        return undefined;
      case 'move': {
        const seat = this.#seats.get(command.seat);
        if (seat !== undefined) seat.to = toMapped(command.to);
        return undefined;
      }
      case 'leave': {
        const seat = this.#seats.get(command.seat);
        if (seat !== undefined) this.#stand(seat);
        return seat?.sent;
      }
      case 'count':
        return this.#seats.get(command.seat)?.sent ?? 0;
      default:
        return assertNever(command);
    }
  }

  stop(): void {
    this.#look?.cancel();
    for (const name of [...this.#streams.keys()]) this.#close(name);
  }

  async #open({ stream: name, address, joined }: Extract<Command, { kind: 'open' }>): Promise<number> {
    // Shared with nobody: a voice that rtpengine waits for would come in here.
    const socket = await openUdpSocket(address, 0, { recvBufferSize: RECEIVE_BYTES });
    const stream: Stream = {
      name,
      socket,
      seats: new Set(),
      joiner: joined > 1 ? new Joiner(joined) : undefined,
      from: undefined,
      newest: undefined,
      heard: true,
      quietLooks: 0,
    };
    socket.on('error', () => undefined);
    socket.on('message', (datagram, from) => this.#copy(stream, datagram, from));
    this.#streams.set(name, stream);
    this.#look ??= this.#lookLater();
    return socket.address().port;
  }

  #close(name: string): undefined {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    this.#streams.delete(name);
    for (const seat of [...stream.seats]) this.#stand(seat);
    stream.socket.close();
  }

  async #sit({ stream: name, seat: seatName, from, to }: Extract<Command, { kind: 'sit' }>): Promise<void> {
    const before = this.#seats.get(seatName);
    if (before !== undefined) this.#stand(before);
    const stream = this.#stream(name);
    const seat: Seat = { name: seatName, stream, port: undefined, to: toMapped(to), sent: before?.sent ?? 0 };
    this.#seats.set(seatName, seat);
    try {
      const port = await BorrowedPort.open(from, () => this.#lost(seat, 'a packet for rtpengine came to us'));
      if (this.#seats.get(seatName) !== seat) return port.close(); // it has left meanwhile
      seat.port = port;
    } catch (error) {
      this.#seats.delete(seatName);
      throw error;
    }
    stream.seats.add(seat);
    // The newest packet at once, the next one follows it: nobody waits for the tick.
    if (stream.newest !== undefined) this.#send(seat, stream.newest);
  }

  #stand(seat: Seat): void {
    if (this.#seats.get(seat.name) === seat) this.#seats.delete(seat.name);
    seat.stream.seats.delete(seat);
    seat.port?.close();
  }

  #lost(seat: Seat, why: string): void {
    if (this.#seats.get(seat.name) !== seat) return;
    this.#stand(seat);
    this.#deps.tell({ kind: 'lost', seat: seat.name, why });
  }

  #copy(stream: Stream, datagram: Buffer, { address, port }: SocketAddress): void {
    if (stream.from?.port !== port || stream.from.address !== address) return;
    stream.heard = true;
    const whole = stream.joiner === undefined ? datagram : stream.joiner.join(datagram);
    if (whole === undefined) return;
    stream.newest = whole;
    for (const seat of stream.seats) this.#send(seat, whole);
  }

  #send(seat: Seat, datagram: Buffer): void {
    seat.port?.send(datagram, seat.to.address, seat.to.port);
    seat.sent++;
  }

  #lookLater(): Timer {
    return this.#deps.clock.after('look at the streams', LOOK_MS, () => {
      // After the sockets have been read: what waits in them is no silence.
      setImmediate(() => this.#lookNow());
    });
  }

  #lookNow(): void {
    this.#look = this.#streams.size === 0 ? undefined : this.#lookLater();
    for (const stream of this.#streams.values()) {
      stream.quietLooks = stream.heard ? 0 : stream.quietLooks + 1;
      stream.heard = false;
      if (stream.quietLooks === 0) continue;
      stream.newest = undefined; // too old for whoever sits down now
      if (stream.quietLooks >= SILENT_LOOKS && stream.seats.size > 0) this.#deps.tell({ kind: 'silent', stream: stream.name });
    }
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`there is no stream ${name}`);
    return stream;
  }
}

const toMapped = ({ address, port }: SocketAddress): SocketAddress => ({ address: mapped(address), port });
