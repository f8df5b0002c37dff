/**
 * stream-framer: cuts a TCP stream into SIP messages by Content-Length (RFC 3261 §18.3), however the network cut it; pure.
 * Keep-alives are counted here and answered by the transport (RFC 5626 §4.4.1).
 */
import { MAX_HEAD_BYTES, readContentLength } from '#sip/parse.js';

export const MAX_BODY_BYTES = 1024 * 1024;

const NO_LENGTH = 'no length that could be read';

export type Framed = Readonly<{ messages: readonly string[]; pings: number; fault?: string }>;

export class StreamFramer {
  #rest = '';
  /** How far the blank line was already looked for, so that a slow sender does not make us read the same bytes again and again. */
  #searched = 0;
  /** Length of the whole message at the front, once its head is known. */
  #expected: number | undefined;
  /** Empty lines between messages that are not yet half of a ping. */
  #emptyLines = 0;

  /** Something has begun and is not complete: the transport gives it a deadline. */
  get midMessage(): boolean {
    return this.#rest.length > 0;
  }

  push(chunk: string): Framed {
    this.#rest += chunk;
    const messages: string[] = [];
    let pings = 0;
    for (;;) {
      if (this.#expected === undefined) {
        pings += this.#skipEmptyLines();
        const fault = this.#readHead();
        // Its head is enough to answer it with; what follows is nobody's.
        if (fault === NO_LENGTH) messages.push(this.#rest.slice(0, this.#expected));
        if (fault !== undefined) return { messages, pings, fault };
      }
      if (this.#expected === undefined || this.#rest.length < this.#expected) return { messages, pings };
      messages.push(this.#rest.slice(0, this.#expected));
      this.#rest = this.#rest.slice(this.#expected);
      this.#expected = undefined;
      this.#searched = 0;
    }
  }

  /** RFC 5626 §4.4.1: a double CRLF between messages is a ping; a single one is a pong, or an empty line to be passed over (§7.5). */
  #skipEmptyLines(): number {
    let at = 0;
    while (this.#rest.startsWith('\r\n', at)) at += 2;
    if (at === 0) return 0;
    this.#rest = this.#rest.slice(at);
    this.#searched = 0;
    // A ping whose two CRLF come in two pieces is answered too: one CRLF at the front counts with its neighbour.
    this.#emptyLines += at / 2;
    const pings = Math.floor(this.#emptyLines / 2);
    this.#emptyLines %= 2;
    return pings;
  }

  #readHead(): string | undefined {
    if (this.#rest === '') return undefined;
    const end = this.#rest.indexOf('\r\n\r\n', Math.max(0, this.#searched - 3));
    this.#searched = this.#rest.length;
    if (end > MAX_HEAD_BYTES || (end < 0 && this.#rest.length > MAX_HEAD_BYTES)) return 'a message head above the limit';
    if (end < 0) {
      if (this.#rest !== '\r') this.#emptyLines = 0;
      return undefined;
    }
    this.#emptyLines = 0;
    // RFC 3261 §20.14: over a stream Content-Length must be there; without one there is no body.
    const length = readContentLength(this.#rest.slice(0, end));
    this.#expected = end + 4;
    if (length === undefined) return NO_LENGTH;
    if (length > MAX_BODY_BYTES) return 'a message body above the limit';
    this.#expected += length;
    return undefined;
  }
}
