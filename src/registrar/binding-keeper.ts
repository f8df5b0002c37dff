/**
 * binding-keeper: what is kept of registrations so that phones are reached after a restart without registering again. Types only.
 */
import type { Binding } from '#core/bindings.js';

/** What tells whether a password is the one that a registration was made with. */
export type Seal = Readonly<{ salt: string; proofs: readonly string[] }>;

export type KeptBindings = Readonly<{
  bindings: readonly Binding[];
  /** Learned: this phone would not have a hold with music. */
  refusedMusic: boolean;
  /** Absent: written by a version before. */
  seal?: Seal | undefined;
}>;

/** Never waits, never throws. */
export interface BindingKeeper {
  /** What the last life has left. To be read once, before anything changes. */
  left(): readonly (readonly [aor: string, kept: KeptBindings])[];
  /** @param what asked later, once for many changes; undefined: nobody is registered any more. */
  changed(aor: string, what: () => KeptBindings | undefined): void;
}
