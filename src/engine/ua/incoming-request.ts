/**
 * incoming-request: a request of a peer, from the moment an application is told of it until its final response. Every request
 * gets one, at a stated time, whether or not the application ever answers.
 */
import { newTag } from '#kit/ids.js';
import { reasonPhrase } from '#sip/status.js';
import { keptFlow } from '../dialog/keeper.js';
import type { LiveDialog, OpenRequest } from '../dialog/live-dialog.js';
import { ownText } from '#kit/own-text.js';
import type { RepeatUntil } from '../dialog/repeat-until.js';
import type { App, ReadMark } from '../link/app.js';
import { wireTime } from '../link/link-messages.js';
import type { WheelTimer } from '../timer-wheel.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Arrived } from '../transaction/transaction-layer.js';
import { composeResponse, type Answer } from './compose-response.js';
import type { Core } from './core.js';

const RETRY_SOON = { name: 'Retry-After', value: '2' } as const;

export class IncomingRequest implements OpenRequest {
  readonly arrived: Arrived;
  readonly transaction: ServerTransaction;
  readonly app: App;
  /** The dialog it came in, or the one its provisional or final response made. */
  dialog: LiveDialog | undefined;
  /** RFC 3262: provisional responses that wait for their PRACK, by RSeq. */
  reliable: Map<number, RepeatUntil> | undefined;
  /** Where the application was told of it: its answer proves that it has read so far. */
  told: ReadMark | undefined;
  readonly #core: Core;
  readonly #inDialog: boolean;
  /** RFC 3262: the RSeq given last. */
  lastRSeq: number | undefined;
  #toTag: string | undefined;
  #deadline: WheelTimer | undefined;
  #finished = false;

  constructor(core: Core, arrived: Arrived, transaction: ServerTransaction, app: App, dialog?: LiveDialog) {
    this.#core = core;
    this.arrived = arrived;
    this.transaction = transaction;
    this.app = app;
    this.dialog = dialog;
    this.#inDialog = dialog !== undefined;
    this.#toTag = dialog?.facts.localTag;
    core.incoming.set(transaction.id, this);
    if (this.#opensCall) core.open.add(ownText(arrived.facts.callId));
    dialog?.openRequests.add(this);
    this.#startDeadline();
  }

  get id(): string {
    return this.transaction.id;
  }

  get method(): string {
    return this.arrived.request.method;
  }

  /** It came in a dialog that was there before: a re-INVITE is told from an INVITE by this. */
  get inDialog(): boolean {
    return this.#inDialog;
  }

  get #opensCall(): boolean {
    return !this.#inDialog && this.method === 'INVITE';
  }

  /** RFC 3261 §8.2.6.2: one tag for all responses. The application may choose it with its first. */
  toTag(wanted?: string): string {
    this.#toTag ??= wanted === undefined ? newTag() : ownText(wanted);
    return this.#toTag;
  }

  tellApp(): void {
    const { text, flow } = this.arrived;
    this.app.notify({
      source: 'network',
      bytes: text.length,
      protocol: flow.protocol,
      peer: flow.remote,
      time: wireTime(this.#core.clock.now()),
      transactionId: this.id,
      dialogId: this.dialog?.id ?? '',
      ...(this.#inDialog ? {} : { arrivedOn: flow.local }),
      text,
    });
    this.told = this.app.mark();
  }

  /** It rings: another life must not leave the caller waiting for ever. */
  keep(): void {
    const { key, flow } = this.transaction;
    const { callId, fromTag } = this.arrived.facts;
    const answer = { status: 503, reason: reasonPhrase(503), headers: [RETRY_SOON], toTag: this.toTag() };
    this.#core.keeper?.ringing.changed(key, () => {
      const refusal = composeResponse(this.arrived, answer);
      return { kind: 'theirs', key, callId, fromTag, refusal, flow: keptFlow(flow) };
    });
  }

  /** @returns the response as sent. */
  respond(answer: Answer): string {
    const text = composeResponse(this.arrived, { ...answer, toTag: answer.status === 100 ? undefined : this.toTag() });
    this.transaction.answer(answer.status, text);
    if (answer.status >= 200) this.finish();
    else this.#startDeadline();
    return text;
  }

  /** Its connection has closed, and with it the way for an answer: nothing is left that a timer would end. */
  unanswerable(): void {
    if (this.#finished) return;
    this.finish();
    this.transaction.close();
    if (this.dialog !== undefined && !this.#inDialog) this.#core.dialogs.remove(this.dialog);
  }

  /** The engine's own final response; the early dialog of an INVITE goes with it. */
  refuse(status: number, reason = reasonPhrase(status), headers: Answer['headers'] = []): void {
    if (this.#finished) return;
    this.respond({ status, reason, headers });
    if (this.dialog !== undefined && !this.#inDialog) this.#core.dialogs.remove(this.dialog);
  }

  /** Answered, or not to be answered any more; finishing twice is finishing once. */
  finish(): void {
    this.#finished = true;
    this.#deadline?.cancel();
    if (this.#opensCall) {
      this.#core.open.delete(this.arrived.facts.callId);
      this.#core.keeper?.ringing.gone(this.transaction.key);
    }
    for (const repeat of this.reliable?.values() ?? []) repeat.stop();
    this.reliable = undefined;
    this.#core.incoming.delete(this.id);
    this.dialog?.openRequests.delete(this);
  }

  due(_name: 'unanswered'): void {
    this.#core.log.warn({ method: this.method, callId: this.arrived.facts.callId }, 'the application did not answer');
    if (this.method === 'BYE') return this.refuse(200, 'OK'); // the dialog is gone whatever the application thinks
    if (this.method !== 'INVITE') return this.refuse(504); // RFC 4320 §4.2: never 408
    if (this.#inDialog) this.refuse(500, undefined, [{ name: 'Retry-After', value: '5' }]);
    else this.refuse(408);
  }

  #startDeadline(): void {
    this.#deadline?.cancel();
    const { inviteAnswerMs, reinviteAnswerMs, requestAnswerMs } = this.#core.limits;
    const ms = this.method !== 'INVITE' ? requestAnswerMs : this.#inDialog ? reinviteAnswerMs : inviteAnswerMs;
    this.#deadline = this.#core.wheel.start(this, 'unanswered', ms);
  }
}
