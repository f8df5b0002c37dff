/**
 * app-loss: an application disconnects. What only it could have answered is ended; dialogs that are up stay up and wait for an
 * heir: itself, connected anew, or another application with the same secret.
 */
import type { App } from '../link/app.js';
import type { WheelTarget } from '../timer-wheel.js';
import type { Core } from './core.js';
import { endDialog } from './engine-requests.js';

/** drachtio-srf forgets the callbacks of a broken connection, so requests that are under way have nobody left. */
export function appIsGone(core: Core, app: App): void {
  for (const incoming of [...core.incoming.values()]) {
    if (incoming.app === app) incoming.refuse(incoming.method === 'BYE' ? 200 : 503);
  }
  for (const outgoing of [...core.outgoing.values()]) if (outgoing.app === app) outgoing.abandon();
  const orphans = core.dialogs.ownedBy(app);
  if (orphans.length === 0) return;
  for (const dialog of orphans) dialog.owner = undefined;
  core.log.warn({ dialogs: orphans.length }, 'dialogs without an application wait for one to connect');
  watchOrphans(core);
}

/** Dialogs have no application: when none comes, they are ended. */
export function watchOrphans(core: Core): void {
  core.wheel.start(new OrphanWatch(core), 'orphans', core.limits.orphanMs);
}

class OrphanWatch implements WheelTarget<'orphans'> {
  readonly #core: Core;

  constructor(core: Core) {
    this.#core = core;
  }

  /** Nobody came: the phones would talk, or wait, for ever. */
  due(): void {
    if (this.#core.roster.size > 0) return;
    for (const dialog of this.#core.dialogs.ownedBy(undefined))
      endDialog(this.#core, dialog, 'SIP;cause=503;text="Application gone"');
  }
}
