/**
 * uas-leg: an INVITE that came in, until it is confirmed or gone.
 */
import type { LegId, SipReason } from '#calls/ports.js';
import { onEarlyUpdate } from './early-update.js';
import { EngineLoss } from './engine-loss.js';
import { LegDialog, type LegDeps } from './leg-dialog.js';
import { SUPPORTED } from './extensions.js';
import { contactsOf } from './phone-keys.js';
import { Provisional } from './provisional.js';
import { ALLOW, SDP_TYPE, bodyOf } from './sip-words.js';
import { wordsOf, type SrfRequest, type SrfResponse } from './srf.js';

/** Calls end all the time, and a house that is being started again is back by then. */
const ROOM_AGAIN_SEC = 10;

export class UasLeg extends LegDialog {
  readonly #request: SrfRequest;
  readonly #response: SrfResponse;
  readonly #provisional: Provisional;
  #finalSent = false;
  /** Between our 200 and its ACK. */
  #awaitsAck = false;
  #byeAfterAck: SipReason | undefined;
  /** Nobody waits for the ACK any more. */
  #waited: () => void = () => undefined;

  constructor(id: LegId, deps: LegDeps, request: SrfRequest, response: SrfResponse) {
    super(id, deps);
    this.#request = request;
    this.#response = response;
    this.learnKeys(request, contactsOf(request)[0]);
    this.#provisional = new Provisional(request, response, {
      clock: deps.clock,
      log: this.log,
      named: (dialogId) => this.setDialog(dialogId),
      unacknowledged: () => this.#neverPracked(),
    });
    request.on('cancel', () => {
      if (this.#finalSent) return; // RFC 3261 §9.2: a CANCEL after the final response changes nothing
      this.#finalSent = true; // the engine has answered 487
      const answered = this.#provisional.holdsBack;
      this.#provisional.end();
      this.endDialog();
      deps.calls.signal(id, answered ? { kind: 'lost', why: 'cancelled before the 200 went out' } : { kind: 'cancelled' });
    });
    request.on('update', (update, answer) => {
      const exchange = this.#provisional.agreed ? 'agreed' : 'their-offer-open';
      onEarlyUpdate(update, answer, exchange, () => this.takeOffer({ request: update, response: answer }));
    });
  }

  progress(status: number, sdp?: string): void {
    if (!this.#finalSent) this.#provisional.send(status, sdp);
  }

  /** RFC 3262 §3: a 200 waits for the PRACK of what was said before it. */
  accept(sdp: string): void {
    if (!this.#finalSent) this.#provisional.whenAcknowledged(() => this.#accept(sdp));
  }

  #accept(sdp: string): void {
    if (this.#finalSent) return;
    this.#finalSent = true;
    this.#provisional.end();
    this.#awaitsAck = true;
    // A killed engine comes back with the dialog, and tells of no ACK.
    this.#waited = EngineLoss.of(this.deps.srf).waits(() => this.#acknowledged());
    this.log.info('200 sent');
    const granted = this.session.grant(this.#request);
    this.#response.send(
      200,
      { headers: { 'Content-Type': SDP_TYPE, Allow: ALLOW, Supported: SUPPORTED, ...granted.headers }, body: sdp },
      (error) => {
        if (!error) return this.setDialog(this.#response.stackDialogId);
        this.#awaitsAck = false;
        // The CANCEL was faster: the engine has ended the INVITE, and says so by refusing our 200.
        this.endDialog();
        this.deps.calls.signal(this.id, { kind: 'lost', why: `200 not sent: ${wordsOf(error)}` });
      },
      (ack) => this.#onAck(ack),
    );
    // One that is too short never came so far: invite.ts refuses it.
    if (granted.kind === 'granted') this.tellGranted(granted.running);
  }

  #onAck(ack: SrfRequest): void {
    this.#awaitsAck = false;
    this.confirmed(ack, 'To');
    this.deps.calls.signal(this.id, { kind: 'acked', sdp: bodyOf(ack) });
    this.#acknowledged();
  }

  #acknowledged(): void {
    this.#awaitsAck = false;
    this.#waited();
    if (this.#byeAfterAck !== undefined) super.bye(this.#byeAfterAck);
  }

  refuse(status: number, reason?: string): void {
    if (this.#finalSent) return;
    this.#finalSent = true;
    this.#provisional.end();
    this.endDialog();
    // RFC 3261 §21.5.4: without it a 503 is taken for a 500. It is never the other phone's (`passedOn`), and always one that passes.
    const headers = status === 503 ? { 'Retry-After': String(ROOM_AGAIN_SEC) } : {};
    if (reason === undefined) this.#response.send(status, { headers });
    else this.#response.send(status, reason, { headers });
  }

  /** A call that ends before our 200 went out ends with a refusal: there is no dialog to say BYE in. */
  override bye(reason: SipReason): void {
    if (!this.#finalSent) return this.refuse(480, reason.text);
    // RFC 3261 §15.1.1: not before the ACK; when that never comes the engine says BYE by itself.
    if (this.#awaitsAck) this.#byeAfterAck ??= reason;
    else super.bye(reason);
  }

  protected override endDialog(): void {
    this.#waited();
    super.endDialog();
  }

  /** RFC 3262 §3: an INVITE whose reliable 1xx nobody acknowledges is refused with a 5xx; the engine may have said so before us. */
  #neverPracked(): void {
    this.refuse(504, 'No PRACK');
    this.deps.calls.signal(this.id, { kind: 'lost', why: 'no PRACK came' });
  }
}
