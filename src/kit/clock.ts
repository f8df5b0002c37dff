/**
 * clock: the only door to time. Rooms that wait take a Clock, so that tests move time instead of sleeping.
 */

export interface Timer {
  readonly name: string;
  /** Stops the wait; calling it twice is calling it once. */
  cancel(): void;
}

export interface Clock {
  /** Wall-clock milliseconds since the epoch. */
  now(): number;
  /** Runs `fn` once after `ms` milliseconds; the name is for logs and tests. */
  after(name: string, ms: number, fn: () => void): Timer;
}

export class RealClock implements Clock {
  now(): number {
    return Date.now();
  }

  after(name: string, ms: number, fn: () => void): Timer {
    if (ms <= LONGEST_MS) {
      const handle = setTimeout(fn, ms);
      return { name, cancel: () => clearTimeout(handle) };
    }
    let timer = this.after(name, LONGEST_MS, () => (timer = this.after(name, ms - LONGEST_MS, fn)));
    return { name, cancel: () => timer.cancel() };
  }
}

/** What is longer than 2^31 - 1 ms, 24.8 days, setTimeout() takes for one millisecond. */
const LONGEST_MS = 2_147_483_647;
