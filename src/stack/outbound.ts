/**
 * outbound: what applications send: responses, requests in and outside dialogs, ACK, CANCEL; and the responses that come back.
 */
import { newBranch, newSipCallId, newTag, word } from '#kit/ids.js';
import { headerField, headerValues } from '#sip/headers.js';
import type { HeaderField, SipRequest, SipResponse } from '#sip/message.js';
import { parseNameAddr, tagOf } from '#sip/name-addr.js';
import { reasonPhrase } from '#sip/status.js';
import { parseUri } from '#sip/uri.js';
import { writeMessage } from '#sip/write.js';
import {
  wireTime,
  writeNok,
  writeNotice,
  writeRequestSent,
  writeResponseSent,
  type SipCommand,
} from '../engine/link/link-messages.js';
import { hostPort, unbracketed, type Flow } from '../engine/transport/flow.js';
import { contactOf, find, readAppMessage, withContentType, without, withRealHost, type AppMessage } from './app-message.js';
import { dialogId, isTargetRefresh, refreshTarget, uacDialog, uasDialog, type Dialog } from './dialog.js';
import type { Engine } from './engine-core.js';
import { clientKey, dialogTags } from './matching.js';
import { responseTo } from './responses.js';
import type { Session } from './session.js';
import type { ClientEntry, ServerEntry } from './state.js';
import { Transaction } from './transaction.js';
import { again2xxMs, NO_ACK_MS } from './transactions.js';
import type { Way } from './transports.js';

const NO_DIALOG = 'Server error: unable to find dialog for dialog id provided';
const AFTER_PROVISIONAL_MS = 600_000;

type Asked = Readonly<{ method: string; uri: string; headers: readonly HeaderField[]; body: string }>;

export class Outbound {
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Decision order of the wire chapter, section 4. */
  command(session: Session, command: SipCommand): void {
    const message = readAppMessage(command.text);
    if (message.startLine.startsWith('SIP/')) return this.#respond(session, command, message);
    const [method = '', uri = ''] = message.startLine.split(' ');
    const asked: Asked = { method: method.toUpperCase(), uri, headers: message.headers, body: message.body };
    if (asked.method === 'CANCEL') return this.#cancel(session, command, asked);
    if (command.dialogId !== '') {
      const dialog = this.#engine.state.dialogs.get(command.dialogId);
      if (dialog === undefined) return this.#nok(session, command, NO_DIALOG);
      dialog.owner = session;
      if (asked.method === 'ACK') return this.#ackFromApp(session, command, dialog, asked);
      return this.#begin(session, command, dialog, asked);
    }
    this.#begin(session, command, undefined, asked);
  }

  #nok(session: Session, command: SipCommand, reason: string): void {
    session.send(writeNok(session.newId(), command.id, reason));
  }

  // ---- responses ----------------------------------------------------------------------------------------------------------------

  #respond(session: Session, command: SipCommand, message: AppMessage): void {
    const entry = this.#engine.state.serversByName.get(command.transactionId);
    const parts = /^SIP\/2\.0 ([1-6][0-9]{2}) ?(.*)$/.exec(message.startLine);
    if (entry === undefined || entry.answered || parts === null)
      return this.#nok(session, command, 'Response not sent due to unknown transaction');
    if (!entry.flow.isOpen()) return this.#nok(session, command, 'transport for response has been shutdown or closed');
    const status = Number(parts[1]);
    if (/100rel/i.test(find(message.headers, 'Require') ?? '') && status < 200) {
      return this.#nok(session, command, 'Remote endpoint does not support 100rel');
    }
    const headers = withContentType(message.headers, message.body);
    if (headers === undefined) return this.#nok(session, command, 'missing content-type');
    const text = this.#answer(entry, status, parts[2] ?? '', headers, message.body);
    session.send(
      writeResponseSent(session.newId(), command.id, {
        protocol: entry.flow.protocol,
        address: entry.flow.remote.address,
        port: entry.flow.remote.port,
        time: wireTime(Date.now()),
        transactionId: entry.name,
        dialogId: entry.request.method === 'BYE' ? '' : (entry.dialog?.id ?? ''),
        text,
      }),
    );
  }

  /** A final answer the engine gives by itself. */
  answerHere(entry: ServerEntry, status: number): void {
    if (entry.answered) return;
    this.#answer(entry, status, reasonPhrase(status), [], '');
  }

  #answer(entry: ServerEntry, status: number, reason: string, appHeaders: readonly HeaderField[], body: string): string {
    const { request, flow } = entry;
    const makesDialog = (request.method === 'INVITE' || request.method === 'SUBSCRIBE') && status > 100 && status < 300;
    if (makesDialog && entry.dialog === undefined) {
      entry.dialog = uasDialog(request, entry.toTag, flow, entry.owner ?? {});
      this.#engine.state.addDialog(entry.dialog);
    }
    const headers = withRealHost(without(appHeaders, 'from', 'to', 'call-id', 'cseq'), flow);
    if (makesDialog && find(headers, 'Contact') === undefined) headers.push({ name: 'Contact', value: contactOf(flow) });
    if (makesDialog && entry.dialog !== undefined) entry.dialog.localContact ??= find(headers, 'Contact');
    const text = writeMessage(responseTo(entry, status, reason, headers, body));
    if (status < 200) {
      entry.deadline?.cancel();
      entry.deadline = this.#engine.wheel.start({ due: () => this.answerHere(entry, 504) }, 'patience', AFTER_PROVISIONAL_MS);
      entry.tx.on('1xx', undefined, text);
      return text;
    }
    entry.answered = true;
    entry.deadline?.cancel();
    if (request.method === 'REGISTER' && status < 300) this.#engine.rememberContacts(request, flow);
    if (request.method === 'INVITE' && status < 300 && entry.dialog !== undefined) this.#sendUntilAck(entry, entry.dialog, text);
    // A refused first INVITE leaves no dialog behind; a refused re-INVITE leaves it as it was.
    if (
      request.method === 'INVITE' &&
      status >= 300 &&
      entry.dialog?.confirmed === false &&
      !/;\s*tag=/i.test(headerField(request, 'To') ?? '')
    ) {
      this.#engine.removeDialog(entry.dialog);
    }
    entry.tx.on(status < 300 ? '2xx' : '3xx+', undefined, text);
    return text;
  }

  /** RFC 3261 §13.3.1.4, for first INVITEs and re-INVITEs alike. */
  #sendUntilAck(entry: ServerEntry, dialog: Dialog, text: string): void {
    const { state, wheel } = this.#engine;
    const key = `${dialog.id} ${dialogTags(entry.request).cseq}`;
    const again: NonNullable<ServerEntry['again']> = { text, round: 0, timer: undefined, lost: undefined };
    entry.again = again;
    state.waiting2xx.set(key, entry);
    const resend = (): void => {
      if (again.round > 0) entry.tx.flow.send(text);
      again.timer = wheel.start({ due: resend }, '2xx again', again2xxMs(again.round++));
    };
    resend();
    again.lost = wheel.start(
      {
        due: () => {
          again.timer?.cancel();
          state.waiting2xx.delete(key);
          this.byeFromHere(dialog, 'ACK timeout', 408);
        },
      },
      'ACK lost',
      NO_ACK_MS,
    );
  }

  /** A BYE the engine says by itself; the application hears of it as `unsolicited`. */
  byeFromHere(dialog: Dialog, why: string, cause: number): void {
    const headers = [{ name: 'Reason', value: `SIP;cause=${cause};text="${why}"` }];
    const request = this.#inDialogRequest(dialog, { method: 'BYE', uri: 'sip:placeholder', headers, body: '' });
    this.#engine.removeDialog(dialog);
    const owner = this.#engine.applications.heir(dialog.owner as Session);
    void this.#wayIn(dialog).then((way) => {
      if (way.kind !== 'flow') return;
      const { flow } = way;
      const full = withVia(request, flow);
      const text = writeMessage(full);
      this.#launch(full, text, flow, undefined, undefined, true);
      owner?.send(
        writeNotice(owner.newId(), {
          source: 'application',
          bytes: text.length,
          protocol: flow.protocol,
          peer: flow.local,
          time: wireTime(Date.now()),
          transactionId: 'unsolicited',
          dialogId: dialog.id,
          text,
        }),
        dialog.id,
      );
    });
  }

  // ---- requests -----------------------------------------------------------------------------------------------------------------

  #begin(session: Session, command: SipCommand, dialog: Dialog | undefined, asked: Asked): void {
    const headers = withContentType(asked.headers, asked.body);
    if (headers === undefined) return this.#nok(session, command, 'missing content-type');
    const whole = { ...asked, headers };
    if (dialog !== undefined) {
      const request = this.#inDialogRequest(dialog, whole);
      if (asked.method === 'BYE') this.#engine.removeDialog(dialog);
      return this.#go(session, command, this.#wayIn(dialog), (flow) => completed(request, flow, dialog), dialog);
    }
    const way = this.#wayOut(asked.uri, command.nextHop);
    this.#go(session, command, way, (flow) => newRequest(whole, flow), undefined);
  }

  #wayOut(uri: string, nextHop: string): Promise<Way> | Way {
    const hop = nextHop === '' ? uri : /^sips?:/i.test(nextHop) ? nextHop : `sip:${nextHop}`;
    if (parseUri(uri) === undefined) return { kind: 'none', why: 'invalid request-uri: START LINE' };
    const remembered = nextHop === '' ? this.#engine.contactFlow(uri) : undefined;
    if (remembered !== undefined) return { kind: 'flow', flow: remembered };
    const way = this.#engine.transports.wayTo(hop);
    return way.kind === 'lookup' ? this.#engine.transports.resolve(way.host, way.port, way.protocol) : way;
  }

  /** RFC 3261 §12.2.1.1; a connection is used again, and a phone whose Contact is not where it speaks from is reached there. */
  async #wayIn(dialog: Dialog): Promise<Way> {
    const { flow } = dialog;
    const [route] = dialog.routeSet;
    if (flow.protocol !== 'udp' && flow.isOpen()) return { kind: 'flow', flow };
    const hop = route === undefined ? dialog.remoteTarget : (parseNameAddr(route)?.uri ?? dialog.remoteTarget);
    const parsed = parseUri(hop);
    const elsewhere = route === undefined && flow.protocol === 'udp' && unbracketed(parsed?.host ?? '') !== flow.remote.address;
    if (elsewhere) return { kind: 'flow', flow };
    const way = this.#engine.transports.wayTo(hop);
    return way.kind === 'lookup' ? this.#engine.transports.resolve(way.host, way.port, way.protocol) : way;
  }

  #go(
    session: Session,
    command: SipCommand,
    way: Promise<Way> | Way,
    make: (flow: Flow) => SipRequest,
    dialog: Dialog | undefined,
  ): void {
    if ('then' in way) {
      void way.then((found) => this.#go(session, command, found, make, dialog));
      return;
    }
    if (way.kind !== 'flow') return this.#nowhere(session, command, way.kind === 'none' ? way.why : 'no address', dialog);
    const { flow } = way;
    if (this.#engine.transports.isOurs(flow.remote)) return this.#nok(session, command, 'can not send request to myself');
    const request = withVia(make(flow), flow);
    const text = writeMessage(request);
    const name = word(20);
    // The OK must be on the link before anything that names the transaction.
    session.send(writeRequestSent(session.newId(), command.id, sentFacts(flow, name, text)));
    this.#launch(request, text, flow, session, dialog, dialog !== undefined, name);
  }

  #nowhere(session: Session, command: SipCommand, why: string, dialog: Dialog | undefined): void {
    this.#nok(session, command, dialog === undefined ? why : `Server error: ${why}`);
  }

  #launch(
    request: SipRequest,
    text: string,
    flow: Flow,
    owner: Session | undefined,
    dialog: Dialog | undefined,
    inDialog: boolean,
    name = word(20),
  ): void {
    const { state, wheel } = this.#engine;
    const invite = request.method === 'INVITE';
    const key = `${branchOf(request)} ${request.method}`;
    const entry: ClientEntry = {
      name,
      key,
      request,
      flow,
      owner,
      dialog,
      inDialog,
      cancel: 'no',
      cancelText: '',
      ack: undefined,
      answeredBy: new Set(),
      tx: new Transaction(invite ? 'invite client' : 'non-invite client', flow, wheel, {
        pass: (event, message) => {
          if (message?.kind === 'response') this.#passed(entry, message);
          else if (event === 'error') this.#local(entry, 503);
        },
        timeout: () => this.#local(entry, 408),
        ended: () => {
          state.clients.delete(key);
          state.clientsByName.delete(name);
          if (entry.dialog !== undefined && state.inviteOf.get(entry.dialog.id) === entry) state.inviteOf.delete(entry.dialog.id);
        },
        ackFor: (response) => writeMessage(ackToRefusal(request, response)),
      }),
    };
    state.clients.set(key, entry);
    state.clientsByName.set(name, entry);
    if (invite && dialog !== undefined) state.inviteOf.set(dialog.id, entry);
    entry.tx.begin(text);
  }

  #inDialogRequest(dialog: Dialog, asked: Asked): SipRequest {
    const ack = asked.method === 'ACK';
    if (!ack) dialog.localCSeq++;
    if (asked.method === 'INVITE') dialog.inviteCSeq = dialog.localCSeq;
    const number = ack ? dialog.inviteCSeq : dialog.localCSeq;
    const tag = dialog.remoteTag === '' ? '' : `;tag=${dialog.remoteTag}`;
    return {
      kind: 'request',
      method: asked.method,
      uri: asked.uri === '' || asked.uri.includes('placeholder') ? dialog.remoteTarget : asked.uri,
      headers: [
        ...dialog.routeSet.map((value) => ({ name: 'Route', value })),
        { name: 'Max-Forwards', value: find(asked.headers, 'Max-Forwards') ?? '70' },
        { name: 'From', value: `${dialog.localAddress};tag=${dialog.localTag}` },
        { name: 'To', value: `${dialog.remoteAddress}${tag}` },
        { name: 'Call-ID', value: dialog.callId },
        { name: 'CSeq', value: `${number} ${asked.method}` },
        ...without(asked.headers, 'from', 'to', 'call-id', 'cseq', 'max-forwards'),
      ],
      body: asked.body,
    };
  }

  #ackFromApp(session: Session, command: SipCommand, dialog: Dialog, asked: Asked): void {
    const request = this.#inDialogRequest(dialog, asked);
    const invite = this.#engine.state.inviteOf.get(dialog.id);
    void this.#wayIn(dialog).then((way) => {
      if (way.kind !== 'flow') return this.#nowhere(session, command, 'the dialog cannot be reached', dialog);
      const { flow } = way;
      const text = writeMessage(withVia(request, flow));
      if (invite !== undefined) invite.ack = { text, flow };
      flow.send(text);
      session.send(writeRequestSent(session.newId(), command.id, sentFacts(flow, word(20), text)));
      // RFC 3261 §9.1: the 200 won the race against our CANCEL, so the call is ended after its ACK.
      if (invite?.cancel === 'sent') this.byeFromHere(dialog, 'ACK-BYE due to cancel race condition', 200);
    });
  }

  /** RFC 3261 §9.1: not before a provisional response. */
  #cancel(session: Session, command: SipCommand, asked: Asked): void {
    const entry = this.#engine.state.clientsByName.get(command.transactionId);
    if (entry === undefined || entry.request.method !== 'INVITE' || entry.tx.state === 'completed') {
      return this.#nok(session, command, `unable to cancel unknown transaction id: ${command.transactionId}`);
    }
    const request = cancelOf(
      entry.request,
      without(asked.headers, 'from', 'to', 'contact', 'call-id', 'cseq', 'p-asserted-identity', 'max-forwards'),
    );
    entry.cancelText = writeMessage(request);
    const { flow } = entry;
    session.send(writeRequestSent(session.newId(), command.id, sentFacts(flow, word(20), entry.cancelText)));
    if (entry.tx.state === 'calling') entry.cancel = 'wanted';
    else if (entry.tx.state === 'proceeding') this.#sendCancel(entry, request);
  }

  #sendCancel(entry: ClientEntry, request?: SipRequest): void {
    entry.cancel = 'sent';
    const cancel = request ?? cancelOf(entry.request, []);
    this.#launch(cancel, entry.cancelText, entry.flow, undefined, undefined, false);
  }

  // ---- responses that come back -------------------------------------------------------------------------------------------------

  response(response: SipResponse, text: string, flow: Flow): void {
    const key = clientKey(response);
    const entry = key === undefined ? undefined : this.#engine.state.clients.get(key);
    if (entry === undefined) return; // RFC 3261 §18.1.2: nobody asked
    void text;
    void flow;
    entry.tx.on(response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '3xx+', response);
  }

  #passed(entry: ClientEntry, response: SipResponse): void {
    const { status } = response;
    if (entry.request.method === 'INVITE') {
      if (status < 200 && entry.cancel === 'wanted') this.#sendCancel(entry);
      if (status < 300 && status > 100 && !this.#dialogOf(entry, response)) return;
      if (status >= 300 && !entry.inDialog && entry.dialog !== undefined) this.#engine.removeDialog(entry.dialog);
    } else if (entry.dialog !== undefined && status < 300 && isTargetRefresh(entry.request.method)) {
      refreshTarget(entry.dialog, response, entry.flow);
    }
    if (status >= 200 || status > 100) this.#tell(entry, response, writeMessage(response).length);
    else if (status === 100) this.#tell(entry, response, 0);
  }

  /** @returns false when the application need not hear of this response. */
  #dialogOf(entry: ClientEntry, response: SipResponse): boolean {
    const { state } = this.#engine;
    const tag = tagOf(headerField(response, 'To') ?? '') ?? '';
    if (response.status >= 200) {
      if (entry.answeredBy.has(tag)) {
        if (entry.ack !== undefined) entry.ack.flow.send(entry.ack.text); // §13.2.2.4: the 2xx came again, so our ACK was lost
        return false;
      }
      const first = entry.answeredBy.size === 0;
      entry.answeredBy.add(tag);
      if (!first) {
        this.#endFork(entry, response);
        return false;
      }
    }
    let dialog = entry.dialog;
    if (dialog === undefined || (!entry.inDialog && dialog.remoteTag !== tag && tag !== '')) {
      if (dialog !== undefined) state.removeDialog(dialog);
      dialog = uacDialog(entry.request, response, entry.flow, entry.owner ?? {});
      entry.dialog = dialog;
      state.addDialog(dialog);
      state.inviteOf.set(dialog.id, entry);
    } else {
      refreshTarget(dialog, response, entry.flow);
      if (!entry.inDialog) dialog.routeSet = headerValues(response, 'Record-Route').reverse();
    }
    if (response.status >= 200) {
      dialog.confirmed = true;
      if (entry.owner?.open !== true && !entry.inDialog) {
        // The application that called has gone: nobody will acknowledge, so it is done here and the call ended.
        this.#endFork(entry, response);
        this.#engine.removeDialog(dialog);
        return false;
      }
    }
    return true;
  }

  /** RFC 3261 §13.2.2.4: a 2xx nobody wants is acknowledged and hung up. */
  #endFork(entry: ClientEntry, response: SipResponse): void {
    const fork = uacDialog(entry.request, response, entry.flow, {});
    const ack = this.#inDialogRequest(fork, { method: 'ACK', uri: '', headers: [], body: '' });
    void this.#wayIn(fork).then((way) => {
      if (way.kind !== 'flow') return;
      way.flow.send(writeMessage(withVia(ack, way.flow)));
      const bye = withVia(this.#inDialogRequest(fork, { method: 'BYE', uri: '', headers: [], body: '' }), way.flow);
      this.#launch(bye, writeMessage(bye), way.flow, undefined, undefined, true);
    });
  }

  /** A final answer nobody sent: silence (408) or no way there (503). */
  #local(entry: ClientEntry, status: number): void {
    if (entry.request.method === 'INVITE' && !entry.inDialog && entry.dialog !== undefined)
      this.#engine.removeDialog(entry.dialog);
    const response = responseTo(
      { request: entry.request, toTag: newTag(), flow: entry.flow },
      status,
      reasonPhrase(status),
      [],
      '',
    );
    this.#tell(entry, response, 0);
  }

  #tell(entry: ClientEntry, response: SipResponse, bytes: number): void {
    const owner = entry.owner;
    if (owner === undefined || !owner.open) return;
    const tags = dialogTags(entry.request);
    const named =
      entry.dialog?.id ??
      (entry.request.method === 'INVITE' || entry.request.method === 'SUBSCRIBE' ? dialogId(tags.callId, tags.from) : '');
    owner.send(
      writeNotice(owner.newId(), {
        source: 'network',
        bytes,
        protocol: entry.flow.protocol,
        peer: entry.flow.remote,
        time: wireTime(Date.now()),
        transactionId: entry.name,
        dialogId: named,
        text: writeMessage(response),
      }),
      named,
    );
  }
}

const sentFacts = (flow: Flow, name: string, text: string) => ({
  protocol: flow.protocol,
  address: flow.local.address,
  port: flow.local.port,
  time: wireTime(Date.now()),
  transactionId: name,
  text,
});

const branchOf = (request: SipRequest): string => /;branch=([^;,\s]+)/.exec(request.headers[0]?.value ?? '')?.[1] ?? '';

/** RFC 3261 §8.1.1.7, RFC 3581 §3: our own Via on top, with a branch of its own. */
function withVia(request: SipRequest, flow: Flow): SipRequest {
  const [first] = request.headers;
  if (first?.name === 'Via') return request;
  const value = `SIP/2.0/${flow.protocol.toUpperCase()} ${hostPort(flow.local)};rport;branch=${newBranch()}`;
  return { ...request, headers: [{ name: 'Via', value }, ...request.headers] };
}

/** In-dialog requests that refresh the target say again where we are (§12.2.1.1). */
function completed(request: SipRequest, flow: Flow, dialog: Dialog): SipRequest {
  const headers = withRealHost(request.headers, flow);
  if (isTargetRefresh(request.method) && find(headers, 'Contact') === undefined) {
    headers.push({ name: 'Contact', value: dialog.localContact ?? contactOf(flow) });
  }
  return { ...request, headers };
}

const FORMS_DIALOG = new Set(['INVITE', 'SUBSCRIBE', 'REFER']);

function newRequest(asked: Asked, flow: Flow): SipRequest {
  const given = withRealHost(asked.headers, flow);
  const from = find(given, 'From') ?? contactOf(flow);
  const headers: HeaderField[] = [
    { name: 'Max-Forwards', value: find(given, 'Max-Forwards') ?? '70' },
    { name: 'From', value: /;\s*tag=/i.test(from) ? from : `${from};tag=${newTag()}` },
    { name: 'To', value: find(given, 'To') ?? `<${asked.uri}>` },
    { name: 'Call-ID', value: find(given, 'Call-ID') ?? newSipCallId() },
    { name: 'CSeq', value: `${/^[0-9]+/.exec(find(given, 'CSeq') ?? '')?.[0] ?? firstCSeq()} ${asked.method}` },
    ...without(given, 'max-forwards', 'from', 'to', 'call-id', 'cseq'),
  ];
  if (FORMS_DIALOG.has(asked.method) && find(headers, 'Contact') === undefined)
    headers.push({ name: 'Contact', value: contactOf(flow) });
  return { kind: 'request', method: asked.method, uri: asked.uri, headers, body: asked.body };
}

/** RFC 3261 §8.1.1.5 suggests the clock; half of the seconds stays below 2**31 for ever long. */
const firstCSeq = (): number => Math.floor(Date.now() / 2000);

const copied = (request: SipRequest, name: string): HeaderField => ({ name, value: headerField(request, name) ?? '' });

/** RFC 3261 §17.1.1.3: same branch, To with the tag of the refusal. */
function ackToRefusal(request: SipRequest, response: SipResponse): SipRequest {
  const via = request.headers[0] ?? { name: 'Via', value: '' };
  const routes = headerValues(request, 'Route').map((value) => ({ name: 'Route', value }));
  const number = dialogTags(request).cseq;
  return {
    kind: 'request',
    method: 'ACK',
    uri: request.uri,
    headers: [
      via,
      ...routes,
      { name: 'Max-Forwards', value: '70' },
      copied(request, 'From'),
      { name: 'To', value: headerField(response, 'To') ?? '' },
      copied(request, 'Call-ID'),
      { name: 'CSeq', value: `${number} ACK` },
    ],
    body: '',
  };
}

/** RFC 3261 §9.1: everything as in the INVITE but the method. */
function cancelOf(request: SipRequest, more: readonly HeaderField[]): SipRequest {
  const ack = ackToRefusal(request, { kind: 'response', status: 0, reason: '', headers: [copied(request, 'To')], body: '' });
  const headers = ack.headers.map((field) =>
    field.name === 'CSeq' ? { name: 'CSeq', value: `${dialogTags(request).cseq} CANCEL` } : field,
  );
  return { ...ack, method: 'CANCEL', headers: [...headers, ...more] };
}
