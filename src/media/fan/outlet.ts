/**
 * outlet: those of a stream who are sent packets of one length, and how they come over from one length to another without missing or hearing
 * anything twice. Knows sockets only as something that sends.
 */
import type { SocketAddress } from '#calls/ports.js';
import type { BorrowedPort } from './borrowed-port.js';
import { Joiner, partsIn } from './joiner.js';

export type Seat = {
  readonly name: string;
  port: Pick<BorrowedPort, 'send' | 'close'> | undefined;
  to: SocketAddress;
  sent: number;
};

export class Outlet {
  readonly #joined: number;
  readonly #joiner: Joiner;
  readonly #seats = new Set<Seat>();
  /** They hear the rest of what has come where they are. */
  readonly #coming = new Map<Seat, Outlet>();
  #newest: Buffer | undefined;

  /** @param joined so many parts of 20 ms are sent as one packet. */
  constructor(joined: number, random: () => number = Math.random) {
    this.#joined = joined;
    this.#joiner = new Joiner(joined, random);
  }

  /** It hears the newest packet at once, and the next one follows it: nobody waits for the tick. */
  add(seat: Seat): void {
    this.#seats.add(seat);
    if (this.#newest !== undefined) send(seat, this.#newest);
  }

  /** From the next packet on that begins here, once `settle` is asked. */
  takeOver(seat: Seat, from: Outlet): void {
    if (from !== this && from.#seats.has(seat)) this.#coming.set(seat, from);
  }

  remove(seat: Seat): void {
    this.#seats.delete(seat);
    this.#coming.delete(seat);
  }

  /** Somebody is sent what comes here. */
  get isHeard(): boolean {
    return this.#seats.size > 0;
  }

  /** It can be sent as it is, or joined; else it has to be cut. */
  takes(datagram: Buffer): boolean {
    return partsIn(datagram) <= this.#joined;
  }

  copy(datagram: Buffer): void {
    const whole = this.#joiner.join(datagram);
    if (whole === undefined) return;
    this.#newest = whole;
    for (const seat of this.#seats) send(seat, whole);
  }

  /** Asked when every outlet has copied all that has come: who comes over has heard what was joined meanwhile, here and where it was. */
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
    return this.#joiner.waits;
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
