/**
 * restored: what the last life has left, taken up in its order: dialogs and what rang, before the transports open; what is to be sent
 * for it, after.
 */
import { noLongerThan } from '#kit/no-longer-than.js';
import type { EngineKeeper } from '../dialog/keeper.js';
import type { Core } from './core.js';
import { RestoredDialogs } from './restored-dialogs.js';
import { RestoredInvites } from './restored-invites.js';

/** A disk that takes longer does not keep phones waiting. */
const DISK_MS = 2000;

export class Restored {
  readonly ids: readonly string[];
  readonly #dialogs: RestoredDialogs;
  readonly #invites: RestoredInvites;
  readonly #clock: Core['clock'];
  readonly #written: EngineKeeper['written'];

  /** The transports are not open yet. */
  constructor(core: Core, { dialogs, ringing, written }: EngineKeeper) {
    this.#clock = core.clock;
    this.#written = written;
    this.#dialogs = new RestoredDialogs(core, dialogs);
    this.#invites = new RestoredInvites(core, ringing);
    this.ids = this.#dialogs.ids;
  }

  /** The raised numbers of the dialogs are kept: a life that ends at once must not leave the next one to begin with them again. */
  async ready(): Promise<void> {
    if (this.ids.length === 0) return;
    await noLongerThan(DISK_MS, 'a slow disk', this.#clock, this.#written());
  }

  /** They are. */
  begin(): void {
    this.#invites.begin();
  }

  endOthers(known: readonly string[]): void {
    this.#dialogs.endOthers(known);
  }
}
