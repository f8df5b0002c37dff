/**
 * leg-table: which leg of which call a drachtio dialog belongs to, and the other way round. Nothing else.
 */
import type { LegId } from '#calls/ports.js';
import { DialogNames } from './dialog-names.js';
import type { RestoredLeg } from './restored-leg.js';
import type { UacLeg } from './uac-leg.js';
import type { UasLeg } from './uas-leg.js';

export type SipLeg = UacLeg | UasLeg | RestoredLeg;

const keyOf = (leg: LegId): string => `${leg.callId} ${leg.role}`;

export class LegTable {
  readonly #legs = new Map<string, SipLeg>();
  readonly #byDialog = new Map<string, SipLeg>();
  readonly names = new DialogNames<SipLeg>();

  add(leg: SipLeg): void {
    this.#legs.set(keyOf(leg.id), leg);
  }

  /** From now on in-dialog requests with this drachtio dialog id belong to the leg. */
  nameDialog(leg: SipLeg, dialogId: string): void {
    this.#byDialog.set(dialogId, leg);
  }

  find(id: LegId): SipLeg | undefined {
    return this.#legs.get(keyOf(id));
  }

  ofDialog(dialogId: string | undefined): SipLeg | undefined {
    return dialogId === undefined || dialogId === '' ? undefined : this.#byDialog.get(dialogId);
  }

  peerOf(leg: SipLeg): SipLeg | undefined {
    return this.find({ callId: leg.id.callId, role: leg.id.role === 'caller' ? 'callee' : 'caller' });
  }

  /** @returns false when there is no such leg. */
  move(from: LegId, to: LegId): boolean {
    const leg = this.find(from);
    if (leg === undefined) return false;
    this.#legs.delete(keyOf(from));
    leg.become(to);
    this.#legs.set(keyOf(to), leg);
    return true;
  }

  remove(id: LegId): void {
    const leg = this.find(id);
    this.#legs.delete(keyOf(id));
    if (leg === undefined) return;
    this.names.remove(leg);
    if (leg.dialogId !== undefined) this.#byDialog.delete(leg.dialogId);
  }
}
