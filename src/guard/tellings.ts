/**
 * tellings: a log line is not repeated as often as somebody knocks: once a minute for each thing there is to say.
 */
const APART_MS = 60_000;
const MOST = 1000;

export class Tellings {
  readonly #said = new Map<string, { atMs: number; unsaid: number }>();

  /** @returns how many times it was not said before; undefined: not now either. */
  say(what: string, nowMs: number): number | undefined {
    const before = this.#said.get(what);
    if (before !== undefined && nowMs - before.atMs < APART_MS) {
      before.unsaid += 1;
      return undefined;
    }
    this.#said.delete(what);
    this.#said.set(what, { atMs: nowMs, unsaid: 0 });
    const oldest = this.#said.keys().next();
    if (this.#said.size > MOST && oldest.done !== true) this.#said.delete(oldest.value);
    return before?.unsaid ?? 0;
  }
}
