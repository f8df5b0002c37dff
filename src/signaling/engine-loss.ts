/**
 * engine-loss: the SIP engine is a process of its own that may be killed and come back. drachtio-srf connects again and forgets what was
 * asked meanwhile, so whoever waits for an answer is told here that none comes. What that means for a request is its asker's.
 */
import type { Srf } from './srf.js';

/** What is done when the connection is lost. */
type Waiting = Readonly<{ lost: () => void }>;

export class EngineLoss {
  static readonly #all = new WeakMap<Srf, EngineLoss>();
  /** Requests in dialogs that have no answer: each has a deadline of its own. */
  readonly #open = new Set<Waiting>();
  #later: (() => void)[] = [];
  #isLost = false;

  static of(srf: Srf): EngineLoss {
    const known = EngineLoss.#all.get(srf) ?? new EngineLoss();
    EngineLoss.#all.set(srf, known);
    return known;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** @returns what ends the waiting; afterwards `lost` is not called any more. */
  waits(lost: () => void): () => void {
    const waiting = { lost };
    this.#open.add(waiting);
    return () => void this.#open.delete(waiting);
  }

  /** Once it is back; there are no more of these than dialogs. */
  later(again: () => void): void {
    this.#later.push(again);
  }

  /** Losing twice is losing once. */
  lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    const open = [...this.#open];
    this.#open.clear();
    for (const { lost } of open) lost();
  }

  /** @returns whether it had been lost. */
  find(): boolean {
    if (!this.#isLost) return false;
    this.#isLost = false;
    const later = this.#later;
    this.#later = [];
    for (const again of later) again();
    return true;
  }
}
