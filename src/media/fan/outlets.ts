/**
 * outlets: what comes of a stream, in long packets, is sent to each of its listeners in packets of the length that suits it: the long ones as they
 * are, and their parts of 20 ms each at its time. Knows no sockets.
 */
import type { Clock } from '#kit/clock.js';
import { cut } from './joiner.js';
import { Outlet, type Seat } from './outlet.js';
import { Pacer } from './pacer.js';

export class Outlets {
  /** By how many parts of 20 ms are sent as one packet: as many as there are lengths. */
  readonly #outlets = new Map<number, Outlet>();
  readonly #pacer: Pacer;
  /** Those whose packets are shorter than the one that came last. */
  #cutFor: readonly Outlet[] = [];

  constructor(clock: Clock) {
    this.#pacer = new Pacer({ clock, send: (part) => this.#copyPart(part) });
  }

  of(joined: number): Outlet {
    const outlet = this.#outlets.get(joined) ?? new Outlet(joined);
    this.#outlets.set(joined, outlet);
    return outlet;
  }

  copy(datagram: Buffer): void {
    this.#pacer.flush();
    const outlets = [...this.#outlets.values()];
    this.#cutFor = outlets.filter((outlet) => !outlet.takes(datagram));
    for (const outlet of outlets) if (outlet.takes(datagram)) outlet.copy(datagram);
    if (this.#cutFor.some((outlet) => outlet.isHeard)) return this.#pacer.take(datagram);
    // Nobody waits for the time of each part; whoever sits down now hears the last of them at once.
    if (this.#cutFor.length > 0) for (const part of cut(datagram)) this.#copyPart(part);
    this.#settle();
  }

  /** It is sent other packets from the next one on that comes when all of the one before has been sent. */
  takeOver(seat: Seat, from: Outlet, to: Outlet): void {
    to.takeOver(seat, from);
    this.#settle();
  }

  remove(seat: Seat): void {
    for (const outlet of this.#outlets.values()) outlet.remove(seat);
  }

  /** What has come is too old for whoever sits down now. */
  forgetNewest(): void {
    for (const outlet of this.#outlets.values()) outlet.forgetNewest();
  }

  stop(): void {
    this.#pacer.stop();
  }

  #settle(): void {
    if (!this.#pacer.waits) for (const outlet of this.#outlets.values()) outlet.settle();
  }

  #copyPart(part: Buffer): void {
    for (const outlet of this.#cutFor) outlet.copy(part);
    this.#settle();
  }
}
