/**
 * crowd: who listens to which class of music in which codec, alone or not, and from when on those who come are given a common stream, and
 * all of them long packets. Pure.
 */

/** `few`: each is played to alone. */
export type CrowdSize = 'few' | 'many' | 'very-many';

/** So many listeners of a class are many, and so many very many; 0: never. */
export type CrowdLimits = Readonly<{ many: (music: string) => number; veryMany: number }>;

export class Crowd {
  readonly #limits: CrowdLimits;
  /** Listeners by the stream they might share. */
  readonly #listeners = new Map<string, Set<string>>();
  readonly #streamOf = new Map<string, string>();
  readonly #many = new Set<string>();
  readonly #veryMany = new Set<string>();

  constructor(limits: CrowdLimits) {
    this.#limits = limits;
  }

  /** @returns how many share what this one could share. Once they are many they are until half of those have gone, and so with very many. */
  come(listener: string, music: string, stream: string): CrowdSize {
    this.go(listener);
    const listeners = this.#listeners.get(stream) ?? new Set();
    this.#listeners.set(stream, listeners.add(listener));
    this.#streamOf.set(listener, stream);
    return this.sizeOf(music, stream);
  }

  sizeOf(music: string, stream: string): CrowdSize {
    const { many, veryMany } = this.#limits;
    const size = this.#listeners.get(stream)?.size ?? 0;
    mark(this.#many, stream, size, many(music));
    mark(this.#veryMany, stream, size, veryMany);
    if (!this.#many.has(stream)) return 'few';
    return this.#veryMany.has(stream) ? 'very-many' : 'many';
  }

  go(listener: string): void {
    const stream = this.#streamOf.get(listener);
    if (stream === undefined) return;
    this.#streamOf.delete(listener);
    const listeners = this.#listeners.get(stream);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.#listeners.delete(stream);
    this.#many.delete(stream);
    this.#veryMany.delete(stream);
  }

  clear(): void {
    this.#listeners.clear();
    this.#streamOf.clear();
    this.#many.clear();
    this.#veryMany.clear();
  }

  get size(): number {
    return this.#streamOf.size;
  }
}

/** It falls out at half of what let it in: a number that goes up and down by one does not switch each time. */
function mark(marked: Set<string>, stream: string, size: number, from: number): void {
  if (from === 0 || size <= from / 2) marked.delete(stream);
  else if (size >= from) marked.add(stream);
}
