/**
 * binding-store: keeps who is registered where, and forgets them on time. Does not know SIP: registrar.ts decides what may be stored.
 */
import type { Binding } from '#core/bindings.js';
import type { Clock, Timer } from '#kit/clock.js';

/** Node's timers count to 2^31 - 1 ms and fire at once beyond; a longer wait is taken in steps. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class BindingStore {
  readonly #clock: Clock;
  readonly #bindings = new Map<string, readonly Binding[]>();
  readonly #timers = new Map<string, Timer>();
  readonly #expired: (aor: string, binding: Binding) => void;
  readonly #changed: (aor: string) => void;

  constructor(clock: Clock, expired: (aor: string, binding: Binding) => void, changed: (aor: string) => void) {
    this.#clock = clock;
    this.#expired = expired;
    this.#changed = changed;
  }

  get(aor: string): readonly Binding[] {
    return this.#bindings.get(aor) ?? [];
  }

  put(aor: string, bindings: readonly Binding[]): void {
    this.#timers.get(aor)?.cancel();
    this.#timers.delete(aor);
    this.#changed(aor);
    if (bindings.length === 0) {
      this.#bindings.delete(aor);
      return;
    }
    this.#bindings.set(aor, bindings);
    const nextMs = Math.min(...bindings.map((binding) => binding.expiresAtMs)) - this.#clock.now();
    this.#timers.set(
      aor,
      this.#clock.after(`bindings of ${aor} expire`, Math.min(Math.max(0, nextMs), LONGEST_WAIT_MS), () => this.#expire(aor)),
    );
  }

  #expire(aor: string): void {
    const nowMs = this.#clock.now();
    const bindings = this.get(aor);
    this.put(
      aor,
      bindings.filter((binding) => binding.expiresAtMs > nowMs),
    );
    for (const binding of bindings) if (binding.expiresAtMs <= nowMs) this.#expired(aor, binding);
  }

  *entries(): IterableIterator<readonly [aor: string, binding: Binding]> {
    for (const [aor, bindings] of this.#bindings) for (const binding of bindings) yield [aor, binding];
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
