/**
 * ticker: every 20 ms once, for as long as it runs. Counted from its first tick, so that a late timer does not slow the sound down; what
 * was missed is made up for a little, and beyond that left out.
 */
import type { Clock, Timer } from '#kit/clock.js';
import { FRAME_MS } from './frame.js';

export type TickerStats = Readonly<{ ticks: number; late: number; skipped: number; worstLateMs: number; busyMs: number }>;

export type TickerParts = Readonly<{
  clock: Clock;
  /** Milliseconds that never go back. */
  nowMs: () => number;
  /** Runs what it is given after the sockets have been read, so that what has arrived already is not missed by its tick. */
  afterReading: (fn: () => void) => void;
  tick: () => void;
  /** So many ticks are left out. */
  skip: (ticks: number) => void;
}>;

/** 100 ms: about what listeners' own buffers can take at once. */
const MOST_AT_ONCE = 5;

export class Ticker {
  readonly #parts: TickerParts;
  #timer: Timer | undefined;
  /** Which start this is; a tick that was on its way when it was stopped belongs to none. */
  #round = 0;
  #running = false;
  #dueMs = 0;
  #ticks = 0;
  #late = 0;
  #skipped = 0;
  #worstLateMs = 0;
  #busyMs = 0;

  constructor(parts: TickerParts) {
    this.#parts = parts;
  }

  get stats(): TickerStats {
    return {
      ticks: this.#ticks,
      late: this.#late,
      skipped: this.#skipped,
      worstLateMs: this.#worstLateMs,
      busyMs: this.#busyMs,
    };
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#dueMs = this.#parts.nowMs() + FRAME_MS;
    this.#wait(++this.#round);
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  #wait(round: number): void {
    const waitMs = Math.max(0, this.#dueMs - this.#parts.nowMs());
    this.#timer = this.#parts.clock.after('conference tick', waitMs, () => this.#parts.afterReading(() => this.#run(round)));
  }

  #run(round: number): void {
    if (!this.#running || round !== this.#round) return;
    const startedMs = this.#parts.nowMs();
    const owed = Math.floor((startedMs - this.#dueMs) / FRAME_MS) + 1;
    const skipped = Math.max(0, owed - MOST_AT_ONCE);
    if (owed > 1) this.#late++;
    if (owed > 0) this.#worstLateMs = Math.max(this.#worstLateMs, startedMs - this.#dueMs);
    if (skipped > 0) this.#parts.skip(skipped);
    for (let made = skipped; made < owed; made++) this.#parts.tick();
    this.#ticks += Math.max(0, owed - skipped);
    this.#skipped += skipped;
    this.#dueMs += Math.max(0, owed) * FRAME_MS;
    this.#busyMs += this.#parts.nowMs() - startedMs;
    if (this.#running) this.#wait(round);
  }
}
