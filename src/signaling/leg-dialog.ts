/**
 * leg-dialog: what both kinds of leg share once there is a dialog: re-INVITEs either way, BYE, and who hears of them.
 * One Leg for both directions: UAS and UAC differ only in how the dialog came to be.
 */
import type { CallSignals, LegId, SipReason } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import type { Logger } from '#kit/log.js';
import { sendReinvite } from './reinvite.js';
import { ALLOW, SDP_TYPE, reasonHeader } from './sip-words.js';
import { IN_DIALOG, wordsOf, type Srf, type SrfRequest, type SrfResponse } from './srf.js';

export type LegDeps = Readonly<{
  srf: Srf;
  calls: CallSignals;
  clock: Clock;
  log: Logger;
  onDialog: (leg: LegDialog, dialogId: string) => void;
}>;

type Incoming = Readonly<{ request: SrfRequest; response: SrfResponse }>;

export abstract class LegDialog {
  readonly id: LegId;
  protected readonly deps: LegDeps;
  protected readonly log: Logger;
  #dialogId: string | undefined;
  #over = false;
  /** The re-INVITE (or UPDATE) that waits for our answer. */
  #waiting: Incoming | undefined;
  /** The one that has just come in, while the core is being asked. */
  #arriving: Incoming | undefined;

  constructor(id: LegId, deps: LegDeps) {
    this.id = id;
    this.deps = deps;
    this.log = deps.log.child({ callId: id.callId, leg: id.role });
  }

  get dialogId(): string | undefined {
    return this.#dialogId;
  }

  protected setDialog(dialogId: string | undefined): void {
    if (dialogId === undefined || dialogId === '' || dialogId === this.#dialogId) return;
    this.#dialogId = dialogId;
    this.deps.onDialog(this, dialogId);
  }

  /** RFC 3261 §15: closing twice is closing once. */
  bye(reason: SipReason): void {
    if (this.#over || this.#dialogId === undefined) return;
    this.#over = true;
    const headers = { Reason: reasonHeader(reason) };
    this.deps.srf.request({ method: 'BYE', uri: IN_DIALOG, stackDialogId: this.#dialogId, headers }, (error) => {
      if (error) this.log.debug({ why: error.message }, 'BYE not sent: the dialog is gone');
    });
  }

  reinvite(sdp: string): void {
    const dialogId = this.#dialogId;
    if (this.#over || dialogId === undefined) return;
    this.log.info('re-INVITE sent');
    sendReinvite(this.deps.srf, this.deps.clock, dialogId, sdp, (signal) => {
      this.log.info({ status: signal.status }, 're-INVITE answered');
      if (!this.#over) this.deps.calls.signal(this.id, signal);
    });
  }

  onReinvite(request: SrfRequest, response: SrfResponse): void {
    const incoming = { request, response };
    this.#arriving = incoming;
    const sdp = request.body === undefined || request.body === '' ? undefined : request.body;
    this.deps.calls.signal(this.id, { kind: 'reinvite', sdp });
    // Not refused on the spot: it is the one that gets the answer.
    if (this.#arriving === incoming) this.#waiting = incoming;
    this.#arriving = undefined;
  }

  answerReinvite(sdp: string): void {
    const incoming = this.#waiting;
    this.#waiting = undefined;
    if (incoming === undefined || this.#over) return;
    const { request, response } = incoming;
    const options = { headers: { 'Content-Type': SDP_TYPE, Allow: ALLOW }, body: sdp };
    if (request.method === 'UPDATE') {
      // RFC 3311 §5.2: an UPDATE is answered at once and has no ACK.
      response.send(200, options);
      this.deps.calls.signal(this.id, { kind: 'reinvite-acked' });
      return;
    }
    response.send(
      200,
      options,
      (error) => {
        if (error) this.log.warn({ why: wordsOf(error) }, 'the answer to a re-INVITE was not sent');
      },
      (ack) => this.deps.calls.signal(this.id, { kind: 'reinvite-acked', sdp: ack.body === '' ? undefined : ack.body }),
    );
  }

  refuseReinvite(status: number, retryAfterSec?: number): void {
    const incoming = this.#arriving ?? this.#waiting;
    if (incoming === this.#arriving) this.#arriving = undefined;
    else this.#waiting = undefined;
    incoming?.response.send(status, retryAfterSec === undefined ? {} : { headers: { 'Retry-After': String(retryAfterSec) } });
  }

  onBye(request: SrfRequest, response: SrfResponse): void {
    response.send(200);
    this.#over = true;
    // The engine says BYE by itself when an ACK never came; the phone has not hung up then.
    const ours = request.source === 'application';
    this.deps.calls.signal(
      this.id,
      ours ? { kind: 'lost', why: request.get('Reason') ?? 'ended by the SIP engine' } : { kind: 'bye' },
    );
  }

  protected endDialog(): void {
    this.#over = true;
  }
}
