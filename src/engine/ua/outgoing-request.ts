/**
 * outgoing-request: a request of the application, from the reply that tells its id until its final response. INVITEs have more
 * to them: outgoing-invite.ts.
 */
import { newBranch } from '#kit/ids.js';
import type { HeaderField, SipResponse } from '#sip/message.js';
import { reasonPhrase } from '#sip/status.js';
import { refreshesTarget, refreshTarget, uacFacts, type SentRequest } from '../dialog/dialog.js';
import { LiveDialog } from '../dialog/live-dialog.js';
import { WAIT_MS } from '../dialog/repeat-until.js';
import type { App } from '../link/app.js';
import { wireTime } from '../link/link-messages.js';
import type { ClientTransaction, ClientUser } from '../transaction/client-transaction.js';
import { responseEssentials } from '../transaction/essentials.js';
import { clientKey } from '../transaction/matching.js';
import type { Flow } from '../transport/flow.js';
import type { Way } from '../transport/transports.js';
import type { WheelTarget } from '../timer-wheel.js';
import { valueOf } from './body-type.js';
import { composeRequest, viaFor } from './compose-request.js';
import type { Core } from './core.js';
import { withFlow } from './path.js';

/** A request but for its Via: that needs the way it goes. */
export type Prepared = SentRequest &
  Readonly<{ to: string; routes: readonly string[]; headers: readonly HeaderField[]; body: string }>;

export class OutgoingRequest implements ClientUser {
  readonly id: string;
  readonly app: App;
  request: Prepared;
  /** What drachtio calls the dialog; empty outside one. */
  readonly dialogId: string;
  protected readonly core: Core;
  /** The dialog the request was sent in. */
  protected readonly dialog: LiveDialog | undefined;
  protected client: ClientTransaction | undefined;
  #finished = false;

  constructor(core: Core, app: App, request: Prepared, dialogId: string, dialog?: LiveDialog) {
    this.core = core;
    this.app = app;
    this.request = request;
    this.dialogId = dialogId;
    this.dialog = dialog;
    this.id = core.nextId();
    core.outgoing.set(this.id, this);
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** The reply to the application goes first: it knows no responses of a request whose id it has not been told. */
  launch(way: Way, commandId: string): void {
    if (way.kind === 'flow') {
      const branch = newBranch();
      const text = composeRequest({ ...this.request, via: viaFor(way.flow, branch) });
      const { protocol, local } = way.flow;
      this.#reply(commandId, protocol, local.address, local.port, text);
      return this.#start(way.flow, branch, text);
    }
    this.#reply(commandId, 'unknown', '', 0, composeRequest({ ...this.request, via: undefined }));
    withFlow(
      this.core,
      way,
      (flow) => {
        if (this.#finished) return;
        const branch = newBranch();
        this.#start(flow, branch, composeRequest({ ...this.request, via: viaFor(flow, branch) }));
      },
      (why) => this.failed(why),
    );
  }

  response(response: SipResponse, text: string): void {
    if (response.status === 100) return; // RFC 3261 §16.7 step 5: of this hop only
    if (response.status < 200) return this.tellApp(response.status, text);
    this.#afterFinal(response);
    this.tellApp(response.status, text);
    this.finish();
  }

  /** RFC 3261 §8.1.3.1: what nobody answered counts as a 408, what could not be sent as a 503. */
  timeout(): void {
    this.answerLocally(408);
  }

  failed(why: string): void {
    this.core.log.debug({ method: this.request.method, why }, 'request not sent');
    this.answerLocally(503, why);
  }

  /** The application is gone. */
  abandon(): void {
    this.finish();
  }

  /** Finishing twice is finishing once. */
  finish(): void {
    this.#finished = true;
    this.core.outgoing.delete(this.id);
  }

  /** A final response of the engine's own: source network, and no bytes were received. */
  protected answerLocally(status: number, reason = reasonPhrase(status)): void {
    if (this.#finished) return;
    this.finish();
    const { from, to, callId, cseq, method } = this.request;
    const via = this.client === undefined ? '' : `Via: ${viaFor(this.client.flow, 'local')}\r\n`;
    const text = `SIP/2.0 ${status} ${reason}\r\n${via}From: ${from}\r\nTo: ${to}\r\nCall-ID: ${callId}\r\nCSeq: ${cseq} ${method}\r\nContent-Length: 0\r\n\r\n`;
    // The engine's own words mean that nobody was reached; a subscriber that cannot be told has no subscription (RFC 6665 §4.2.2).
    if (this.dialog !== undefined && (method === 'BYE' || this.#tellsSubscriber)) this.core.dialogs.remove(this.dialog);
    this.tellApp(status, text, true);
  }

  protected tellApp(_status: number, text: string, local = false): void {
    if (!this.app.isOpen()) return;
    this.app.notify({
      source: 'network',
      bytes: local ? 0 : text.length,
      protocol: this.client?.flow.protocol ?? 'unknown',
      peer: local ? undefined : this.client?.flow.remote,
      time: wireTime(this.core.clock.now()),
      transactionId: this.id,
      dialogId: this.dialogId,
      text,
    });
  }

  /** The ACK to a refusal; an INVITE's only. */
  protected writeAck(_via: string): ((response: SipResponse) => string) | undefined {
    return undefined;
  }

  #start(flow: Flow, branch: string, text: string): void {
    const { method } = this.request;
    this.client = this.core.transactions.client({ key: clientKey(branch, method), method, text, flow }, this);
    this.client.start(this.writeAck(viaFor(flow, branch)));
  }

  #reply(commandId: string, protocol: Flow['protocol'] | 'unknown', address: string, port: number, text: string): void {
    this.app.requestSent(commandId, {
      protocol,
      address,
      port,
      time: wireTime(this.core.clock.now()),
      transactionId: this.id,
      text,
    });
  }

  #afterFinal(response: SipResponse): void {
    const { method } = this.request;
    const { dialog } = this;
    const ok = response.status < 300;
    if (method === 'SUBSCRIBE' && dialog === undefined && ok) return this.#subscribed(response);
    if (dialog === undefined) return;
    if (ok && refreshesTarget(method) && this.client !== undefined) {
      refreshTarget(dialog.facts, response, this.client.flow);
      dialog.changed();
    }
    // RFC 3261 §15.1.1: whatever the answer, the dialog is over; a challenge only wants the BYE once more, and does not wait for ever.
    const challenged = response.status === 401 || response.status === 407;
    if (method === 'BYE' && challenged) this.core.wheel.start(new ChallengedBye(this.core, dialog), 'not repeated', WAIT_MS);
    // RFC 6665 §4.2.2, §4.4.1: the last NOTIFY, or one that the subscriber knows nothing of.
    const last = isTerminated(this.request.headers) || ENDS_SUBSCRIPTION.has(response.status);
    if ((method === 'BYE' && !challenged) || (last && this.#tellsSubscriber)) this.core.dialogs.remove(dialog);
  }

  get #tellsSubscriber(): boolean {
    return this.request.method === 'NOTIFY' && this.dialog?.facts.kind === 'SUBSCRIBE';
  }

  /** RFC 6665 §4.1.2.1: the 2xx makes the dialog of a subscription. */
  #subscribed(response: SipResponse): void {
    const facts = responseEssentials(response);
    if (facts?.toTag === undefined || this.client === undefined || this.core.dialogs.full) return;
    const dialog = new LiveDialog(uacFacts(this.request, response, facts, this.client.flow), this.app);
    dialog.confirm();
    this.core.dialogs.add(dialog);
  }
}

/** RFC 6665 §4.2.2. */
const ENDS_SUBSCRIPTION: ReadonlySet<number> = new Set([404, 405, 408, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604]);

const isTerminated = (headers: readonly HeaderField[]): boolean =>
  /^terminated/i.test(valueOf(headers, 'Subscription-State') ?? '');

/** An application without credentials has nothing to repeat a BYE with. */
class ChallengedBye implements WheelTarget<'not repeated'> {
  readonly #core: Core;
  readonly #dialog: LiveDialog;

  constructor(core: Core, dialog: LiveDialog) {
    this.#core = core;
    this.#dialog = dialog;
  }

  due(): void {
    this.#core.dialogs.remove(this.#dialog);
  }
}
