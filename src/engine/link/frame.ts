/**
 * frame: `length#payload`, the framing of the drachtio wire protocol, byte by byte; pure.
 * Text is latin1 here, so `length` is the byte count that drachtio-srf reads and writes. What the payload says is link-messages' business.
 */

/** A frame above this closes the connection: no SIP message of ours comes near it. */
export const MAX_FRAME_BYTES = 1_048_576;

/** `1048576` has seven digits; a longer number is a peer that speaks something else. */
const MAX_LENGTH_DIGITS = 7;

export function writeFrame(payload: string): string {
  return `${payload.length}#${payload}`;
}

export type FrameResult = Readonly<{ kind: 'frames'; payloads: readonly string[] } | { kind: 'bad'; why: string }>;

/** Collects chunks of a connection, however they were cut, into payloads. */
export class FrameReader {
  readonly #maxBytes: number;
  #rest = '';
  /** Payload length already read from the wire, while the payload itself is still on its way. */
  #expected: number | undefined;

  constructor(maxBytes = MAX_FRAME_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that wait for the rest of their frame. */
  get pendingBytes(): number {
    return this.#rest.length;
  }

  push(chunk: string): FrameResult {
    this.#rest = this.#rest === '' ? chunk : this.#rest + chunk;
    const payloads: string[] = [];
    let at = 0;
    for (;;) {
      if (this.#expected === undefined) {
        const length = readLength(this.#rest, at);
        if (length.kind === 'bad') return length;
        if (length.kind === 'short') break;
        if (length.bytes > this.#maxBytes) return { kind: 'bad', why: `a frame of ${length.bytes} bytes is above the limit` };
        this.#expected = length.bytes;
        at = length.next;
      }
      if (this.#rest.length - at < this.#expected) break;
      payloads.push(this.#rest.slice(at, at + this.#expected));
      at += this.#expected;
      this.#expected = undefined;
    }
    if (at > 0) this.#rest = this.#rest.slice(at);
    return { kind: 'frames', payloads };
  }
}

type Length = Readonly<{ kind: 'length'; bytes: number; next: number } | { kind: 'short' } | { kind: 'bad'; why: string }>;

function readLength(text: string, from: number): Length {
  let bytes = 0;
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x23) {
      if (at === from || bytes === 0) return { kind: 'bad', why: 'a frame without a length' };
      return { kind: 'length', bytes, next: at + 1 };
    }
    if (code < 0x30 || code > 0x39) return { kind: 'bad', why: 'a frame length that is not a number' };
    if (at - from >= MAX_LENGTH_DIGITS) return { kind: 'bad', why: 'a frame length with too many digits' };
    bytes = bytes * 10 + (code - 0x30);
  }
  return { kind: 'short' };
}
