/**
 * outlet: those of a stream who are sent packets of one length, and how they come over from one length to another without missing or hearing
 * anything twice. Knows sockets only as something that sends.
 */
import type { SocketAddress } from '#calls/ports.js';
import type { BorrowedPort } from './borrowed-port.js';
import { Joiner } from './joiner.js';

export type Seat = {
  readonly name: string;
  port: Pick<BorrowedPort, 'send' | 'close'> | undefined;
  to: SocketAddress;
  sent: number;
};

export class Outlet {
  readonly #joiner: Joiner | undefined;
  readonly #seats = new Set<Seat>();
  /** They hear the rest of what is being joined where they are. */
  readonly #coming = new Map<Seat, Outlet>();
  #newest: Buffer | undefined;

  /** @param joined so many packets are sent as one. */
  constructor(joined: number, random: () => number = Math.random) {
    this.#joiner = joined > 1 ? new Joiner(joined, random) : undefined;
  }

  /** It hears the newest packet at once, and the next one follows it: nobody waits for the tick. */
  add(seat: Seat): void {
    this.#seats.add(seat);
    if (this.#newest !== undefined) send(seat, this.#newest);
  }

  /** From the next packet on that begins here. */
  takeOver(seat: Seat, from: Outlet): void {
    if (from === this || !from.#seats.has(seat)) return;
    this.#coming.set(seat, from);
    this.settle();
  }

  remove(seat: Seat): void {
    this.#seats.delete(seat);
    this.#coming.delete(seat);
  }

  copy(datagram: Buffer): void {
    const whole = this.#joiner === undefined ? datagram : this.#joiner.join(datagram);
    if (whole === undefined) return;
    this.#newest = whole;
    for (const seat of this.#seats) send(seat, whole);
  }

  /** Asked when every outlet has copied: who comes over has heard what was joined meanwhile, here and where it was. */
  settle(): void {
    if (this.#coming.size === 0 || this.waits) return;
    for (const [seat, from] of this.#coming) {
      if (from.waits) continue;
      from.remove(seat);
      this.#coming.delete(seat);
      this.#seats.add(seat);
    }
  }

  /** Something has come that is not sent yet. */
  get waits(): boolean {
    return this.#joiner?.waits === true;
  }

  /** Too old for whoever comes now. */
  forgetNewest(): void {
    this.#newest = undefined;
  }
}

function send(seat: Seat, datagram: Buffer): void {
  seat.port?.send(datagram, seat.to.address, seat.to.port);
  seat.sent++;
}
