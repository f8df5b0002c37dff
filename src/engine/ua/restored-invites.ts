/**
 * restored-invites: INVITEs that rang when the last life ended. Nobody waits for their answers any more, so ours are cancelled (RFC 3261
 * §9.1), a 200 that comes all the same is acknowledged and hung up (§13.2.2.4), and callers that rang here are refused. Only INVITEs
 * that were kept are touched: everything is found by a branch of ours, or by the caller's own.
 */
import type { SipResponse } from '#sip/message.js';
import { dialogId, uacFacts } from '../dialog/dialog.js';
import type { Keeper, KeptCaller, KeptInvite, KeptRinging } from '../dialog/keeper.js';
import { LiveDialog } from '../dialog/live-dialog.js';
import type { WheelTarget } from '../timer-wheel.js';
import type { ClientTransaction, ClientUser } from '../transaction/client-transaction.js';
import { responseEssentials } from '../transaction/essentials.js';
import { clientKey } from '../transaction/matching.js';
import type { Flow } from '../transport/flow.js';
import { flowAgain } from '../transport/flow-again.js';
import { Acknowledgement } from './acknowledgement.js';
import { branchOf, composeRequest } from './compose-request.js';
import type { Core } from './core.js';
import { ackAndBye, endDialog, sendCancel } from './engine-requests.js';
import type { Prepared } from './outgoing-request.js';
import { wayOut, withFlow } from './path.js';

const CALL_LOST = 'SIP;cause=503;text="Call lost"';
/** Without a 487 by then. */
const HANG_UP_MS = 2000;
/** A browser that is not back yet: when it has registered again, it is told. */
const AGAIN_MS = 2000;
const TRIES = 15;
const MAX_FORKS = 32;

export class RestoredInvites {
  readonly #core: Core;
  readonly #keeper: Keeper<KeptRinging>;
  readonly #begun: (() => void)[] = [];

  /** Before the transports open: the next answer finds its transaction. */
  constructor(core: Core, keeper: Keeper<KeptRinging>) {
    this.#core = core;
    this.#keeper = keeper;
    for (const kept of keeper.left()) this.#restore(kept);
  }

  /** The transports are open. */
  begin(): void {
    if (this.#begun.length > 0) this.#core.log.info({ invites: this.#begun.length }, 'what rang in the last life is ended');
    for (const begin of this.#begun.splice(0)) begin();
  }

  #restore(kept: KeptRinging): void {
    if (kept.kind === 'theirs') {
      this.#keeper.gone(kept.key);
      // RFC 3261 §18.2.2: a connection that is gone can take no answer; its caller notices that.
      if (kept.flow.protocol === 'udp' && !this.#isUp(kept)) this.#begun.push(() => refuse(this.#core, kept));
      return;
    }
    const branch = branchOf(kept.via);
    const ended = (): void => this.#keeper.gone(branch);
    // It was answered, and the batch had the dialog and not yet that it rings no more.
    if (this.#isUp(kept.sent)) return ended();
    const invite = new RestoredInvite(this.#core, kept, branch, ended);
    this.#begun.push(() => invite.cancel());
  }

  #isUp({ callId, fromTag }: Readonly<{ callId: string; fromTag: string }>): boolean {
    return this.#core.dialogs.byId(dialogId(callId, fromTag)) !== undefined;
  }
}

/** The final response of a transaction of the last life; its ACK, or the caller's patience, ends it. */
function refuse(core: Core, { key, refusal, flow }: KeptCaller): void {
  core.transactions.serverAgain(key, flowAgain(core.transports, flow))?.answer(503, refusal);
}

class RestoredInvite implements ClientUser, WheelTarget<'cancel again' | 'hang up'> {
  readonly #core: Core;
  readonly #kept: KeptInvite;
  readonly #flow: Flow;
  readonly #client: ClientTransaction;
  readonly #request: Prepared;
  readonly #ended: () => void;
  readonly #answered = new Map<string, Acknowledgement>();
  #tries = 0;

  constructor(core: Core, kept: KeptInvite, branch: string, ended: () => void) {
    this.#core = core;
    this.#kept = kept;
    this.#ended = ended;
    this.#flow = flowAgain(core.transports, kept.flow);
    this.#request = { ...kept.sent, headers: [], body: '' };
    const key = clientKey(branch, 'INVITE');
    this.#client = core.transactions.client({ key, method: 'INVITE', text: '', flow: this.#flow }, this);
    const { uri, from, to, callId, cseq, routes } = kept.sent;
    const ack = { method: 'ACK', uri, via: kept.via, routes, from, callId, cseq };
    // RFC 3261 §17.1.1.3
    this.#client.resume(({ headers }) =>
      composeRequest({ ...ack, to: headers.find(({ name }) => /^(to|t)$/i.test(name))?.value ?? to }),
    );
  }

  /** §9.1 wants a provisional response first, so that the CANCEL does not overtake the INVITE; a restart is long after that. */
  cancel(): void {
    const { uri, from, to, callId, cseq, routes } = this.#kept.sent;
    const headers = [{ name: 'Reason', value: CALL_LOST }];
    const text = composeRequest({ method: 'CANCEL', uri, via: this.#kept.via, routes, from, to, callId, cseq, headers });
    const way = wayOut(this.#core, this.#flow, routes, uri);
    withFlow(
      this.#core,
      way,
      (flow) => {
        sendCancel(this.#core, this.#kept.via, text, flow);
        this.#client.cancelled();
        this.#core.wheel.start(this, 'hang up', HANG_UP_MS);
      },
      () => this.#later(),
    );
  }

  due(name: 'cancel again' | 'hang up'): void {
    if (this.#client.state !== 'proceeding') return;
    if (name === 'cancel again') return this.cancel();
    // Its phone was answered in the last moment of that life, so there is nothing left to cancel. §15: a BYE ends an early dialog too.
    for (const kept of this.#kept.early) {
      const facts = { ...kept, flow: flowAgain(this.#core.transports, kept.flow) };
      endDialog(this.#core, new LiveDialog(facts, undefined), CALL_LOST);
    }
  }

  response(response: SipResponse): void {
    if (response.status < 200) return;
    if (response.status < 300) return this.#answer(response);
    this.#ended();
  }

  timeout(): void {
    this.#ended();
  }

  failed(): void {
    this.#ended();
  }

  #later(): void {
    if (++this.#tries < TRIES) this.#core.wheel.start(this, 'cancel again', AGAIN_MS);
  }

  #answer(response: SipResponse): void {
    const facts = responseEssentials(response);
    const again = this.#answered.get(facts?.toTag ?? '');
    if (again !== undefined) return again.resend();
    if (facts === undefined || this.#answered.size >= MAX_FORKS) return;
    const dialog = uacFacts(this.#request, response, facts, this.#flow);
    this.#answered.set(facts.toTag ?? '', ackAndBye(this.#core, dialog, this.#request, CALL_LOST));
    this.#ended();
  }
}
