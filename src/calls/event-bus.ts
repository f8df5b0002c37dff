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

/** Keeps the last number, so that no two events of one house ever have the same. Never waits, never throws. */
export interface NumberKeeper {
  /** Of the last life, raised so far that no number it may have given since its last word is given again; 0: there was none. */
  readonly last: number;
  /** @param now asked later, once for many events. */
  changed(now: () => number): void;
}

export class EventBus {
  readonly #listeners = new Set<Listener>();
  readonly #books = new Set<Listener>();
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #keep: number;
  readonly #numbers: NumberKeeper | undefined;
  #history: NumberedEvent[] = [];
  /** The one that listeners are being told, and what that brings about. */
  readonly #untold: NumberedEvent[] = [];
  #seq: number;

  /** @param keep so many events can be replayed. @param numbers absent: they begin at 1 with each start. */
  constructor(clock: Clock, log: Logger, keep: number = HISTORY, numbers?: NumberKeeper) {
    this.#clock = clock;
    this.#log = log;
    this.#keep = keep;
    this.#numbers = numbers;
    this.#seq = numbers?.last ?? 0;
  }

  /** Every listener hears events in their order: what a listener publishes is told once all have heard what made it. */
  publish(event: HoldfastEvent): void {
    const numbered: NumberedEvent = { seq: ++this.#seq, at: new Date(this.#clock.now()).toISOString(), event };
    this.#numbers?.changed(() => this.#seq);
    this.#history.push(numbered);
    // Cut in large steps: moving ten thousand entries for every event would be felt under load.
    if (this.#history.length >= 2 * this.#keep) this.#history = this.#history.slice(-this.#keep);
    this.#untold.push(numbered);
    if (this.#untold.length > 1) return; // who is being told now has brought it about, and hears of it next, as everybody does
    for (let next = this.#untold[0]; next !== undefined; this.#untold.shift(), next = this.#untold[0])
      for (const listener of this.#listeners) this.#tell(listener, next);
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

  /** The number of the last event; with a NumberKeeper also before the first one of this life. */
  get last(): number {
    return this.#seq;
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
