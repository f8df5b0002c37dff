/**
 * timer-wheel: one timer of the runtime for the hundred thousand waits of the transactions.
 * A wait is never shorter than asked, and at most one tick longer. What a timer means is its target's business.
 */
import type { Clock, Timer } from '#kit/clock.js';

export const TICK_MS = 20;

const SLOTS = 4096; // 82 s at 20 ms: every wait of RFC 3261 fits in one turn of the wheel

export interface WheelTarget<Name extends string> {
  due(name: Name): void;
}

export interface WheelTimer {
  cancel(): void;
}

class Entry<Name extends string> implements WheelTimer {
  target: WheelTarget<Name> | undefined;
  constructor(
    target: WheelTarget<Name>,
    readonly name: Name,
    readonly dueTick: number,
  ) {
    this.target = target;
  }

  /** The entry stays in its slot, empty: letting go of the target is what frees the memory. */
  cancel(): void {
    this.target = undefined;
  }

  fire(): void {
    const target = this.target;
    this.target = undefined;
    target?.due(this.name);
  }
}

type AnyEntry = { readonly dueTick: number; readonly target: unknown; fire(): void };

/** It is whoever's hears of uncaught faults. */
const rethrow = (error: unknown): void =>
  queueMicrotask(() => {
    throw error;
  });

export class TimerWheel {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #slots: AnyEntry[][] = Array.from({ length: SLOTS }, () => []);
  readonly #onLate: (lateMs: number) => void;
  readonly #onFault: (error: unknown) => void;
  #tick = 0;
  #waiting = 0;
  #timer: Timer | undefined;
  #stopped = false;

  /** @param onLate hears at every tick how late the loop is: the measure for admission control. */
  constructor(clock: Clock, onLate: (lateMs: number) => void = () => undefined, onFault: (error: unknown) => void = rethrow) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#onLate = onLate;
    this.#onFault = onFault;
  }

  start<Name extends string>(target: WheelTarget<Name>, name: Name, ms: number): WheelTimer {
    const elapsedMs = this.#clock.now() - this.#startMs;
    // An idle wheel does not turn: it is brought up to now, or its first turn would look late by all the time it stood still.
    if (this.#waiting === 0) this.#tick = Math.max(this.#tick, Math.floor(elapsedMs / TICK_MS));
    const dueTick = Math.max(this.#tick + 1, Math.ceil((elapsedMs + ms) / TICK_MS));
    const entry = new Entry(target, name, dueTick);
    this.#slots[dueTick % SLOTS]?.push(entry);
    this.#waiting++;
    this.#arm();
    return entry;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const slot of this.#slots) slot.length = 0;
    this.#waiting = 0;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#stopped || this.#waiting === 0) return;
    const dueMs = this.#startMs + (this.#tick + 1) * TICK_MS;
    this.#timer = this.#clock.after('timer wheel', Math.max(1, dueMs - this.#clock.now()), () => this.#turn());
  }

  #turn(): void {
    this.#timer = undefined;
    const elapsedMs = this.#clock.now() - this.#startMs;
    this.#onLate(elapsedMs - (this.#tick + 1) * TICK_MS);
    const reached = Math.floor(elapsedMs / TICK_MS);
    while (this.#tick < reached && !this.#stopped) {
      this.#tick++;
      this.#fireSlot();
    }
    this.#arm();
  }

  /** A fault of one is no reason for the others of its slot to wait for ever. */
  #fire(entry: AnyEntry): void {
    try {
      entry.fire();
    } catch (error) {
      this.#onFault(error);
    }
  }

  #fireSlot(): void {
    const index = this.#tick % SLOTS;
    const slot = this.#slots[index];
    if (slot === undefined || slot.length === 0) return;
    const later: AnyEntry[] = [];
    this.#slots[index] = later;
    for (const entry of slot) {
      if (entry.dueTick > this.#tick && entry.target !== undefined) {
        later.push(entry); // a wait of more than one turn of the wheel
        continue;
      }
      this.#waiting--;
      this.#fire(entry);
    }
  }
}
