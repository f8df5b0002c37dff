/**
 * same-proof: whoever came in before the configuration was read again may stay only while the same password or secret would let it in
 * again. Those of before the first reading came in by what was good then, and may stay as long as they are known.
 */
export class SameProof {
  #before: ReadonlyMap<string, string> = new Map();

  /** @param now what is in force from now on, by name. @returns whether this one may stay. */
  follow(now: ReadonlyMap<string, string>): (name: string) => boolean {
    const before = this.#before;
    this.#before = now;
    return (name) => now.has(name) && (before.get(name) ?? now.get(name)) === now.get(name);
  }
}
