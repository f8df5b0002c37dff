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
import type { Answer, Command, News } from './messages.js';
import type { Outlet, Seat } from './outlet.js';
import { Outlets } from './outlets.js';

/** Where a seat is, or is to be soon. */
type Sitting = { readonly seat: Seat; readonly stream: Stream; outlet: Outlet };
type Stream = {
  readonly name: string;
  readonly socket: Socket;
  readonly sittings: Set<Sitting>;
  readonly outlets: Outlets;
  from: SocketAddress | undefined;
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
  readonly #seats = new Map<string, Sitting>();
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
      case 'pack':
        return this.#pack(command);
      case 'move': {
        const sitting = this.#seats.get(command.seat);
        if (sitting !== undefined) sitting.seat.to = toMapped(command.to);
        return undefined;
      }
      case 'leave': {
        const sitting = this.#seats.get(command.seat);
        if (sitting !== undefined) this.#stand(sitting);
        return sitting?.seat.sent;
      }
      case 'count':
        return this.#seats.get(command.seat)?.seat.sent ?? 0;
      default:
        return assertNever(command);
    }
  }

  stop(): void {
    this.#look?.cancel();
    for (const name of [...this.#streams.keys()]) this.#close(name);
  }

  async #open({ stream: name, address }: Extract<Command, { kind: 'open' }>): Promise<number> {
    // Shared with nobody: a voice that rtpengine waits for would come in here.
    const socket = await openUdpSocket(address, 0, { recvBufferSize: RECEIVE_BYTES });
    const stream: Stream = {
      name,
      socket,
      sittings: new Set(),
      outlets: new Outlets(this.#deps.clock),
      from: undefined,
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
    for (const sitting of [...stream.sittings]) this.#stand(sitting);
    stream.outlets.stop();
    stream.socket.close();
  }

  async #sit({ stream: name, seat: seatName, from, to, joined }: Extract<Command, { kind: 'sit' }>): Promise<void> {
    const before = this.#seats.get(seatName);
    if (before !== undefined) this.#stand(before);
    const stream = this.#stream(name);
    const seat: Seat = { name: seatName, port: undefined, to: toMapped(to), sent: before?.seat.sent ?? 0 };
    const sitting: Sitting = { seat, stream, outlet: stream.outlets.of(joined) };
    this.#seats.set(seatName, sitting);
    try {
      const port = await BorrowedPort.open(from, () => this.#lost(sitting, 'a packet for rtpengine came to us'));
      if (this.#seats.get(seatName) !== sitting) return port.close(); // it has left meanwhile
      seat.port = port;
      if (this.#streams.get(name) !== stream) throw new Error(`stream ${name} has ended`);
    } catch (error) {
      if (this.#seats.get(seatName) === sitting) this.#stand(sitting);
      throw error;
    }
    stream.sittings.add(sitting);
    sitting.outlet.add(seat);
  }

  /** One that has left meanwhile needs no other packets. */
  #pack({ seat: name, joined }: Extract<Command, { kind: 'pack' }>): undefined {
    const sitting = this.#seats.get(name);
    if (sitting === undefined) return;
    const before = sitting.outlet;
    sitting.outlet = sitting.stream.outlets.of(joined);
    sitting.stream.outlets.takeOver(sitting.seat, before, sitting.outlet);
  }

  #stand(sitting: Sitting): void {
    const { seat, stream } = sitting;
    if (this.#seats.get(seat.name) === sitting) this.#seats.delete(seat.name);
    stream.sittings.delete(sitting);
    stream.outlets.remove(seat);
    seat.port?.close();
  }

  #lost(sitting: Sitting, why: string): void {
    const { name } = sitting.seat;
    if (this.#seats.get(name) !== sitting) return;
    this.#stand(sitting);
    this.#deps.tell({ kind: 'lost', seat: name, why });
  }

  #copy(stream: Stream, datagram: Buffer, { address, port }: SocketAddress): void {
    if (stream.from?.port !== port || stream.from.address !== address) return;
    stream.heard = true;
    stream.outlets.copy(datagram);
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
      stream.outlets.forgetNewest();
      if (stream.quietLooks >= SILENT_LOOKS && stream.sittings.size > 0) this.#deps.tell({ kind: 'silent', stream: stream.name });
    }
  }

  #stream(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw new Error(`there is no stream ${name}`);
    return stream;
  }
}

const toMapped = ({ address, port }: SocketAddress): SocketAddress => ({ address: mapped(address), port });
