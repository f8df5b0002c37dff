/**
 * hook-receiver: a real HTTP server on a free port that notes what webhooks bring, and answers as the test says.
 */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { until } from './until.js';

export type Note = Readonly<{
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  event: Readonly<{ seq: number; kind: string; callId?: string; aor?: string }>;
}>;

type Answering = (note: Note, response: ServerResponse) => void;

export class HookReceiver {
  readonly notes: Note[] = [];
  readonly #server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const note = { path: request.url ?? '', headers: request.headers, body, event: JSON.parse(body) as Note['event'] };
      this.notes.push(note);
      this.answer(note, response);
    });
  });
  /** Answers that are held back until the test lets them go. */
  readonly held: ServerResponse[] = [];
  answer: Answering = (_note, response) => void response.writeHead(204).end();
  #port = 0;

  static async open(t: Test): Promise<HookReceiver> {
    const receiver = new HookReceiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    receiver.#port = (receiver.#server.address() as AddressInfo).port;
    t.teardown(() => receiver.close());
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  get port(): number {
    return this.#port;
  }

  get seqs(): number[] {
    return this.notes.map(({ event }) => event.seq);
  }

  answerWith(status: number, headers: Readonly<Record<string, string>> = {}): void {
    this.answer = (_note, response) => void response.writeHead(status, headers).end();
  }

  holdBack(): void {
    this.answer = (_note, response) => void this.held.push(response);
  }

  has(count: number): Promise<void> {
    return until(`${count} requests at the receiver`, () => this.notes.length >= count);
  }

  closed = false;
  close(): Promise<void> {
    if (this.closed) return Promise.resolve();
    this.closed = true;
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}
