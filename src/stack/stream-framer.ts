/**
 * stream-framer: cuts a TCP stream into SIP messages by Content-Length (RFC 3261 §18.3), and answers keep-alives (RFC 5626 §4.4.1).
 */
import { readContentLength } from '#sip/parse.js';

const MOST_HEAD_BYTES = 64 * 1024;
const MOST_BODY_BYTES = 1024 * 1024;

export type Framed = Readonly<{ messages: readonly string[]; pings: number; fault?: string }>;

export class StreamFramer {
  #rest = '';

  push(chunk: string): Framed {
    this.#rest += chunk;
    const messages: string[] = [];
    let pings = 0;
    for (;;) {
      while (this.#rest.startsWith('\r\n')) {
        const double = this.#rest.startsWith('\r\n\r\n');
        if (double) pings++;
        this.#rest = this.#rest.slice(double ? 4 : 2);
      }
      const head = this.#rest.indexOf('\r\n\r\n');
      if (head < 0) {
        if (this.#rest.length > MOST_HEAD_BYTES) return { messages, pings, fault: 'a message head without an end' };
        return { messages, pings };
      }
      // A stream has no other end of a body: without a length there is none.
      const length = readContentLength(this.#rest.slice(0, head)) ?? 0;
      if (length > MOST_BODY_BYTES) return { messages, pings, fault: 'a body above the limit' };
      if (this.#rest.length < head + 4 + length) return { messages, pings };
      messages.push(this.#rest.slice(0, head + 4 + length));
      this.#rest = this.#rest.slice(head + 4 + length);
    }
  }
}
