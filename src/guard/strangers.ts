/**
 * strangers: who asks for many numbers and proves none of them looks for numbers to guess at. Known and unknown numbers count alike,
 * so that being banned tells nobody which are ours.
 */
import { forgetOldest } from '#kit/forget-oldest.js';

type Asked = { numbers: Set<string>; endsMs: number };

export type StrangerLimits = Readonly<{ numbers: number; windowMs: number; remembered: number }>;

/** A From may be as long as a header; nobody's number is. */
const LONGEST = 64;

export class Strangers {
  #limits: StrangerLimits;
  readonly #asked = new Map<string, Asked>();

  constructor(limits: StrangerLimits) {
    this.#limits = limits;
  }

  configure(limits: StrangerLimits): void {
    this.#limits = limits;
    forgetOldest(this.#asked, limits.remembered);
  }

  /** A request without credentials. @returns true when this is one number too many. */
  asks(source: string, number: string, nowMs: number): boolean {
    const { numbers, windowMs, remembered } = this.#limits;
    if (numbers === 0) return false;
    const before = this.#asked.get(source);
    const asked =
      before === undefined || before.endsMs <= nowMs ? { numbers: new Set<string>(), endsMs: nowMs + windowMs } : before;
    asked.numbers.add(number.slice(0, LONGEST));
    this.#asked.delete(source);
    if (asked.numbers.size > numbers) return true;
    this.#asked.set(source, asked);
    forgetOldest(this.#asked, remembered);
    return false;
  }

  proves(source: string, number: string): void {
    const asked = this.#asked.get(source);
    asked?.numbers.delete(number);
    if (asked?.numbers.size === 0) this.#asked.delete(source);
  }
}
