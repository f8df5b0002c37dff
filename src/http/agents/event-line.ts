/**
 * event-line: what an agent has not been told yet, and the one poll that waits for it. Each event is given once.
 */
import type { Clock, Timer } from '#kit/clock.js';

/** Of one agent; when nobody fetches them the oldest are lost. */
export const MOST_EVENTS = 500;

export type Polled<T> =
  | Readonly<{ kind: 'event'; event: T }>
  /** None came in time. */
  | Readonly<{ kind: 'none' }>
  /** Another poll of the same agent has taken its place. */
  | Readonly<{ kind: 'replaced' }>
  /** The agent is signed out. */
  | Readonly<{ kind: 'closed' }>;

type Waiter<T> = Readonly<{ timer: Timer; resolve: (polled: Polled<T>) => void }>;

/** Tells when whoever asks has gone. @returns stops telling. */
export type WhenGone = (listener: () => void) => () => void;

const STAYS: WhenGone = () => () => undefined;

export class EventLine<T> {
  readonly #clock: Clock;
  readonly #waitMs: number;
  #events: T[] = [];
  #waiter: Waiter<T> | undefined;
  #closed = false;

  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  get size(): number {
    return this.#events.length;
  }

  push(event: T): void {
    if (this.#closed) return;
    if (this.#waiter !== undefined) return this.#answer({ kind: 'event', event });
    this.#events.push(event);
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  /** Never rejects. A poll whose asker has gone takes no event. */
  async poll(whenGone: WhenGone = STAYS): Promise<Polled<T>> {
    if (this.#closed) return { kind: 'closed' };
    this.#answer({ kind: 'replaced' });
    const event = this.#events.shift();
    if (event !== undefined) return { kind: 'event', event };
    let stays: (() => void) | undefined;
    const polled = await new Promise<Polled<T>>((resolve) => {
      const timer = this.#clock.after('agent poll', this.#waitMs, () => this.#answer({ kind: 'none' }));
      const waiter = { timer, resolve };
      this.#waiter = waiter;
      stays = whenGone(() => {
        if (this.#waiter === waiter) this.#answer({ kind: 'none' });
      });
    });
    stays?.();
    return polled;
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#closed = true;
    this.#events = [];
    this.#answer({ kind: 'closed' });
  }

  #answer(polled: Polled<T>): void {
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter?.timer.cancel();
    waiter?.resolve(polled);
  }
}
