/**
 * uas-leg: an INVITE that came in, until it is confirmed or gone.
 */
import type { LegId, SipReason } from '#calls/ports.js';
import { LegDialog, type LegDeps } from './leg-dialog.js';
import { SUPPORTED } from './extensions.js';
import { ALLOW, SDP_TYPE, bodyOf } from './sip-words.js';
import { wordsOf, type MessageOptions, type SrfRequest, type SrfResponse } from './srf.js';

export class UasLeg extends LegDialog {
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  #finalSent = false;

  constructor(id: LegId, deps: LegDeps, request: SrfRequest, response: SrfResponse) {
    super(id, deps);
    this.#request = request;
    this.#response = response;
    request.on('cancel', () => {
      if (this.#finalSent) return; // RFC 3261 §9.2: a CANCEL after the final response changes nothing
      this.#finalSent = true; // the engine has answered 487
      this.endDialog();
      deps.calls.signal(id, { kind: 'cancelled' });
    });
    request.on('update', (update, answer) => onEarlyUpdate(update, answer));
  }

  progress(status: number, sdp?: string): void {
    if (this.#finalSent) return;
    const options: MessageOptions = sdp === undefined ? {} : { headers: { 'Content-Type': SDP_TYPE }, body: sdp };
    this.#response.send(status, options, (error) => {
      if (error) this.log.debug({ status, why: wordsOf(error) }, 'provisional response not sent');
      else this.setDialog(this.#response.stackDialogId);
    });
  }

  accept(sdp: string): void {
    if (this.#finalSent) return;
    this.#finalSent = true;
    this.log.info('200 sent');
    const granted = this.session.grant(this.#request);
    this.#response.send(
      200,
      { headers: { 'Content-Type': SDP_TYPE, Allow: ALLOW, Supported: SUPPORTED, ...granted.headers }, body: sdp },
      (error) => {
        if (!error) return this.setDialog(this.#response.stackDialogId);
        // The CANCEL was faster: the engine has ended the INVITE, and says so by refusing our 200.
        this.endDialog();
        this.deps.calls.signal(this.id, { kind: 'lost', why: `200 not sent: ${wordsOf(error)}` });
      },
      (ack) => this.deps.calls.signal(this.id, { kind: 'acked', sdp: bodyOf(ack) }),
    );
    // One that is too short never came so far: invite.ts refuses it.
    if (granted.kind === 'granted') this.tellGranted(granted.running);
  }

  refuse(status: number, reason?: string, retryAfterSec?: number): void {
    if (this.#finalSent) return;
    this.#finalSent = true;
    this.endDialog();
    const headers = retryAfterSec === undefined ? {} : { 'Retry-After': String(retryAfterSec) };
    if (reason === undefined) this.#response.send(status, { headers });
    else this.#response.send(status, reason, { headers });
  }

  /** A call that ends before our 200 went out ends with a refusal: there is no dialog to say BYE in. */
  override bye(reason: SipReason): void {
    if (this.#finalSent) super.bye(reason);
    else this.refuse(480, reason.text);
  }
}

/** RFC 3311 §5.2: without 100rel nothing was agreed yet, so an early UPDATE can only refresh, not offer. */
export function onEarlyUpdate(update: SrfRequest, answer: SrfResponse): void {
  if (update.body === undefined || update.body === '') answer.send(200);
  else answer.send(500, { headers: { 'Retry-After': '5' } });
}
