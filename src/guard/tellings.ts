/**
 * tellings: a log line is not repeated as often as somebody knocks: once a minute for each thing there is to say, and not too many of them:
 * with forged addresses every datagram is a new thing to say.
 */
import { forgetOldest } from '#kit/forget-oldest.js';

const APART_MS = 60_000;
const MOST = 1000;
const LINES_A_MINUTE = 60;

export class Tellings {
  readonly #said = new Map<string, { atMs: number; unsaid: number }>();
  #minute = { endsMs: 0, lines: 0, unsaid: 0 };

  /** @returns how many times it was not said before; undefined: not now either. */
  say(what: string, nowMs: number): number | undefined {
    const before = this.#said.get(what);
    if (before !== undefined && nowMs - before.atMs < APART_MS) {
      before.unsaid += 1;
      return undefined;
    }
    if (!this.#hasRoom(nowMs)) return undefined;
    this.#said.delete(what);
    this.#said.set(what, { atMs: nowMs, unsaid: 0 });
    forgetOldest(this.#said, MOST);
    const unsaid = (before?.unsaid ?? 0) + this.#minute.unsaid;
    this.#minute.unsaid = 0;
    return unsaid;
  }

  #hasRoom(nowMs: number): boolean {
    if (nowMs >= this.#minute.endsMs) this.#minute = { ...this.#minute, endsMs: nowMs + APART_MS, lines: 0 };
    this.#minute.lines += 1;
    if (this.#minute.lines <= LINES_A_MINUTE) return true;
    this.#minute.unsaid += 1;
    return false;
  }
}
