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
  readonly #books = new Set<Listener>();
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
    for (const listener of this.#listeners) this.#tell(listener, numbered);
  }

  /** Of a call that goes on from the program's last life: no news, but those who keep a book of live calls have to know. */
  recall(event: HoldfastEvent): void {
    const recalled: NumberedEvent = { seq: this.#seq, at: new Date(this.#clock.now()).toISOString(), event };
    for (const listener of this.#books) this.#tell(listener, recalled);
  }

  #tell(listener: Listener, numbered: NumberedEvent): void {
    try {
      listener(numbered);
    } catch (error) {
      this.#log.error({ err: error, event: numbered.event.kind }, 'an event listener failed');
    }
  }

  /** @param book it keeps a book of live calls. @returns unsubscribe; calling it twice is calling it once. */
  subscribe(listener: Listener, book?: 'book'): () => void {
    this.#listeners.add(listener);
    if (book !== undefined) this.#books.add(listener);
    return () => {
      this.#listeners.delete(listener);
      this.#books.delete(listener);
    };
  }

  /** Events after `seq` that are still kept, oldest first. */
  after(seq: number): readonly NumberedEvent[] {
    return this.#history.slice(-this.#keep).filter((one) => one.seq > seq);
  }
}
