/**
 * dead-letters: what could not be delivered, kept for somebody to look at and to send again. Bounded: the oldest make room, and
 * how many did is told.
 */
import type { Letter } from './letter-queue.js';
import type { DeadReason } from './verdict.js';

export type DeadLetter = Readonly<{
  id: number;
  webhook: string;
  /** When it was given up. */
  at: string;
  reason: DeadReason;
  /** The last answer, or what there was instead of one. */
  why: string;
  letter: Letter;
}>;

export class DeadLetters {
  readonly #limit: number;
  readonly #kept = new Map<number, DeadLetter>();
  #lastId = 0;
  #dropped = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(facts: Omit<DeadLetter, 'id'>): DeadLetter {
    const dead = { id: ++this.#lastId, ...facts };
    this.#kept.set(dead.id, dead);
    if (this.#kept.size > this.#limit) {
      // A Map keeps the order of insertion: the first key is the oldest.
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
      this.#dropped += 1;
    }
    return dead;
  }

  get(id: number): DeadLetter | undefined {
    return this.#kept.get(id);
  }

  remove(id: number): boolean {
    return this.#kept.delete(id);
  }

  /** Oldest first. */
  after(id: number, limit: number): readonly DeadLetter[] {
    const page: DeadLetter[] = [];
    for (const dead of this.#kept.values()) {
      if (page.length >= limit) break;
      if (dead.id > id) page.push(dead);
    }
    return page;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** How many were lost because there was no room. */
  get dropped(): number {
    return this.#dropped;
  }
}
