/**
 * dialog-table: owns the live dialogs, by the two names they are asked for: drachtio's id, and the three identifiers of
 * RFC 3261 §12. Several early dialogs of one forked INVITE share an id; the one that was heard last is found by it.
 */
import type { App } from '../link/app.js';
import { keptDialog, type DialogKeeper, type KeptDialog } from './keeper.js';
import type { LiveDialog } from './live-dialog.js';

export class DialogTable {
  readonly #limit: number;
  readonly #keeper: DialogKeeper | undefined;
  readonly #byId = new Map<string, LiveDialog>();
  readonly #byTags = new Map<string, LiveDialog>();

  /** @param keeper hears of every dialog that is up. */
  constructor(limit: number, keeper?: DialogKeeper) {
    this.#limit = limit;
    this.#keeper = keeper;
  }

  get size(): number {
    return this.#byTags.size;
  }

  get full(): boolean {
    return this.#byTags.size >= this.#limit;
  }

  add(dialog: LiveDialog): void {
    const { callId, localTag, remoteTag } = dialog.facts;
    const key = tagsKey(callId, localTag, remoteTag);
    this.#byId.set(dialog.id, dialog);
    this.#byTags.set(key, dialog);
    const keeper = this.#keeper;
    if (keeper === undefined) return;
    const what = (): KeptDialog => keptDialog(dialog.facts);
    dialog.keep = () => keeper.changed(key, what);
    dialog.changed();
  }

  /** Makes this one the dialog that its id means, of those that a fork made. */
  prefer(dialog: LiveDialog): void {
    this.#byId.set(dialog.id, dialog);
  }

  remove(dialog: LiveDialog): void {
    dialog.stop();
    const { callId, localTag, remoteTag } = dialog.facts;
    const key = tagsKey(callId, localTag, remoteTag);
    dialog.keep = undefined;
    if (this.#byTags.get(key) === dialog) {
      this.#byTags.delete(key);
      if (dialog.confirmed) this.#keeper?.gone(key);
    }
    if (this.#byId.get(dialog.id) === dialog) this.#byId.delete(dialog.id);
  }

  byId(id: string): LiveDialog | undefined {
    return this.#byId.get(id);
  }

  /** RFC 3261 §12.2.2: a request of the peer carries our tag in To and its own in From. */
  byTags(callId: string, localTag: string, remoteTag: string): LiveDialog | undefined {
    return this.#byTags.get(tagsKey(callId, localTag, remoteTag));
  }

  ownedBy(owner: App | undefined): LiveDialog[] {
    return [...this.#byTags.values()].filter((dialog) => dialog.owner === owner);
  }

  /** The engine stops: what is kept of them stays kept. */
  clear(): void {
    for (const dialog of this.#byTags.values()) dialog.stop();
    this.#byTags.clear();
    this.#byId.clear();
  }
}

const tagsKey = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;
