/**
 * event-stream: the events as server-sent events. A reader that does not read is cut, not buffered without end.
 */
import type { ServerResponse } from 'node:http';
import type { EventBus, NumberedEvent } from '#calls/event-bus.js';
import type { Clock, Timer } from '#kit/clock.js';
import { Busy } from '#kit/errors.js';

const MOST_STREAMS = 200;
const MOST_UNREAD_BYTES = 1024 * 1024;
/** Proxies cut connections that say nothing for a minute. */
const HEARTBEAT_MS = 15_000;

export class EventStreams {
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #open = new Set<ServerResponse>();

  constructor(bus: EventBus, clock: Clock) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** @param afterSeq replays what is kept after this number first. @throws Busy */
  open(response: ServerResponse, afterSeq: number | undefined): void {
    if (this.#open.size >= MOST_STREAMS) throw new Busy(`the limit of ${MOST_STREAMS} event streams is reached`, 10);
    this.#open.add(response);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    response.write(': holdfast events\n\n');
    const send = (event: NumberedEvent): void => this.#write(response, spell(event));
    if (afterSeq !== undefined) this.#bus.after(afterSeq).forEach(send);
    const unsubscribe = this.#bus.subscribe(send);
    let heartbeat: Timer;
    const beat = (): void => {
      this.#write(response, ': still here\n\n');
      heartbeat = this.#clock.after('event stream heartbeat', HEARTBEAT_MS, beat);
    };
    heartbeat = this.#clock.after('event stream heartbeat', HEARTBEAT_MS, beat);
    response.on('close', () => {
      heartbeat.cancel();
      unsubscribe();
      this.#open.delete(response);
    });
  }

  #write(response: ServerResponse, text: string): void {
    if (response.destroyed) return;
    if (response.writableLength > MOST_UNREAD_BYTES) response.destroy();
    else response.write(text);
  }

  close(): void {
    for (const response of this.#open) response.end();
    this.#open.clear();
  }
}

function spell({ seq, at, event }: NumberedEvent): string {
  return `id: ${seq}\nevent: ${event.kind}\ndata: ${JSON.stringify({ seq, at, ...event })}\n\n`;
}
