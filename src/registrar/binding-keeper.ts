/**
 * binding-keeper: what is kept of registrations so that phones are reached after a restart without registering again. Types only.
 */
import type { Binding } from '#core/bindings.js';

export type KeptBindings = Readonly<{
  bindings: readonly Binding[];
  /** Learned: this phone would not have a hold with music. */
  refusedMusic: boolean;
}>;

/** Never waits, never throws. */
export interface BindingKeeper {
  /** What the last life has left. To be read once, before anything changes. */
  left(): readonly (readonly [aor: string, kept: KeptBindings])[];
  /** @param what asked later, once for many changes; undefined: nobody is registered any more. */
  changed(aor: string, what: () => KeptBindings | undefined): void;
}
