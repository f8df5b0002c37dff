/**
 * restored-leg: a dialog of the program's last life, and who is on it. How it came to be does not matter any more: no INVITE is open on
 * it, so everything there is to say stands in leg-dialog.ts.
 */
import type { LegId } from '#calls/ports.js';
import type { StoredLeg } from '#calls/store-port.js';
import type { Login } from '#sip/digest.js';
import { LegDialog, type LegDeps } from './leg-dialog.js';

export class RestoredLeg extends LegDialog {
  readonly #stored: StoredLeg;

  constructor(id: LegId, deps: LegDeps, stored: StoredLeg, login: Login | undefined) {
    super(id, deps);
    this.#stored = stored;
    this.credentials = login;
    this.session.restore(stored.session);
    this.knowKeys(stored.keys);
  }

  /** Once it stands in the table: from now on what comes in on the dialog finds it, and others may name it (RFC 3891). */
  begin(): void {
    this.setDialog(this.#stored.dialogId);
    this.setName(this.#stored.name);
  }
}
