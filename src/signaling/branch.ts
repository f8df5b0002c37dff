/**
 * branch: one INVITE to one target: its provisional answers, its final one, its CANCEL, one more try with credentials, and one with a
 * longer session.
 */
import type { DialOptions, DialTarget, SessionTerms, SipReason } from '#calls/ports.js';
import type { Logger } from '#kit/log.js';
import type { FinalRefusal } from './best-refusal.js';
import { answerChallenge, isStale } from './client-digest.js';
import { EarlyAnswer, isReliable } from './early-answer.js';
import { DialogSession } from './dialog-session.js';
import { inviteHeaders } from './invite-headers.js';
import type { LegDeps } from './leg-dialog.js';
import { bodyOf, reasonHeader } from './sip-words.js';
import { IN_DIALOG, type AckFunction, type Headers, type Srf, type SrfRequest, type SrfResponse } from './srf.js';

/** One, and one more where its nonce was too old. */
const MOST_CHALLENGES = 2;

export type BranchAnswer = Readonly<{
  dialogId: string | undefined;
  sdp: string | undefined;
  session: SessionTerms;
  ack: AckFunction;
  response: SrfResponse;
}>;

export type BranchEvents = Readonly<{
  progressed: (branch: Branch, status: number, sdp: string | undefined) => void;
  answered: (branch: Branch, answer: BranchAnswer) => void;
  refused: (branch: Branch, refusal: FinalRefusal) => void;
  /** An UPDATE of the phone that rings. */
  updated: (branch: Branch, update: SrfRequest, answer: SrfResponse) => void;
}>;

export class Branch {
  readonly session: DialogSession;
  readonly early: EarlyAnswer;
  readonly #srf: Srf;
  readonly #options: DialOptions;
  readonly #target: DialTarget;
  readonly #log: Logger;
  readonly #events: BranchEvents;
  #request: SrfRequest | undefined;
  #cancelReason: SipReason | undefined;
  #final = false;
  #credentials: Headers = {};
  #challenges = 0;
  #triedLonger = false;
  /** RFC 3261 §12.1: a provisional response with a To tag has made one. */
  #ringing: Readonly<{ dialogId: string; response: SrfResponse }> | undefined;

  constructor(
    deps: Pick<LegDeps, 'srf' | 'session'>,
    options: DialOptions,
    target: DialTarget,
    log: Logger,
    events: BranchEvents,
  ) {
    this.#srf = deps.srf;
    this.session = new DialogSession(deps.session);
    this.#options = options;
    this.early = new EarlyAnswer(options.offer);
    this.#target = target;
    this.#log = log;
    this.#events = events;
  }

  get uri(): string {
    return this.#target.uri;
  }

  get credentials(): DialTarget['credentials'] {
    return this.#target.credentials;
  }

  /** What rings here has said, and the dialog it can be spoken to in; undefined once it has answered, or before it rings. */
  get ringing(): Readonly<{ dialogId: string; response: SrfResponse }> | undefined {
    return this.#final || this.#cancelReason !== undefined ? undefined : this.#ringing;
  }

  start(): void {
    const { uri, nextHop } = this.#target;
    const { offer } = this.#options;
    this.#srf.request(
      {
        method: 'INVITE',
        uri,
        ...(nextHop === undefined ? {} : { proxy: nextHop }),
        headers: { ...inviteHeaders(this.#options, this.#target), ...this.session.asks, ...this.#credentials },
        ...(offer === undefined ? {} : { body: offer }),
      },
      (error, request) => {
        if (error || request === undefined) return this.#refused({ status: 503, reason: error?.message ?? 'not sent' });
        this.#request = request;
        request.on('response', (response, ack) => this.#onResponse(response, ack));
        request.on('update', (update, answer) => this.#events.updated(this, update, answer));
        if (this.#cancelReason !== undefined) this.#sendCancel(request, this.#cancelReason);
      },
    );
  }

  /** RFC 3261 §9.1. The engine keeps it back until a provisional response has come. */
  cancel(reason: SipReason): void {
    if (this.#final || this.#cancelReason !== undefined) return;
    this.#cancelReason = reason;
    if (this.#request !== undefined) this.#sendCancel(this.#request, reason);
  }

  #sendCancel(request: SrfRequest, reason: SipReason): void {
    request.cancel({ headers: { Reason: reasonHeader(reason) } }, (error) => {
      if (error) this.#log.debug({ why: error.message }, 'CANCEL not sent: the INVITE has ended');
    });
  }

  hangUp(answer: BranchAnswer, reason: SipReason): void {
    answer.ack();
    if (answer.dialogId === undefined) return;
    const headers = { Reason: reasonHeader(reason) };
    this.#srf.request({ method: 'BYE', uri: IN_DIALOG, stackDialogId: answer.dialogId, headers }, (error) => {
      if (error) this.#log.debug({ why: error.message }, 'BYE not sent: the dialog is gone');
    });
  }

  #onResponse(response: SrfResponse, ack: AckFunction): void {
    const { status } = response;
    if (status <= 100) return;
    if (status < 200) return this.#onProvisional(response, ack);
    if (status < 300) {
      this.#final = true;
      return this.#events.answered(this, {
        dialogId: response.stackDialogId,
        sdp: this.early.inForce(response),
        session: this.session.agreed(response),
        ack,
        response,
      });
    }
    if ((status === 401 || status === 407) && this.#retryWithCredentials(response)) return;
    if (status === 422 && this.#retryLonger(response)) return;
    this.#refused({ status, reason: response.reason });
  }

  #onProvisional(response: SrfResponse, ack: AckFunction): void {
    if (isReliable(response)) {
      ack(); // drachtio-srf makes a PRACK of it (RFC 3262 §4)
      this.early.note(response);
    }
    const { stackDialogId } = response;
    if (stackDialogId !== undefined && stackDialogId !== '') this.#ringing = { dialogId: stackDialogId, response };
    this.#events.progressed(this, response.status, bodyOf(response));
  }

  /** RFC 3261 §22.2: the same request once more, with the answer to the challenge. */
  #retryWithCredentials(response: SrfResponse): boolean {
    const { credentials, uri } = this.#target;
    const again = this.#challenges === 0 || (this.#challenges < MOST_CHALLENGES && isStale(response));
    if (credentials === undefined || !again || this.#cancelReason !== undefined) return false;
    const header = answerChallenge(response, credentials, 'INVITE', uri);
    if (header === undefined) return false;
    this.#credentials = header;
    this.#challenges++;
    this.start();
    return true;
  }

  /** RFC 4028 §7.3: the same request once more, with an interval that is long enough. */
  #retryLonger(response: SrfResponse): boolean {
    if (this.#triedLonger || this.#cancelReason !== undefined || !this.session.raise(response)) return false;
    this.#triedLonger = true;
    // RFC 7616 §3.4: an answer is good for one request; what is asked anew is challenged anew.
    this.#credentials = {};
    this.#challenges = 0;
    this.start();
    return true;
  }

  #refused(refusal: FinalRefusal): void {
    if (this.#final) return;
    this.#final = true;
    this.#events.refused(this, refusal);
  }
}
