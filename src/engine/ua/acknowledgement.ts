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
  /** What the ACK is made of; undefined: it has been made. The INVITE's transaction keeps this for 32 s; the dialog need not stay with it. */
  #unmade: Readonly<{ core: Core; dialog: LiveDialog; invite: Acknowledged; then: (() => void) | undefined }> | undefined;
  #sent: Readonly<{ text: string; flow: Flow }> | undefined;

  /** @param then follows the first ACK: what a CANCEL that came too late asks for. */
  constructor(core: Core, dialog: LiveDialog, invite: Acknowledged, then?: () => void) {
    this.#unmade = { core, dialog, invite, then };
    this.cseq = invite.cseq;
  }

  get acknowledged(): boolean {
    return this.#unmade === undefined;
  }

  acknowledge(headers: readonly HeaderField[], body: string): string {
    if (this.#unmade === undefined) return this.#sent?.text ?? '';
    const { core, dialog, invite, then } = this.#unmade;
    this.#unmade = undefined;
    dialog.forget(this);
    const { facts } = dialog;
    const { requestUri, routes } = routing(facts);
    const credentials = invite.headers.filter(isCredential);
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
      core,
      pathOf(core, facts),
      (flow) => {
        text = compose(viaFor(flow, newBranch()));
        this.#sent = { text, flow };
        flow.send(text);
      },
      (why) => core.log.debug({ why, to: hostPort(facts.flow.remote) }, 'ACK not sent'),
    );
    then?.();
    return text;
  }

  resend(): void {
    this.#sent?.flow.send(this.#sent.text);
  }
}
