/**
 * pacer: one long packet as the short ones it could have come in: each at its time. Knows nobody who hears them.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { cut } from './joiner.js';
import { PLAYED_MS } from './place.js';

export type PacerDeps = Readonly<{ clock: Clock; send: (part: Buffer) => void }>;

export class Pacer {
  readonly #deps: PacerDeps;
  /** No more than one packet has. */
  #due: readonly Buffer[] = [];
  #timer: Timer | undefined;

  constructor(deps: PacerDeps) {
    this.#deps = deps;
  }

  /** Some of it is not sent yet. */
  get waits(): boolean {
    return this.#due.length > 0;
  }

  /** The first part at once; what was left of the packet before comes before it. */
  take(datagram: Buffer): void {
    this.flush();
    this.#due = cut(datagram);
    this.#next();
  }

  /** All that is left, now: the next packet is here, or nobody wants it any more. */
  flush(): void {
    while (this.waits) this.#next();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#due = [];
  }

  #next(): void {
    this.#timer?.cancel();
    const [part, ...rest] = this.#due;
    this.#due = rest;
    if (rest.length > 0) this.#timer = this.#deps.clock.after('the next part of a packet', PLAYED_MS, () => this.#next());
    if (part !== undefined) this.#deps.send(part);
  }
}
