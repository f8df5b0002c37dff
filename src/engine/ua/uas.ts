/**
 * uas: what a peer asks of us: which application hears of it, and what is answered without one (RFC 3261 §8.2, §9.2, §12.2.2).
 */
import { newTag } from '#kit/ids.js';
import { isKnownMethod } from '#sip/method.js';
import { headerField } from '#sip/headers.js';
import type { SipResponse } from '#sip/message.js';
import { dialogId } from '../dialog/dialog.js';
import type { LiveDialog } from '../dialog/live-dialog.js';
import { wireTime } from '../link/link-messages.js';
import type { ServerTransaction } from '../transaction/server-transaction.js';
import type { Arrived, RequestUser } from '../transaction/transaction-layer.js';
import { isReliable, type Flow } from '../transport/flow.js';
import type { Admission } from '../admission.js';
import type { Doorway } from '../doorway.js';
import type { TurnedAway } from '../turned-away.js';
import { isCredential } from './acknowledgement.js';
import { composeResponse } from './compose-response.js';
import type { Core } from './core.js';
import { IncomingRequest } from './incoming-request.js';
import { finish, retryAfter } from './refusal.js';
import { acknowledgeStray } from './stray-answers.js';
import { receiveInDialog } from './uas-in-dialog.js';

/** Methods that make sense only inside a dialog: outside one there is nothing they could mean (RFC 3261 §12.2.2). */
const DIALOG_ONLY: ReadonlySet<string> = new Set(['BYE', 'UPDATE', 'PRACK', 'ACK']);
/** A To tag we do not know does not stop these: drachtio hands them to the application as new ones, and so do we. */
const MEANT_WITHOUT_DIALOG: ReadonlySet<string> = new Set(['OPTIONS', 'NOTIFY', 'MESSAGE', 'SUBSCRIBE', 'PUBLISH', 'REGISTER']);

const FULL_SEC = 10;

export class Uas implements RequestUser {
  readonly #admission: Admission;
  readonly #doorway: Doorway;
  readonly #turnedAway: TurnedAway;
  #core: Core | undefined;
  /** Of the request that is looked at now, by door, admission and whoever answers: the key of a dialog is long. */
  #looked: Readonly<{ arrived: Arrived; dialog: LiveDialog | undefined }> | undefined;

  constructor(admission: Admission, doorway: Doorway, turnedAway: TurnedAway) {
    this.#admission = admission;
    this.#doorway = doorway;
    this.#turnedAway = turnedAway;
  }

  /** The transaction layer needs its user and the core needs the transaction layer: this ties the knot. */
  begin(core: Core): void {
    this.#core = core;
  }

  get #parts(): Core {
    if (this.#core === undefined) throw new Error('a message before begin()');
    return this.#core;
  }

  keptOut(arrived: Arrived): number | 'drop' | undefined {
    const { request, flow } = arrived;
    return this.#doorway.refuses({
      method: request.method,
      source: flow.remote.address,
      port: flow.remote.port,
      // Looking for it walks over all header fields, and only of strangers it is asked for.
      get userAgent() {
        return headerField(request, 'User-Agent');
      },
      inCall: this.#dialogOf(arrived) !== undefined,
    });
  }

  overloaded(arrived: Arrived, isFull: boolean): number | undefined {
    const { request, facts } = arrived;
    if (isFull && this.#dialogOf(arrived) === undefined) {
      this.#turnedAway.count('full');
      return FULL_SEC;
    }
    // What belongs to a call that is up is always taken: refusing it would only make the call last longer.
    const waitSec =
      facts.toTag === undefined ? this.#admission.refuseForSec(request.method === 'INVITE', this.#parts.clock.now()) : undefined;
    if (waitSec !== undefined) this.#turnedAway.count('overload');
    return waitSec;
  }

  request(arrived: Arrived, transaction: ServerTransaction): void {
    const core = this.#parts;
    const { request, facts } = arrived;
    if (request.method === 'INVITE') sayTrying(arrived, transaction);
    if (facts.toTag !== undefined) {
      const dialog = this.#dialogOf(arrived);
      if (dialog !== undefined) return receiveInDialog(core, dialog, arrived, transaction);
      if (!MEANT_WITHOUT_DIALOG.has(request.method)) return finish(arrived, transaction, 481);
    }
    if (DIALOG_ONLY.has(request.method)) return finish(arrived, transaction, 481);
    this.#newRequest(core, arrived, transaction);
  }

  #dialogOf(arrived: Arrived): LiveDialog | undefined {
    if (this.#looked?.arrived === arrived) return this.#looked.dialog;
    const { callId, toTag, fromTag } = arrived.facts;
    const dialog = toTag === undefined ? undefined : this.#parts.dialogs.byTags(callId, toTag, fromTag);
    this.#looked = { arrived, dialog };
    return dialog;
  }

  #newRequest(core: Core, arrived: Arrived, transaction: ServerTransaction): void {
    const { request, facts } = arrived;
    const app = core.roster.pick(request.method);
    if (app === undefined) return this.#nobodyAnswers(core, arrived, transaction);
    if (core.incoming.size >= core.limits.unanswered || core.dialogs.full) {
      this.#turnedAway.count('full');
      return finish(arrived, transaction, 503, [retryAfter(10)]);
    }
    // Our own call that came back to us by a detour has a dialog of this name already (RFC 3261 §16.3 step 4).
    const loops = request.method === 'INVITE' && core.dialogs.byId(dialogId(facts.callId, facts.fromTag)) !== undefined;
    // drachtio-srf knows an INVITE by its Call-ID alone: of two that are open it would not hear the CANCEL of the first.
    const isTaken = request.method === 'INVITE' && core.open.has(facts.callId);
    if (loops || isTaken) return finish(arrived, transaction, 482);
    new IncomingRequest(core, arrived, transaction, app).tellApp();
  }

  #nobodyAnswers(core: Core, arrived: Arrived, transaction: ServerTransaction): void {
    const { method } = arrived.request;
    // An application that connects, or one that is behind, will answer soon.
    if (!core.roster.hasRoutes || core.roster.isRouted(method)) return finish(arrived, transaction, 503, [retryAfter(5)]);
    const allow = { name: 'Allow', value: [...new Set(['ACK', 'BYE', 'CANCEL', ...core.roster.routedMethods()])].join(', ') };
    finish(arrived, transaction, isKnownMethod(method) ? 405 : 501, [allow]); // RFC 3261 §8.2.1, §21.5.2
  }

  /** RFC 3261 §9.2. */
  cancel(arrived: Arrived, transaction: ServerTransaction, invite: ServerTransaction | undefined): void {
    const core = this.#parts;
    if (invite === undefined) return finish(arrived, transaction, 481);
    const incoming = core.incoming.get(invite.id);
    transaction.answer(200, composeResponse(arrived, { status: 200, reason: 'OK', toTag: incoming?.toTag() ?? newTag() }));
    // It waits for an application, or it has been answered: then the CANCEL comes too late and changes nothing.
    if (incoming === undefined) return core.heirs.cancel(invite.id);
    const { text, flow } = arrived;
    const notice = {
      source: 'network',
      bytes: text.length,
      protocol: flow.protocol,
      peer: flow.remote,
      time: wireTime(core.clock.now()),
      transactionId: incoming.id,
      dialogId: incoming.dialog?.id ?? '',
      text,
    } as const;
    incoming.refuse(487);
    incoming.app.notify(notice);
  }

  /** The ACK to a 2xx (RFC 3261 §13.3.1.4); a repeated one is not handed on again. */
  ack({ facts, text, flow }: Arrived): void {
    const core = this.#parts;
    const dialog = core.dialogs.byTags(facts.callId, facts.toTag ?? '', facts.fromTag);
    const waiting = dialog?.unacknowledged;
    if (dialog === undefined || waiting?.cseq !== facts.cseq) return;
    dialog.stop();
    const { owner } = dialog;
    if (owner === undefined || !owner.isOpen()) return;
    owner.notify({
      source: 'network',
      bytes: text.length,
      protocol: flow.protocol,
      peer: flow.remote,
      time: wireTime(core.clock.now()),
      transactionId: waiting.transactionId,
      dialogId: dialog.id,
      text,
    });
    dialog.readMark = owner.mark();
  }

  refuse(arrived: Arrived, status: number, reason: string, retryAfterSec?: number): void {
    if (arrived.request.method === 'ACK') return; // RFC 3261 §17: an ACK is never answered
    const headers = retryAfterSec === undefined ? [] : [retryAfter(retryAfterSec)];
    arrived.flow.send(composeResponse(arrived, { status, reason, toTag: newTag(), headers }));
  }

  /** RFC 3261 §13.2.2.4 asks for an ACK as long as 2xx come; of an INVITE of this life the peer has given up 64*T1 after the first. */
  strayResponse(response: SipResponse, flow: Flow): void {
    acknowledgeStray(this.#parts, response, flow);
  }
}

/**
 * RFC 3261 §8.2.6.1: at once, so that the peer stops repeating the INVITE, whoever will answer it. Who brings no credentials over UDP may be
 * challenged in a moment, and should get no more datagrams than it sends: the address may be another's.
 */
function sayTrying(arrived: Arrived, transaction: ServerTransaction): void {
  const { request, facts, flow } = arrived;
  const text = (): string => composeResponse(arrived, { status: 100, reason: 'Trying' });
  const isStranger = facts.toTag === undefined && !isReliable(flow) && !request.headers.some(isCredential);
  if (isStranger) transaction.tryingUnlessAnswered(text);
  else transaction.answer(100, text());
}
