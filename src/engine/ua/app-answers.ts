/**
 * app-answers: a response that the application gives to a request of a peer, completed and sent (RFC 3261 §8.2.6, §12.1.1,
 * §13.3.1, RFC 3262 §3).
 */
import { headerValues } from '#sip/headers.js';
import type { HeaderField } from '#sip/message.js';
import { parseNameAddr, tagOf } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import { uasFacts } from '../dialog/dialog.js';
import { LiveDialog } from '../dialog/live-dialog.js';
import { ownText } from '#kit/own-text.js';
import { RepeatUntil } from '../dialog/repeat-until.js';
import type { App } from '../link/app.js';
import type { AppMessage } from '../link/app-message.js';
import { wireTime, type SipCommand } from '../link/link-messages.js';
import { isReliable } from '../transport/flow.js';
import { withTag } from './compose-response.js';
import type { Core } from './core.js';
import { endDialog } from './engine-requests.js';
import type { IncomingRequest } from './incoming-request.js';
import { contactFor, contactToward, fillLocalhost } from './localhost.js';
import { hasToken, typedBody } from './body-type.js';

type AppResponse = Extract<AppMessage, { kind: 'response' }>;

/** Taken from the request, whatever the application says. */
const REQUESTS_OWN: ReadonlySet<string> = new Set(['From', 'To', 'Call-ID', 'CSeq']);

export function answerFor(core: Core, app: App, command: SipCommand, message: AppResponse): void {
  const incoming = core.incoming.get(command.transactionId);
  if (incoming === undefined) return app.nok(command.id, 'Response not sent due to unknown transaction');
  if (incoming.told !== undefined) app.hasRead(incoming.told);
  if (!incoming.transaction.flow.isOpen()) {
    incoming.unanswerable();
    return app.nok(command.id, 'transport for response has been shutdown or closed');
  }
  const body = typedBody(message.headers, message.body);
  if (body === undefined) return app.nok(command.id, 'missing content-type');
  const reliable = wantsReliable(incoming, message);
  if (reliable && !peerKnows100rel(incoming)) return app.nok(command.id, 'Remote endpoint does not support 100rel');

  incoming.toTag(tagOf(message.headers.find(({ name }) => name === 'To')?.value ?? ''));
  const headers = completeHeaders(incoming, message, body);
  openDialog(core, incoming, message.status, headers, app);
  const rseq = reliable ? nextRSeq(incoming) : undefined;
  if (rseq !== undefined) headers.push({ name: 'RSeq', value: String(rseq) });
  const text = incoming.respond({
    status: message.status,
    reason: message.reason,
    headers,
    body: message.body,
    recordRoute: makesDialog(incoming, message.status),
  });
  if (rseq !== undefined) repeat1xx(core, incoming, rseq, text);
  reply(core, app, command.id, incoming, text);
  settle(core, app, incoming, message, text);
}

function reply(core: Core, app: App, id: string, incoming: IncomingRequest, text: string): void {
  const { flow } = incoming.arrived;
  app.responseSent(id, {
    protocol: flow.protocol,
    address: flow.remote.address,
    port: flow.remote.port,
    time: wireTime(core.clock.now()),
    transactionId: incoming.id,
    dialogId: incoming.method === 'BYE' ? '' : (incoming.dialog?.id ?? ''),
    text,
  });
}

/** Contact where the RFCs ask for one, `localhost` filled in, and the type of the body. */
function completeHeaders(incoming: IncomingRequest, message: AppResponse, bodyType: readonly HeaderField[]): HeaderField[] {
  const { flow } = incoming.arrived;
  const { method } = incoming;
  const asked = incoming.arrived.request.uri;
  // A REGISTER and a redirection are answered with the Contacts of others.
  const isOwnContact = ({ name }: HeaderField): boolean => name === 'Contact' && method !== 'REGISTER' && message.status < 300;
  const headers = message.headers
    .filter(({ name }) => !REQUESTS_OWN.has(name))
    .map((field) => fillLocalhost(field, flow))
    .map((field) => (isOwnContact(field) ? { name: 'Contact', value: contactToward(asked, field.value) } : field));
  const hasContact = headers.some(({ name }) => name === 'Contact');
  const needsContact = method === 'UPDATE' ? message.status >= 200 : method === 'INVITE' || method === 'SUBSCRIBE';
  if (!hasContact && needsContact && message.status > 100 && message.status < 300)
    headers.push({ name: 'Contact', value: contactToward(asked, incoming.dialog?.facts.localContact ?? contactFor(flow)) });
  headers.push(...bodyType);
  return headers;
}

const makesDialog = (incoming: IncomingRequest, status: number): boolean =>
  (incoming.method === 'INVITE' || incoming.method === 'SUBSCRIBE') && !incoming.inDialog && status > 100 && status < 300;

/** RFC 3261 §12.1.1: the first response with a tag makes the dialog, early or confirmed. */
function openDialog(core: Core, incoming: IncomingRequest, status: number, headers: readonly HeaderField[], app: App): void {
  if (incoming.dialog !== undefined || !makesDialog(incoming, status)) return;
  const { request, facts, flow } = incoming.arrived;
  const to = request.headers.find(({ name }) => /^(to|t)$/i.test(name))?.value ?? '';
  const tag = incoming.toTag();
  const dialogFacts = uasFacts(request, facts, withTag(to, tag), tag, flow);
  dialogFacts.localContact = ownText(headers.find(({ name }) => name === 'Contact')?.value ?? '');
  incoming.dialog = new LiveDialog(dialogFacts, app);
  incoming.dialog.openRequests.add(incoming);
  core.dialogs.add(incoming.dialog);
  if (status < 200 && incoming.method === 'INVITE') incoming.keep();
}

/** What a final response leaves behind. */
function settle(core: Core, app: App, incoming: IncomingRequest, message: AppResponse, text: string): void {
  const { dialog } = incoming;
  const { status } = message;
  if (status < 200) return;
  if (status >= 300) {
    if (dialog !== undefined && (!incoming.inDialog || isUnknownToApp(dialog, incoming.method, status)))
      core.dialogs.remove(dialog);
    return;
  }
  if (incoming.method === 'REGISTER') return rememberFlow(core, incoming, message);
  if (dialog === undefined) return;
  if (incoming.method === 'SUBSCRIBE') dialog.confirm();
  if (incoming.method !== 'INVITE') return;
  dialog.confirm();
  dialog.readMark = app.mark();
  repeat2xx(core, dialog, incoming, text);
}

/** RFC 5057 §5.1: a 481 ends the dialog on the peer's side. Of the last life, an application may have lost it, and then nobody else ends it. */
const isUnknownToApp = ({ lastLife }: LiveDialog, method: string, status: number): boolean =>
  status === 481 && lastLife !== undefined && !OF_A_USAGE.has(method);

/** There a 481 means the subscription alone. */
const OF_A_USAGE: ReadonlySet<string> = new Set(['NOTIFY', 'SUBSCRIBE', 'REFER']);

/** RFC 3261 §13.3.1.4, and §14.2 for a re-INVITE. */
function repeat2xx(core: Core, dialog: LiveDialog, incoming: IncomingRequest, text: string): void {
  dialog.stop();
  const { flow } = incoming.transaction;
  const repeat = new RepeatUntil(core.wheel, {
    kind: '2xx',
    send: () => flow.send(text),
    unanswered: () => endDialog(core, dialog, 'SIP;cause=200;text="ACK timeout"'),
  });
  dialog.unacknowledged = { cseq: incoming.arrived.facts.cseq, transactionId: incoming.id, repeat };
}

const wantsReliable = ({ method }: IncomingRequest, { status, headers }: AppResponse): boolean =>
  method === 'INVITE' && status > 100 && status < 200 && hasToken(headers, 'Require', '100rel');

const peerKnows100rel = ({ arrived: { request } }: IncomingRequest): boolean =>
  [...headerValues(request, 'Supported'), ...headerValues(request, 'Require')].some((token) => token.toLowerCase() === '100rel');

/** RFC 3262 §3: the first number is free, the following ones are one higher each. */
function nextRSeq(incoming: IncomingRequest): number {
  incoming.lastRSeq = incoming.lastRSeq === undefined ? 1 + Math.floor(Math.random() * 2 ** 20) : incoming.lastRSeq + 1;
  return incoming.lastRSeq;
}

function repeat1xx(core: Core, incoming: IncomingRequest, rseq: number, text: string): void {
  const { flow } = incoming.transaction;
  incoming.reliable ??= new Map();
  incoming.reliable.set(
    rseq,
    // RFC 3262 §3: without a PRACK the INVITE is refused with a 5xx.
    new RepeatUntil(core.wheel, { kind: 'reliable 1xx', send: () => flow.send(text), unanswered: () => incoming.refuse(504) }),
  );
}

/** RFC 5626 §5.3: a phone that registered over a connection is reached on it. */
function rememberFlow(core: Core, incoming: IncomingRequest, message: AppResponse): void {
  const { request, flow } = incoming.arrived;
  const asked = Number(headerValues(request, 'Expires')[0] ?? NaN);
  for (const value of headerValues(request, 'Contact')) {
    const contact = parseNameAddr(value);
    const uri = contact === undefined ? undefined : parseUri(contact.uri);
    if (contact === undefined || uri === undefined) continue;
    const granted = grantedSec(message.headers, contact.uri) ?? Number(contact.params.get('expires') ?? asked);
    const expiresSec = Number.isFinite(granted) ? granted : 3600;
    const untilMs = core.clock.now() + expiresSec * 1000;
    if (expiresSec > 0 && isReliable(flow)) core.flows.remember(uri, flow, untilMs);
    else core.flows.forget(uri);
    if (expiresSec > 0 && core.transports.hasSeveral(flow)) core.flows.heardFrom(flow, untilMs);
  }
}

function grantedSec(headers: readonly HeaderField[], uri: string): number | undefined {
  for (const value of headerValues({ headers }, 'Contact')) {
    const contact = parseNameAddr(value);
    const expires = contact?.uri === uri ? contact.params.get('expires') : undefined;
    if (expires !== undefined) return Number(expires);
  }
  return undefined;
}
