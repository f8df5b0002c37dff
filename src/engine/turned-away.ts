/**
 * turned-away: how many requests were refused or not answered, by the reason; told to whoever shows figures, at most once a second.
 */
import type { DoorReason } from '#guard/door.js';
import type { Clock } from '#kit/clock.js';

/** `overload`: there was too much to do; `full`: a limit of limits.yaml. The others are the door's. */
export type TurnedAwayWhy = DoorReason | 'overload' | 'full';
export type TurnedAwayCounts = Readonly<Partial<Record<TurnedAwayWhy, number>>>;

const APART_MS = 1000;

export class TurnedAway {
  readonly #clock: Clock;
  readonly #tell: ((counts: TurnedAwayCounts) => void) | undefined;
  readonly #counts: Partial<Record<TurnedAwayWhy, number>> = {};
  #telling = false;

  constructor(clock: Clock, tell?: (counts: TurnedAwayCounts) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  count(why: TurnedAwayWhy): void {
    this.#counts[why] = (this.#counts[why] ?? 0) + 1;
    if (this.#tell === undefined || this.#telling) return;
    this.#telling = true;
    this.#clock.after('turned away', APART_MS, () => {
      this.#telling = false;
      this.#tell?.({ ...this.#counts });
    });
  }
}
