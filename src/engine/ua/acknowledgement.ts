/**
 * acknowledgement: the ACK to a 2xx: made when the application acknowledges, kept, and sent again whenever the 2xx comes again
 * (RFC 3261 §13.2.2.4). Each fork has its own.
 */
import { newBranch } from '#kit/ids.js';
import type { HeaderField } from '#sip/message.js';
import { routing } from '../dialog/dialog.js';
import type { AnsweredInvite, LiveDialog } from '../dialog/live-dialog.js';
import { hostPort, type Flow } from '../transport/flow.js';
import { composeRequest, viaFor } from './compose-request.js';
import type { Core } from './core.js';
import type { Prepared } from './outgoing-request.js';
import { pathOf, withFlow } from './path.js';

/** RFC 3261 §13.2.2.4: the ACK carries the credentials of its INVITE. */
export const isCredential = ({ name }: HeaderField): boolean => name === 'Authorization' || name === 'Proxy-Authorization';

/** What the ACK takes over from its INVITE. */
type Acknowledged = Pick<Prepared, 'cseq' | 'headers'>;

export class Acknowledgement implements AnsweredInvite {
  readonly cseq: number;
  readonly #core: Core;
  readonly #dialog: LiveDialog;
  readonly #invite: Acknowledged;
  readonly #then: (() => void) | undefined;
  #sent: Readonly<{ text: string; flow: Flow }> | undefined;
  #acknowledged = false;

  /** @param then follows the first ACK: what a CANCEL that came too late asks for. */
  constructor(core: Core, dialog: LiveDialog, invite: Acknowledged, then?: () => void) {
    this.#core = core;
    this.#dialog = dialog;
    this.#invite = invite;
    this.#then = then;
    this.cseq = invite.cseq;
  }

  get acknowledged(): boolean {
    return this.#acknowledged;
  }

  acknowledge(headers: readonly HeaderField[], body: string): string {
    this.#acknowledged = true;
    this.#dialog.forget(this);
    const { facts } = this.#dialog;
    const { requestUri, routes } = routing(facts);
    const credentials = this.#invite.headers.filter(isCredential);
    const compose = (via: string | undefined): string =>
      composeRequest({
        method: 'ACK',
        uri: requestUri,
        via,
        routes,
        from: facts.localAddress,
        to: facts.remoteAddress,
        callId: facts.callId,
        cseq: this.cseq,
        headers: [...headers, ...credentials],
        body,
      });
    let text = compose(undefined);
    withFlow(
      this.#core,
      pathOf(this.#core, facts),
      (flow) => {
        text = compose(viaFor(flow, newBranch()));
        this.#sent = { text, flow };
        flow.send(text);
      },
      (why) => this.#core.log.debug({ why, to: hostPort(facts.flow.remote) }, 'ACK not sent'),
    );
    this.#then?.();
    return text;
  }

  resend(): void {
    this.#sent?.flow.send(this.#sent.text);
  }
}
