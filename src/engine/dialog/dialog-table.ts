/**
 * dialog-table: owns the live dialogs, by the two names they are asked for: drachtio's id, and the three identifiers of
 * RFC 3261 §12. Several early dialogs of one forked INVITE share an id; the one that was heard last is found by it.
 */
import type { App } from '../link/app.js';
import type { LiveDialog } from './live-dialog.js';

export class DialogTable {
  readonly #limit: number;
  readonly #byId = new Map<string, LiveDialog>();
  readonly #byTags = new Map<string, LiveDialog>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byTags.size;
  }

  get full(): boolean {
    return this.#byTags.size >= this.#limit;
  }

  add(dialog: LiveDialog): void {
    const { callId, localTag, remoteTag } = dialog.facts;
    this.#byId.set(dialog.id, dialog);
    this.#byTags.set(tagsKey(callId, localTag, remoteTag), dialog);
  }

  /** Makes this one the dialog that its id means, of those that a fork made. */
  prefer(dialog: LiveDialog): void {
    this.#byId.set(dialog.id, dialog);
  }

  remove(dialog: LiveDialog): void {
    dialog.stop();
    const { callId, localTag, remoteTag } = dialog.facts;
    const key = tagsKey(callId, localTag, remoteTag);
    if (this.#byTags.get(key) === dialog) this.#byTags.delete(key);
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

  clear(): void {
    for (const dialog of this.#byTags.values()) dialog.stop();
    this.#byTags.clear();
    this.#byId.clear();
  }
}

const tagsKey = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;
