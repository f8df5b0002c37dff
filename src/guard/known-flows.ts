/**
 * known-flows: from which address and port somebody proved a password lately: a neighbour's faults at the same address, or what is
 * forged in its name, do not keep such a phone out. Knows no accounts.
 */
import { forgetOldest } from '#kit/forget-oldest.js';

/** Longer than phones wait between two registrations. */
const KEPT_MS = 2 * 3_600_000;

export class KnownFlows {
  #most: number;
  /** Until when; the one that proved something longest ago is forgotten first. */
  readonly #untilMs = new Map<string, number>();

  constructor(most: number) {
    this.#most = most;
  }

  configure(most: number): void {
    this.#most = most;
    forgetOldest(this.#untilMs, most);
  }

  get size(): number {
    return this.#untilMs.size;
  }

  /** @returns true when others should be told: it is new, or half of its time is over. */
  add(source: string, port: number, nowMs: number): boolean {
    const flow = flowOf(source, port);
    const before = this.#untilMs.get(flow) ?? 0;
    if (before - nowMs > KEPT_MS / 2) return false;
    this.#untilMs.delete(flow);
    this.#untilMs.set(flow, nowMs + KEPT_MS);
    forgetOldest(this.#untilMs, this.#most);
    return true;
  }

  has(source: string, port: number, nowMs: number): boolean {
    return (this.#untilMs.get(flowOf(source, port)) ?? 0) > nowMs;
  }
}

/** Every port of a NAT is somebody else. */
export const flowOf = (source: string, port: number): string => `${source} ${port}`;
