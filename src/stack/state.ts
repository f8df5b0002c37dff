/**
 * state: everything the engine remembers: transactions by key and by name, dialogs by name and by tags. Owns the maps, decides nothing.
 */
import type { SipRequest } from '#sip/message.js';
import type { WheelTimer } from '../engine/timer-wheel.js';
import type { Flow } from '../engine/transport/flow.js';
import type { Dialog } from './dialog.js';
import type { Session } from './session.js';
import type { Transaction } from './transaction.js';

/** A request that came in and is not forgotten yet. */
export type ServerEntry = {
  readonly name: string;
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly tx: Transaction;
  readonly toTag: string;
  owner: Session | undefined;
  dialog: Dialog | undefined;
  answered: boolean;
  /** Ends the patience with an application that never answers. */
  deadline: WheelTimer | undefined;
  /** Sends the 2xx again until its ACK comes. */
  again: { text: string; round: number; timer: WheelTimer | undefined; lost: WheelTimer | undefined } | undefined;
  /** The CSeq of the next reliable provisional response (RFC 3262). */
  rseq: number;
};

/** A request of ours. */
export type ClientEntry = {
  readonly name: string;
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  readonly tx: Transaction;
  /** Undefined for requests of the engine itself. */
  readonly owner: Session | undefined;
  dialog: Dialog | undefined;
  readonly inDialog: boolean;
  cancel: 'no' | 'wanted' | 'sent';
  cancelText: string;
  ack: { text: string; flow: Flow } | undefined;
  /** To tags of 2xx that came. */
  readonly answeredBy: Set<string>;
};

const dialogKey = (callId: string, localTag: string, remoteTag: string): string => `${callId} ${localTag} ${remoteTag}`;

export class State {
  readonly servers = new Map<string, ServerEntry>();
  readonly serversByName = new Map<string, ServerEntry>();
  readonly merged = new Map<string, string>();
  readonly clients = new Map<string, ClientEntry>();
  readonly clientsByName = new Map<string, ClientEntry>();
  /** The INVITE whose 2xx waits for its ACK, by dialog and CSeq. */
  readonly waiting2xx = new Map<string, ServerEntry>();
  /** Our last INVITE in each dialog, for its ACK. */
  readonly inviteOf = new Map<string, ClientEntry>();
  readonly dialogs = new Map<string, Dialog>();
  readonly #byTags = new Map<string, Dialog>();

  addDialog(dialog: Dialog): void {
    this.dialogs.set(dialog.id, dialog);
    this.#byTags.set(dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag), dialog);
  }

  removeDialog(dialog: Dialog): void {
    if (this.dialogs.get(dialog.id) === dialog) this.dialogs.delete(dialog.id);
    this.#byTags.delete(dialogKey(dialog.callId, dialog.localTag, dialog.remoteTag));
    this.inviteOf.delete(dialog.id);
  }

  dialogByTags(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    return this.#byTags.get(dialogKey(callId, localTag, remoteTag));
  }

  close(): void {
    for (const { tx } of this.servers.values()) tx.close();
    for (const { tx } of this.clients.values()) tx.close();
  }
}
