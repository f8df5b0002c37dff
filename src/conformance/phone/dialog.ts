/**
 * dialog: what a phone remembers of a call (RFC 3261 §12): tags, numbers, targets. Composes requests; sends nothing.
 */
import { header, tagOf, token, uriOf, type Sip } from './sip-text.js';

export type Via = Readonly<{ transport: string; address: string; port: number }>;

export class Dialog {
  readonly callId: string;
  readonly localTag: string;
  readonly localUri: string;
  /** We made the Call-ID, which decides who waits longer after a 491 (RFC 3261 §14.1). */
  readonly ownsCallId: boolean;
  remoteTag: string;
  remoteUri: string;
  target: string;
  routes = '';
  cseq: number;
  confirmed = false;
  ended = false;

  private constructor(facts: Readonly<{ callId: string; localTag: string; localUri: string; remoteUri: string; owns: boolean }>) {
    this.callId = facts.callId;
    this.localTag = facts.localTag;
    this.localUri = facts.localUri;
    this.remoteUri = facts.remoteUri;
    this.remoteTag = '';
    this.target = facts.remoteUri;
    this.ownsCallId = facts.owns;
    this.cseq = Math.floor(Math.random() * 1000) + 1;
  }

  static calling(localUri: string, remoteUri: string): Dialog {
    return new Dialog({ callId: token(), localTag: token(), localUri, remoteUri, owns: true });
  }

  static called(invite: Sip): Dialog {
    const from = header(invite, 'from');
    const facts = { callId: header(invite, 'call-id'), localUri: uriOf(header(invite, 'to')), remoteUri: uriOf(from) };
    const dialog = new Dialog({ ...facts, localTag: token(), owns: false });
    dialog.remoteTag = tagOf(from);
    dialog.target = uriOf(header(invite, 'contact'));
    dialog.routes = header(invite, 'record-route');
    return dialog;
  }

  /** What a 1xx or 2xx to our INVITE says of the other side; the target moves with each answer that names one. */
  learn(answer: Sip): void {
    this.remoteTag = tagOf(header(answer, 'to')) || this.remoteTag;
    this.aimAt(answer);
    // RFC 3261 §12.1.2: the route set is fixed when the dialog begins, in reverse order.
    if (!this.confirmed) this.routes = header(answer, 'record-route').split(/,\s*/).reverse().join(', ');
  }

  /** A target refresh (RFC 3261 §12.2). */
  aimAt(message: Sip): void {
    const contact = header(message, 'contact');
    if (contact !== '') this.target = uriOf(contact);
  }

  /** Headers of the next request, or of one with a number of its own (ACK). */
  headers(method: string, cseq = ++this.cseq): Record<string, string | undefined> {
    return {
      'Max-Forwards': '70',
      Route: this.routes === '' ? undefined : this.routes,
      From: `<${this.localUri}>;tag=${this.localTag}`,
      To: `<${this.remoteUri}>${this.remoteTag === '' ? '' : `;tag=${this.remoteTag}`}`,
      'Call-ID': this.callId,
      CSeq: `${cseq} ${method}`,
    };
  }
}
