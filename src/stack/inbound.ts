/**
 * inbound: a message from the network: absorbed by a transaction, answered here, or told to an application (RFC 3261 §8.2, §12.2.2, §17.2).
 */
import { newTag, word } from '#kit/ids.js';
import { headerField, headerValue } from '#sip/headers.js';
import { ALLOW_ALL, isKnownMethod } from '#sip/method.js';
import type { HeaderField, SipRequest, SipResponse } from '#sip/message.js';
import { parseMessage } from '#sip/parse.js';
import { reasonPhrase } from '#sip/status.js';
import { topVia } from '#sip/via.js';
import { writeMessage } from '#sip/write.js';
import { wireTime, writeNotice } from '../engine/link/link-messages.js';
import { unbracketed, type Flow } from '../engine/transport/flow.js';
import { isTargetRefresh, refreshTarget, type Dialog } from './dialog.js';
import { dialogTags, mergeKey, serverKey } from './matching.js';
import { responseTo } from './responses.js';
import type { Session } from './session.js';
import type { Engine } from './engine-core.js';
import type { ServerEntry } from './state.js';
import { Transaction } from './transaction.js';

/** RFC 4320 §4.2: a non-INVITE has 32 s; an answer after that helps nobody. */
const NON_INVITE_PATIENCE_MS = 30_000;
const INVITE_PATIENCE_MS = 200_000;

export class Inbound {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  message(text: string, flow: Flow): void {
    const parsed = parseMessage(text);
    if (parsed.kind === 'drop') return;
    if (parsed.kind === 'refuse') return this.#stateless(parsed.request, flow, parsed.status, [], parsed.reason);
    if (parsed.message.kind === 'response') return this.#engine.outbound.response(parsed.message, text, flow);
    this.#request(parsed.message, text, flow);
  }

  #request(request: SipRequest, text: string, flow: Flow): void {
    const key = serverKey(request);
    const known = this.#engine.state.servers.get(key);
    if (request.method === 'ACK') return this.#ack(request, text, flow, known);
    if (known !== undefined) return known.tx.on('request');
    if (request.method === 'CANCEL') return this.#cancel(request, text, flow);
    this.#newRequest(request, stamped(request, text, flow), flow, key);
  }

  #newRequest(request: SipRequest, text: string, flow: Flow, key: string): void {
    const { state, applications } = this.#engine;
    const tags = dialogTags(request);
    if (this.#engine.overloaded && (request.method === 'INVITE' || request.method === 'REGISTER') && tags.to === undefined) {
      return this.#stateless(request, flow, 503, [{ name: 'Retry-After', value: String(1 + Math.floor(Math.random() * 10)) }]);
    }
    if (!isKnownMethod(request.method)) return this.#stateless(request, flow, 501, [{ name: 'Allow', value: ALLOW_ALL }]);
    const dialog = tags.to === undefined ? undefined : state.dialogByTags(tags.callId, tags.to, tags.from);
    if (
      dialog === undefined &&
      (tags.to !== undefined || request.method === 'BYE' || request.method === 'PRACK' || request.method === 'UPDATE')
    ) {
      return this.#stateless(request, flow, 481); // RFC 3261 §12.2.2
    }
    if (dialog === undefined && state.merged.has(mergeKey(request))) return this.#stateless(request, flow, 482); // §8.2.2.2
    if (dialog !== undefined && tags.cseq < dialog.remoteCSeq) return this.#stateless(request, flow, 500); // §12.2.2
    if ((request.method === 'INVITE' || request.method === 'SUBSCRIBE') && headerValue(request, 'Contact') === undefined) {
      return this.#stateless(request, flow, 400, [], 'Bad Request: no Contact'); // §8.1.1.8
    }
    const owner = dialog === undefined ? applications.next(request.method) : applications.heir(dialog.owner as Session);
    const entry = this.#remember(request, flow, key, owner, dialog);
    if (request.method === 'INVITE') entry.tx.on('1xx', undefined, writeMessage(responseTo(entry, 100, 'Trying', [], '')));
    if (owner === undefined) return this.#engine.outbound.answerHere(entry, dialog === undefined ? 503 : 480);
    if (dialog !== undefined) {
      dialog.remoteCSeq = tags.cseq;
      dialog.owner = owner;
      if (isTargetRefresh(request.method)) refreshTarget(dialog, request, flow);
      if (request.method === 'BYE') this.#engine.removeDialog(dialog);
    }
    this.#tell(owner, entry, text, dialog?.id ?? '', dialog === undefined);
  }

  #remember(request: SipRequest, flow: Flow, key: string, owner: Session | undefined, dialog: Dialog | undefined): ServerEntry {
    const { state, wheel } = this.#engine;
    const invite = request.method === 'INVITE';
    const merge = mergeKey(request);
    const entry: ServerEntry = {
      name: word(20),
      key,
      request,
      flow,
      toTag: dialogTags(request).to ?? newTag(),
      owner,
      dialog,
      answered: false,
      deadline: undefined,
      again: undefined,
      rseq: 0,
      tx: new Transaction(invite ? 'invite server' : 'non-invite server', responseFlow(request, flow, this.#engine), wheel, {
        pass: () => undefined,
        timeout: () => undefined,
        ended: () => {
          state.servers.delete(key);
          state.serversByName.delete(entry.name);
          state.merged.delete(merge);
          entry.deadline?.cancel();
        },
      }),
    };
    entry.deadline = wheel.start(
      { due: () => this.#engine.outbound.answerHere(entry, 504) },
      'patience',
      invite ? INVITE_PATIENCE_MS : NON_INVITE_PATIENCE_MS,
    );
    state.servers.set(key, entry);
    state.serversByName.set(entry.name, entry);
    if (dialog === undefined) state.merged.set(merge, key);
    return entry;
  }

  #tell(owner: Session, entry: ServerEntry, text: string, dialogId: string, outside: boolean): void {
    const { flow } = entry;
    owner.send(
      writeNotice(owner.newId(), {
        source: 'network',
        bytes: text.length,
        protocol: flow.protocol,
        peer: flow.remote,
        time: wireTime(Date.now()),
        transactionId: entry.name,
        dialogId,
        ...(outside ? { arrivedOn: flow.local } : {}),
        text,
      }),
      dialogId === '' ? headerField(entry.request, 'Call-ID') : dialogId,
    );
  }

  /** RFC 3261 §17.2.1 for refusals; for a 2xx it ends the retransmission of the dialog, and the application hears of it (§13.3.1.4). */
  #ack(request: SipRequest, text: string, flow: Flow, known: ServerEntry | undefined): void {
    if (known !== undefined && known.tx.state !== 'accepted') return known.tx.on('ack');
    const { state, applications } = this.#engine;
    const tags = dialogTags(request);
    const dialog = state.dialogByTags(tags.callId, tags.to ?? '', tags.from);
    if (dialog === undefined) return;
    const waiting = state.waiting2xx.get(`${dialog.id} ${tags.cseq}`);
    if (waiting === undefined) return; // the ACK came again
    state.waiting2xx.delete(`${dialog.id} ${tags.cseq}`);
    waiting.again?.timer?.cancel();
    waiting.again?.lost?.cancel();
    dialog.confirmed = true;
    const owner = applications.heir(dialog.owner as Session);
    if (owner !== undefined) this.#tell(owner, waiting, stamped(request, text, flow), dialog.id, false);
  }

  /** RFC 3261 §9.2. */
  #cancel(request: SipRequest, text: string, flow: Flow): void {
    const entry = this.#engine.state.servers.get(serverKey(request, 'INVITE'));
    if (entry === undefined || entry.answered) return this.#stateless(request, flow, 481);
    this.#stateless(request, flow, 200, [], 'OK', entry.toTag);
    const { owner, dialog } = entry;
    this.#engine.outbound.answerHere(entry, 487);
    if (owner?.open === true) this.#tell(owner, entry, stamped(request, text, flow), dialog?.id ?? '', false);
  }

  /** RFC 3261 §8.2.7: answered and forgotten; a retransmission gets the same answer again. */
  #stateless(
    request: SipRequest,
    flow: Flow,
    status: number,
    headers: readonly HeaderField[] = [],
    reason = reasonPhrase(status),
    tag?: string,
  ): void {
    if (request.method === 'ACK') return;
    const toTag = tag ?? dialogTags(request).to ?? statelessTag(request);
    const response: SipResponse = responseTo({ request, toTag, flow }, status, reason, headers, '');
    responseFlow(request, flow, this.#engine).send(writeMessage(response));
  }
}

/** RFC 3261 §8.2.7: the same request gets the same tag. */
function statelessTag(request: SipRequest): string {
  let sum = 7;
  for (const char of mergeKey(request)) sum = (sum * 31 + char.charCodeAt(0)) % 2 ** 31;
  return `s${sum.toString(36)}`;
}

/** RFC 3261 §18.2.1, RFC 3581 §4: the top Via learns where the request really came from. */
function stamped(request: SipRequest, text: string, flow: Flow): string {
  const value = headerValue(request, 'Via');
  if (value === undefined || flow.protocol !== 'udp') return text;
  const at = text.indexOf(value);
  if (at < 0) return text;
  return text.slice(0, at) + viaStamp(value, request, flow) + text.slice(at + value.length);
}

export function viaStamp(value: string, request: SipRequest, flow: Flow): string {
  const via = topVia(request);
  const rport = via?.rport === undefined ? value : value.replace(/;\s*rport(?:\s*=[^;,]*)?/i, `;rport=${flow.remote.port}`);
  const needsReceived = via?.rport !== undefined || unbracketed(via?.host ?? '') !== flow.remote.address;
  return needsReceived && !/;\s*received\s*=/i.test(rport) ? `${rport};received=${flow.remote.address}` : rport;
}

/** RFC 3261 §18.2.2: over a connection where it came from; over UDP to the source with rport, else to the port the Via names. */
function responseFlow(request: SipRequest, flow: Flow, engine: Engine): Flow {
  if (flow.protocol !== 'udp') return flow;
  const via = topVia(request);
  if (via === undefined || via.rport !== undefined) return flow;
  const way = engine.transports.wayToAddress('udp', { address: flow.remote.address, port: via.port ?? 5060 });
  return way.kind === 'flow' ? way.flow : flow;
}
