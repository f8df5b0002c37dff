/**
 * early: those who came to a class of music before its crowd was big, and hear it alone or in short packets until somebody asks for them. Pure.
 */
export class Early<T> {
  readonly #crowds = new Map<string, Map<string, T>>();
  readonly #crowdOf = new Map<string, string>();

  /** @param name of the listener, who is in one crowd only. */
  add(crowd: string, name: string, one: T): void {
    this.remove(name);
    const waiting = this.#crowds.get(crowd) ?? new Map<string, T>();
    this.#crowds.set(crowd, waiting.set(name, one));
    this.#crowdOf.set(name, crowd);
  }

  get(name: string): T | undefined {
    return this.#crowds.get(this.#crowdOf.get(name) ?? '')?.get(name);
  }

  /** Removing twice is removing once. */
  remove(name: string): void {
    const crowd = this.#crowdOf.get(name);
    if (crowd === undefined) return;
    this.#crowdOf.delete(name);
    const waiting = this.#crowds.get(crowd);
    waiting?.delete(name);
    if (waiting?.size === 0) this.#crowds.delete(crowd);
  }

  /** All of a crowd, who wait no longer then. */
  take(crowd: string): readonly T[] {
    const waiting = this.#crowds.get(crowd);
    if (waiting === undefined) return [];
    this.#crowds.delete(crowd);
    for (const name of waiting.keys()) this.#crowdOf.delete(name);
    return [...waiting.values()];
  }

  /** One of each crowd that anybody waits for. */
  oneOfEach(): readonly T[] {
    return [...this.#crowds.values()].flatMap((waiting) => [...waiting.values()].slice(0, 1));
  }

  clear(): void {
    this.#crowds.clear();
    this.#crowdOf.clear();
  }

  get size(): number {
    return this.#crowdOf.size;
  }
}
