/**
 * event-bus: numbers every event, keeps the last ones for replay, and hands them to whoever listens.
 * A listener that throws does not keep the next one from hearing.
 */
import type { HoldfastEvent } from '#core/events.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';

export type NumberedEvent = Readonly<{ seq: number; at: string; event: HoldfastEvent }>;
export type Listener = (event: NumberedEvent) => void;

const HISTORY = 10_000;

export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #keep: number;
  #history: NumberedEvent[] = [];
  #seq = 0;

  /** @param keep so many events can be replayed. */
  constructor(clock: Clock, log: Logger, keep: number = HISTORY) {
    this.#clock = clock;
    this.#log = log;
    this.#keep = keep;
  }

  publish(event: HoldfastEvent): void {
    const numbered: NumberedEvent = { seq: ++this.#seq, at: new Date(this.#clock.now()).toISOString(), event };
    this.#history.push(numbered);
    // Cut in large steps: moving ten thousand entries for every event would be felt under load.
    if (this.#history.length >= 2 * this.#keep) this.#history = this.#history.slice(-this.#keep);
    for (const listener of this.#listeners) {
      try {
        listener(numbered);
      } catch (error) {
        this.#log.error({ err: error, event: event.kind }, 'an event listener failed');
      }
    }
  }

  /** @returns unsubscribe; calling it twice is calling it once. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events after `seq` that are still kept, oldest first. */
  after(seq: number): readonly NumberedEvent[] {
    return this.#history.slice(-this.#keep).filter((one) => one.seq > seq);
  }
}
