/**
 * outgoing-invite: an INVITE or re-INVITE of the application: provisional responses and early dialogs, the 2xx and those of other
 * forks, its CANCEL, and the ACK (RFC 3261 §9.1, §13.2.2, §14.1, RFC 3262 §4).
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import { headerField, headerValues } from '#sip/headers.js';
import type { HeaderField, SipResponse } from '#sip/message.js';
import { dialogId, refreshTarget, uacFacts } from '../dialog/dialog.js';
import { keptDialog, keptFlow, type KeptInvite } from '../dialog/keeper.js';
import { LiveDialog, type RingingInvite } from '../dialog/live-dialog.js';
import { ownText } from '#kit/own-text.js';
import type { App } from '../link/app.js';
import { responseEssentials, type Essentials } from '../transaction/essentials.js';
import { Acknowledgement, isCredential } from './acknowledgement.js';
import { branchOf, composeRequest } from './compose-request.js';
import type { Core } from './core.js';
import { ackAndBye, endDialog, sendCancel } from './engine-requests.js';
import { OutgoingRequest, type Prepared } from './outgoing-request.js';

type Early = { readonly dialog: LiveDialog; rseq: number | undefined; pracked: boolean };

const MAX_FORKS = 32;
/** Of one dialog; one is the rule. */
const MOST_UNHEARD = 4;
const RACE = 'SIP;cause=200;text="ACK-BYE due to cancel race condition"';

export class OutgoingInvite extends OutgoingRequest implements RingingInvite {
  /** Early dialogs by the tag of the phone that rings, with the RSeq of its last reliable response. */
  readonly #early = new Map<string, Early>();
  readonly #answered = new Map<string, Acknowledgement>();
  #via = '';
  #provisional = false;
  /** Header fields of a CANCEL that waits for the first provisional response, or that is out. */
  #cancel: readonly HeaderField[] | undefined;
  #cancelSent = false;
  #abandoned = false;

  constructor(core: Core, app: App, request: Prepared, dialog?: LiveDialog) {
    super(core, app, request, dialogId(request.callId, request.fromTag), dialog);
  }

  override response(response: SipResponse, text: string): void {
    const facts = responseEssentials(response);
    if (facts === undefined) return;
    if (response.status < 200) return this.#provisionalResponse(response, facts, text);
    if (response.status < 300) return this.#answer(response, facts, text);
    this.#dropEarly();
    this.tellApp(response.status, text);
    this.finish();
  }

  override timeout(): void {
    this.#dropEarly();
    // RFC 3261 §9.1: an INVITE that did not react to its CANCEL is considered cancelled.
    this.answerLocally(this.#cancelSent ? 487 : 408);
  }

  override failed(why: string): void {
    this.#dropEarly();
    // The peer may have it, and says its 2xx until it hears an ACK, by another connection then.
    this.dialog?.unheard.set(this.request.cseq, 0);
    if (this.dialog !== undefined) forgetOldest(this.dialog.unheard, MOST_UNHEARD);
    const wasSent = this.client !== undefined;
    super.failed(why);
    if (this.dialog !== undefined || !wasSent) return;
    this.#trim();
    this.core.unheard.note(this.request);
  }

  /** The application is gone: nobody would take the call. */
  override abandon(): void {
    if (this.dialog !== undefined) return this.finish();
    this.#abandoned = true;
    this.cancel([{ name: 'Reason', value: 'SIP;cause=503;text="Application gone"' }]);
  }

  override finish(): void {
    super.finish();
    if (this.#via !== '') this.core.keeper?.ringing.gone(branchOf(this.#via));
  }

  /** While it rings, so that another life can end it; a re-INVITE is its dialog's. */
  #keep(): void {
    if (this.dialog === undefined && !this.finished) this.core.keeper?.ringing.changed(branchOf(this.#via), () => this.#kept());
  }

  #kept(): KeptInvite | undefined {
    if (this.client === undefined) return undefined;
    const { headers: _headers, body: _body, ...sent } = this.request;
    const early = [...this.#early.values()].map(({ dialog }) => keptDialog(dialog.facts));
    return { kind: 'ours', sent, via: this.#via, flow: keptFlow(this.client.flow), early };
  }

  /** RFC 3261 §9.1: not before a provisional response; until then it waits. @returns the CANCEL. */
  cancel(headers: readonly HeaderField[]): string {
    this.#cancel = headers;
    const { method: _method, headers: _headers, body: _body, contact: _contact, ...request } = this.request;
    const text = composeRequest({ ...request, via: this.#via === '' ? undefined : this.#via, method: 'CANCEL', headers });
    if (this.#provisional && !this.#cancelSent && this.client !== undefined) {
      this.#cancelSent = true;
      sendCancel(this.core, this.#via, text, this.client.flow);
      this.client.cancelled();
    }
    // Its name is still being looked up: nothing was sent, and nothing will be. The application hears of its CANCEL first.
    if (this.client === undefined) queueMicrotask(() => this.answerLocally(487));
    return text;
  }

  /** RFC 3261 §17.1.1.3: same request URI, Via, From, Call-ID, Route; the To of the response. */
  protected override writeAck(via: string): (response: SipResponse) => string {
    this.#via = via;
    this.#keep();
    const { uri, routes, from, callId, cseq } = this.request;
    return (response) =>
      composeRequest({ method: 'ACK', uri, via, routes, from, to: headerField(response, 'To') ?? this.request.to, callId, cseq });
  }

  #provisionalResponse(response: SipResponse, facts: Essentials, text: string): void {
    this.#provisional = true;
    if (this.#cancel !== undefined && !this.#cancelSent) this.cancel(this.#cancel);
    if (response.status === 100) return; // of this hop only
    if (this.dialog === undefined && facts.toTag !== undefined && !this.#ring(response, facts)) return;
    if (!this.#abandoned) this.tellApp(response.status, text);
  }

  /** @returns false when the application need not hear of it: a reliable response again, or out of order (RFC 3262 §4). */
  #ring(response: SipResponse, facts: Essentials): boolean {
    const tag = facts.toTag ?? '';
    const known = this.#early.get(tag) ?? this.#openEarly(tag, response, facts);
    if (known === undefined) return true;
    this.core.dialogs.prefer(known.dialog);
    if (!headerValues(response, 'Require').some((token) => token.toLowerCase() === '100rel')) return true;
    const rseq = Number(headerField(response, 'RSeq') ?? NaN);
    if (!Number.isInteger(rseq) || (known.rseq !== undefined && rseq !== known.rseq + 1)) return false;
    known.rseq = rseq;
    known.pracked = false;
    return true;
  }

  prackedNow(rseq: number): LiveDialog | undefined {
    const early = [...this.#early.values()].find((one) => one.rseq === rseq && !one.pracked);
    if (early !== undefined) early.pracked = true;
    return early?.dialog;
  }

  #openEarly(tag: string, response: SipResponse, facts: Essentials): Early | undefined {
    if (this.client === undefined || this.#early.size >= MAX_FORKS || this.core.dialogs.full) return undefined;
    const dialog = new LiveDialog(
      uacFacts(this.request, response, facts, this.client.flow),
      this.#abandoned ? undefined : this.app,
    );
    dialog.rings = this;
    const early = { dialog, rseq: undefined, pracked: false };
    this.#early.set(ownText(tag), early);
    this.core.dialogs.add(dialog);
    this.#keep();
    return early;
  }

  #answer(response: SipResponse, facts: Essentials, text: string): void {
    const tag = facts.toTag ?? '';
    const again = this.#answered.get(tag);
    if (again !== undefined) return again.resend();
    if (this.client === undefined) return;
    if (this.#abandoned || this.#answered.size > 0) return this.#hangUp(tag, response, facts);
    const dialog = this.dialog ?? this.#confirm(tag, response, facts);
    if (this.dialog !== undefined) {
      refreshTarget(dialog.facts, response, this.client.flow);
      dialog.changed();
    }
    this.#trim();
    const raced = this.#cancel === undefined ? undefined : () => endDialog(this.core, dialog, RACE);
    const acknowledgement = new Acknowledgement(this.core, dialog, this.request, raced);
    this.#answered.set(ownText(tag), acknowledgement);
    dialog.answered(acknowledgement);
    // Its application is gone: without an ACK the peer would end a call that is up.
    if (!this.app.isOpen()) acknowledgement.acknowledge([], '');
    this.tellApp(response.status, text);
    dialog.readMark = this.app.mark();
    this.finish();
  }

  /** The phone that answered first is the dialog; what rang elsewhere is forgotten. */
  #confirm(tag: string, response: SipResponse, facts: Essentials): LiveDialog {
    const early = this.#early.get(tag);
    for (const [other, { dialog }] of this.#early) if (other !== tag) this.core.dialogs.remove(dialog);
    this.#early.clear();
    const flow = this.client?.flow;
    if (early !== undefined && flow !== undefined) {
      // RFC 3261 §13.2.2.4: the 2xx has the last word on route set and target.
      const fresh = uacFacts(this.request, response, facts, flow);
      early.dialog.facts.routeSet = fresh.routeSet;
      early.dialog.facts.remoteTarget = fresh.remoteTarget;
      early.dialog.confirm();
      early.dialog.rings = undefined;
      this.core.dialogs.prefer(early.dialog);
      return early.dialog;
    }
    const dialog = new LiveDialog(this.#factsOf(response, facts), this.app);
    dialog.confirm();
    this.core.dialogs.add(dialog);
    return dialog;
  }

  #factsOf(response: SipResponse, facts: Essentials): ReturnType<typeof uacFacts> {
    if (this.client === undefined) throw new Error('a response to a request that was not sent');
    return uacFacts(this.request, response, facts, this.client.flow);
  }

  /** RFC 3261 §13.2.2.4: a second phone of a fork, or nobody left to talk to: an ACK of its own, and BYE. */
  #hangUp(tag: string, response: SipResponse, facts: Essentials): void {
    const early = this.#early.get(tag)?.dialog;
    if (early !== undefined) this.core.dialogs.remove(early);
    this.#early.delete(tag);
    this.core.log.info({ callId: this.request.callId, abandoned: this.#abandoned }, 'a 2xx nobody waits for is hung up');
    if (this.#answered.size >= MAX_FORKS) return;
    this.#trim();
    this.#answered.set(ownText(tag), ackAndBye(this.core, this.#factsOf(response, facts), this.request));
    this.finish();
  }

  /** For the 64*T1 in which the 2xx may come again only this much is needed. */
  #trim(): void {
    this.request = { ...this.request, headers: this.request.headers.filter(isCredential), body: '' };
  }

  #dropEarly(): void {
    for (const { dialog } of this.#early.values()) this.core.dialogs.remove(dialog);
    this.#early.clear();
  }
}
