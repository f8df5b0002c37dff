/**
 * quiet-collector: gives memory back after a crowd has gone. V8 collects when something is allocated, so a house that has become quiet keeps
 * what it needed at its busiest for as long as nothing happens. A collection stops its thread for some ten milliseconds: it is done once,
 * when few are left whom that could concern.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock, Timer } from './clock.js';

export type QuietDeps = Readonly<{
  clock: Clock;
  /** How many there are now: calls, or dialogs. */
  count: () => number;
  collect?: () => void;
}>;

const LOOK_MS = 10_000;
/** Transactions of the last calls are over by then (RFC 3261 §17: 32 s). */
const QUIET_LOOKS = 4;
/** Fewer than this were no crowd. */
const CROWD = 200;
/** Of the crowd there are no more left than one in so many. */
const FEW = 10;

export class QuietCollector {
  readonly #deps: QuietDeps;
  #most = 0;
  #quietLooks = 0;
  #timer: Timer | undefined;

  constructor(deps: QuietDeps) {
    this.#deps = deps;
    this.#lookLater();
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookLater(): void {
    this.#timer = this.#deps.clock.after('is it quiet', LOOK_MS, () => {
      this.#lookLater();
      this.#look();
    });
  }

  #look(): void {
    const { count, collect = collectAll } = this.#deps;
    const now = count();
    this.#most = Math.max(this.#most, now);
    this.#quietLooks = this.#most >= CROWD && now * FEW <= this.#most ? this.#quietLooks + 1 : 0;
    if (this.#quietLooks < QUIET_LOOKS) return;
    this.#quietLooks = 0;
    this.#most = now;
    collect();
  }
}

function collectAll(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as (() => void) | undefined;
  gc?.();
}
