/**
 * dead-letters: what could not be delivered, kept for somebody to look at and to send again. Bounded: the oldest make room, and
 * how many did is told.
 */
import { FORGETFUL, type LetterKeeper } from './letter-keeper.js';
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
  readonly #keeper: Pick<LetterKeeper, 'dead'>;
  readonly #kept = new Map<number, DeadLetter>();
  #lastId = 0;
  #dropped = 0;

  /**
   * @param left what the last life could not deliver, oldest first; of more than are kept the oldest go.
   * @param lastId the highest number there ever was: whoever asks for what came `after` one must not miss the next.
   */
  constructor(limit: number, keeper: Pick<LetterKeeper, 'dead'> = FORGETFUL, left: readonly DeadLetter[] = [], lastId = 0) {
    this.#limit = limit;
    this.#keeper = keeper;
    for (const dead of left) this.#put(dead);
    this.#lastId = Math.max(lastId, left.at(-1)?.id ?? 0);
  }

  add(facts: Omit<DeadLetter, 'id'>): DeadLetter {
    const dead = { id: ++this.#lastId, ...facts };
    this.#keeper.dead(dead.id, dead);
    this.#put(dead);
    return dead;
  }

  #put(dead: DeadLetter): void {
    this.#kept.set(dead.id, dead);
    if (this.#kept.size <= this.#limit) return;
    // A Map keeps the order of insertion: the first key is the oldest.
    const oldest = this.#kept.keys().next();
    if (oldest.done !== true) this.remove(oldest.value);
    this.#dropped += 1;
  }

  get(id: number): DeadLetter | undefined {
    return this.#kept.get(id);
  }

  remove(id: number): boolean {
    this.#keeper.dead(id, undefined);
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
