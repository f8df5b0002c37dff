/**
 * crowd: who listens to which class of music in which codec, alone or not, and from when on those who come are given a common stream.
 * Those who are there already stay as they are. Pure.
 */

export class Crowd {
  readonly #from: (music: string) => number;
  /** Listeners by the stream they might share. */
  readonly #listeners = new Map<string, Set<string>>();
  readonly #streamOf = new Map<string, string>();
  readonly #crowded = new Set<string>();

  /** @param from so many listeners of a class are a crowd; 0: never. */
  constructor(from: (music: string) => number) {
    this.#from = from;
  }

  /** @returns whether this listener shares a stream. Once there is a crowd there is one until half of it has gone. */
  come(listener: string, music: string, stream: string): boolean {
    this.go(listener);
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners.add(listener));
    this.#streamOf.set(listener, stream);
    const from = this.#from(music);
    if (from === 0) this.#crowded.delete(stream);
    else if (listeners.size >= from) this.#crowded.add(stream);
    else if (listeners.size <= from / 2) this.#crowded.delete(stream);
    return this.#crowded.has(stream);
  }

  go(listener: string): void {
    const stream = this.#streamOf.get(listener);
    if (stream === undefined) return;
    this.#streamOf.delete(listener);
    const listeners = this.#listeners.get(stream);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.#listeners.delete(stream);
    this.#crowded.delete(stream);
  }

  clear(): void {
    this.#listeners.clear();
    this.#streamOf.clear();
    this.#crowded.clear();
  }

  get size(): number {
    return this.#streamOf.size;
  }
}
