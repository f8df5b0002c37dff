/**
 * letter-queue: the events that wait for one webhook, in lanes: those of one call (or of one phone's registrations) leave strictly
 * one after the other. Bounded, and plain data when asked (`state`), so that a store can keep it. No clock, no sockets.
 */

/** One event on its way to one webhook; plain data. */
export type Letter = Readonly<{ seq: number; lane: string; kind: string; body: string; attempts: number }>;

export type QueueState = Readonly<{ letters: readonly Letter[] }>;

export class LetterQueue {
  readonly #limit: number;
  /** A lane is here while it has letters; the first is the one that is under way or waits for its next attempt. */
  readonly #lanes = new Map<string, Letter[]>();
  /** Lanes whose first letter may go now, in the order they became so. */
  readonly #ready: string[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#size;
  }

  /** @returns false when it is full: the letter was not taken. */
  add(letter: Letter): boolean {
    if (this.#size >= this.#limit) return false;
    this.#size += 1;
    const lane = this.#lanes.get(letter.lane);
    if (lane !== undefined) lane.push(letter);
    else {
      this.#lanes.set(letter.lane, [letter]);
      this.#ready.push(letter.lane);
    }
    return true;
  }

  /** The next letter that may go. Its lane stays closed until `done` or `again`. */
  next(): Letter | undefined {
    const lane = this.#ready.shift();
    return lane === undefined ? undefined : this.#lanes.get(lane)?.[0];
  }

  /** Delivered or given up: the letter behind it may go. */
  done(laneName: string): void {
    const lane = this.#lanes.get(laneName);
    if (lane?.shift() === undefined) return;
    this.#size -= 1;
    if (lane.length === 0) this.#lanes.delete(laneName);
    else this.#ready.push(laneName);
  }

  /** One more attempt was made; the lane opens again with `open`. */
  attempted(laneName: string): void {
    const lane = this.#lanes.get(laneName);
    const first = lane?.[0];
    if (lane !== undefined && first !== undefined) lane[0] = { ...first, attempts: first.attempts + 1 };
  }

  open(laneName: string): void {
    if (this.#lanes.has(laneName)) this.#ready.push(laneName);
  }

  /** Every letter, in the order it may leave within its lane. */
  state(): QueueState {
    return { letters: [...this.#lanes.values()].flat() };
  }

  clear(): void {
    this.#lanes.clear();
    this.#ready.length = 0;
    this.#size = 0;
  }
}
