/**
 * fence: knows what an application has certainly read. Messages that reach drachtio-srf in one chunk are dispatched one
 * after another without its promises running in between, so a BYE right behind the ACK is handled before the application has
 * the dialog, and a leg leaks. What must not be in one chunk waits here. How one finds out what was read is `ask`'s business.
 */

/** Calls `passed` when everything written before the call has been read and handled. */
export type AskFence = (passed: () => void) => void;

/** Nothing older than this can still be unread; an application that stalls longer has lost its calls anyway. */
export const CERTAINLY_READ_MS = 5_000;

const MAX_WAITING = 100_000;

type Waiting = Readonly<{ frames: number; next: () => void }>;

export class Fence {
  readonly #ask: AskFence;
  readonly #flushed: () => number;
  #read = 0;
  #asking = false;
  #closed = false;
  #waiting: Waiting[] = [];

  /** @param flush writes out what is buffered and says how many frames have been written altogether. */
  constructor(ask: AskFence, flush: () => number) {
    this.#ask = ask;
    this.#flushed = flush;
  }

  hasRead(frames: number): boolean {
    return frames <= this.#read;
  }

  /** News of what was read that came by itself: an answer to the frame of this number. */
  learn(frames: number): void {
    if (frames <= this.#read) return;
    this.#read = frames;
    this.#release();
  }

  /** @returns false when too many wait already; then the caller must do without. */
  wait(frames: number, next: () => void): boolean {
    if (this.#closed || this.#waiting.length >= MAX_WAITING) return false;
    this.#waiting.push({ frames, next });
    this.#askOnce();
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
  }

  #release(): void {
    if (this.#waiting.length === 0) return;
    const ready = this.#waiting.filter((one) => one.frames <= this.#read);
    this.#waiting = this.#waiting.filter((one) => one.frames > this.#read);
    for (const { next } of ready) next();
  }

  #askOnce(): void {
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    const upTo = this.#flushed();
    this.#ask(() => {
      this.#asking = false;
      if (this.#closed) return;
      this.#read = Math.max(this.#read, upTo);
      this.#release();
      if (this.#waiting.length > 0) this.#askOnce();
    });
  }
}
