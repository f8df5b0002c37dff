/**
 * event-streams: GET /events. Each reader has a place in the bus's history, and that history is its only buffer: a slow reader
 * is caught up when it can take more, and cut when it takes nothing for too long. What an event looks like is event-text.ts.
 */
import type { ServerResponse } from 'node:http';
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import type { Clock, Timer } from '#kit/clock.js';
import { Busy } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import { eventText, gapText, HEARTBEAT, openingText } from './event-text.js';

export type EventStreamsDeps = Readonly<{ bus: EventBus; clock: Clock; log: Logger; most?: number | undefined }>;

const MOST_STREAMS = 100;
const HEARTBEAT_MS = 15_000;
/** A reader that takes not a byte for so long is gone or hopeless. */
const STALLED_MS = 30_000;
const BUSY_RETRY_SEC = 10;

export class EventStreams {
  readonly #deps: EventStreamsDeps;
  readonly #open = new Map<EventStream, () => boolean>();

  constructor(deps: EventStreamsDeps) {
    this.#deps = deps;
  }

  /** @throws Busy before anything is written, so that the refusal can still be an ordinary answer. */
  mayOpen(): void {
    const { most = MOST_STREAMS } = this.#deps;
    if (this.#open.size >= most) throw new Busy(`the limit of ${most} event streams is reached`, BUSY_RETRY_SEC);
  }

  /** @param after replay from there; absent: only what happens from now on. @param mayStay asked again when credentials have changed. */
  open(response: ServerResponse, after: number | undefined, mayStay: () => boolean = () => true): void {
    const stream = new EventStream(response, this.#deps, () => this.#open.delete(stream));
    this.#open.set(stream, mayStay);
    stream.begin(after);
  }

  /** Whose credentials were taken away reads nothing more; it hears 401 when it comes back. */
  closeStrangers(): void {
    for (const [stream, mayStay] of [...this.#open]) if (!mayStay()) stream.close('its credentials were taken away');
  }

  get size(): number {
    return this.#open.size;
  }

  closeAll(): void {
    for (const stream of [...this.#open.keys()]) stream.close('the server is closing');
  }
}

class EventStream {
  readonly #response: ServerResponse;
  readonly #deps: EventStreamsDeps;
  readonly #forget: () => void;
  readonly #unsubscribe: () => void;
  #heartbeat: Timer | undefined;
  #stalled: Timer | undefined;
  /** The last event this reader was given. */
  #given = 0;
  #closed = false;

  constructor(response: ServerResponse, deps: EventStreamsDeps, forget: () => void) {
    this.#response = response;
    this.#deps = deps;
    this.#forget = forget;
    this.#unsubscribe = deps.bus.subscribe((event) => this.#hear(event));
    response.on('close', () => this.close('the reader left'));
    response.on('drain', () => this.#drained());
  }

  begin(after: number | undefined): void {
    this.#response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no', // a proxy that buffers would hold the events back
    });
    const kept = this.#deps.bus.after(0);
    const newest = this.#deps.bus.last;
    // A number from the future is from before a restart: that reader has seen nothing of this run.
    const oldest = kept[0]?.seq ?? newest + 1;
    this.#given = after === undefined ? newest : after > newest ? oldest - 1 : after;
    if (after !== undefined && after > newest) this.#response.write(gapText(after, oldest));
    this.#write(openingText(this.#given));
    this.#catchUp();
    this.#beat();
  }

  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#unsubscribe();
    this.#heartbeat?.cancel();
    this.#stalled?.cancel();
    this.#forget();
    this.#deps.log.debug({ why, given: this.#given }, 'event stream closed');
    if (this.#response.destroyed) return;
    this.#response.end();
    this.#response.destroy(); // a reader that does not read would keep the socket open for ever
  }

  /** While the reader is behind, events wait in the history of the bus, not here. */
  #hear(event: NumberedEvent): void {
    // A stream that was opened while an event was told has it from the history already.
    if (this.#closed || this.#stalled !== undefined || event.seq <= this.#given) return;
    this.#given = event.seq;
    this.#write(eventText(event));
  }

  #catchUp(): void {
    const missed = this.#deps.bus.after(this.#given);
    // After a restart what the last life told is gone, also while nothing new has happened.
    const first = missed[0]?.seq ?? this.#deps.bus.last + 1;
    if (first > this.#given + 1) {
      this.#write(gapText(this.#given, first));
      this.#given = first - 1;
    }
    for (const event of missed) {
      if (this.#stalled !== undefined || this.#closed) return;
      this.#given = event.seq;
      this.#write(eventText(event));
    }
  }

  #write(text: string): void {
    if (this.#response.write(text)) return;
    this.#stalled ??= this.#deps.clock.after('event stream stalled', STALLED_MS, () => {
      this.#deps.log.warn({ given: this.#given }, 'an event stream was cut: its reader takes nothing');
      this.close('stalled');
    });
  }

  #drained(): void {
    this.#stalled?.cancel();
    this.#stalled = undefined;
    if (!this.#closed) this.#catchUp();
  }

  #beat(): void {
    this.#heartbeat = this.#deps.clock.after('event stream heartbeat', HEARTBEAT_MS, () => {
      if (this.#stalled === undefined) this.#write(HEARTBEAT);
      if (!this.#closed) this.#beat();
    });
  }
}
