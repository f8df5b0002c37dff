/**
 * monotonic-clock: time that never jumps, for retransmissions and deadlines.
 * The wall clock may be set back by an administrator while a call is up; T1 must not notice.
 */
import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from './clock.js';

export class MonotonicClock implements Clock {
  now(): number {
    return performance.timeOrigin + performance.now();
  }

  after(name: string, ms: number, fn: () => void): Timer {
    const handle = setTimeout(fn, ms);
    return { name, cancel: () => clearTimeout(handle) };
  }
}
