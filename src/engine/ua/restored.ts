/**
 * restored: what the last life has left, taken up in its order: dialogs and what rang, before the transports open; what is to be sent
 * for it, after.
 */
import type { EngineKeeper } from '../dialog/keeper.js';
import type { Core } from './core.js';
import { RestoredDialogs } from './restored-dialogs.js';
import { RestoredInvites } from './restored-invites.js';

export class Restored {
  readonly ids: readonly string[];
  readonly #dialogs: RestoredDialogs;
  readonly #invites: RestoredInvites;

  /** The transports are not open yet. */
  constructor(core: Core, { dialogs, ringing }: EngineKeeper) {
    this.#dialogs = new RestoredDialogs(core, dialogs);
    this.#invites = new RestoredInvites(core, ringing);
    this.ids = this.#dialogs.ids;
  }

  /** They are. */
  begin(): void {
    this.#invites.begin();
  }

  endOthers(known: readonly string[]): void {
    this.#dialogs.endOthers(known);
  }
}
