/**
 * fake-clock: time that a test moves. Timers fire in order of their due time, at exactly that time.
 */
import type { Clock, Timer } from '#kit/clock.js';

type Waiting = { name: string; dueMs: number; order: number; fn: () => void };

export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  #waiting: Waiting[] = [];

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(name: string, ms: number, fn: () => void): Timer {
    const entry: Waiting = { name, dueMs: this.#nowMs + ms, order: this.#order++, fn };
    this.#waiting.push(entry);
    return { name, cancel: () => void (this.#waiting = this.#waiting.filter((one) => one !== entry)) };
  }

  /** Names of the timers that are running, in the order they will fire. */
  pending(): string[] {
    return [...this.#waiting].sort(byDueTime).map((one) => one.name);
  }

  /** Moves time forward by `ms`, firing what falls due on the way, also timers that are set on the way. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#waiting].sort(byDueTime)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#waiting = this.#waiting.filter((one) => one !== next);
      this.#nowMs = next.dueMs;
      next.fn();
    }
    this.#nowMs = endMs;
  }
}

const byDueTime = (a: Waiting, b: Waiting): number => a.dueMs - b.dueMs || a.order - b.order;
