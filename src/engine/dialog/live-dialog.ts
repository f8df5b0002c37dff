/**
 * live-dialog: a dialog while it is up: what it is (dialog.ts), which application owns it, and what is under way in it.
 */
import type { App, ReadMark } from '../link/app.js';
import type { DialogFacts } from './dialog.js';
import type { RepeatUntil } from './repeat-until.js';

/** A request of the peer in this dialog that the application has not answered. */
export interface OpenRequest {
  readonly method: string;
  /** Ends it with a final response of the engine's own. */
  refuse(status: number, reason?: string): void;
}

/** An INVITE of ours that was answered with 2xx: its ACK is sent again whenever the 2xx comes again. */
export interface AnsweredInvite {
  readonly cseq: number;
  readonly acknowledged: boolean;
  /** @returns the ACK as sent, or why it could not be sent. */
  acknowledge(headers: readonly Readonly<{ name: string; value: string }>[], body: string): string;
}

/** An INVITE of ours that may ring at several phones, each with an early dialog of its own and all under one id. */
export interface RingingInvite {
  /** The dialog whose reliable response with this RSeq has not been acknowledged; of two, the one that came first. */
  prackedNow(rseq: number): LiveDialog | undefined;
}

/** What is to be known of the life before. */
export type LastLife = Readonly<{
  /** No request of that life had a higher number. */
  lastCSeq: number;
  /** How often the 2xx to each INVITE of that life has been acknowledged in this one. */
  acked: Map<number, number>;
}>;

export class LiveDialog {
  readonly facts: DialogFacts;
  /** Undefined while its application is gone and no other has taken over. */
  owner: App | undefined;
  #confirmed = false;
  /** Set by the table while somebody keeps what becomes of it. */
  keep: (() => void) | undefined;
  /** It was up before this engine was. */
  lastLife: LastLife | undefined;
  /** What the application must have read before it is handed the next request: the reply to its 200, and the ACK. */
  readMark: ReadMark | undefined;
  /** Our 2xx that waits for its ACK. */
  unacknowledged: Readonly<{ cseq: number; transactionId: string; repeat: RepeatUntil }> | undefined;
  /** CSeq of the last ACK handed on, so that a repeated one is not. */
  ackedCSeq: number | undefined;
  /** While it is early. */
  rings: RingingInvite | undefined;
  /** INVITEs of ours whose connection closed before their answer, and how often each has been acknowledged since. */
  readonly unheard = new Map<number, number>();
  readonly openRequests = new Set<OpenRequest>();
  readonly #answered: AnsweredInvite[] = [];

  constructor(facts: DialogFacts, owner: App | undefined) {
    this.facts = facts;
    this.owner = owner;
  }

  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** From here on it is a dialog to go on with after a restart; one that rings is not. */
  confirm(): void {
    this.#confirmed = true;
    this.changed();
  }

  /** Its facts have changed. */
  changed(): void {
    if (this.#confirmed) this.keep?.();
  }

  get id(): string {
    return this.facts.id;
  }

  /** The 2xx that the application's next ACK is for: the oldest that has none. */
  get waitingForAck(): AnsweredInvite | undefined {
    return this.#answered.find((invite) => !invite.acknowledged);
  }

  answered(invite: AnsweredInvite): void {
    this.#answered.push(invite);
  }

  forget(invite: AnsweredInvite): void {
    const at = this.#answered.indexOf(invite);
    if (at >= 0) this.#answered.splice(at, 1);
  }

  /** The next number for a request of ours (RFC 3261 §12.2.1.1). */
  nextCSeq(): number {
    this.facts.localCSeq++;
    this.changed();
    return this.facts.localCSeq;
  }

  /** Nothing of it is sent any more. */
  stop(): void {
    this.unacknowledged?.repeat.stop();
    this.unacknowledged = undefined;
  }
}
