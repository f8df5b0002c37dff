/**
 * dialog: what both sides remember of each other (RFC 3261 §12): tags, CSeq, route set, remote target. No sockets, no timers,
 * no application: who owns a dialog and what is under way in it, dialog-table.ts and ua/ know.
 */
import { headerField, headerValue, headerValues } from '#sip/headers.js';
import type { SipMessage, SipRequest, SipResponse } from '#sip/message.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri } from '#sip/uri.js';
import type { Essentials } from '../transaction/essentials.js';
import type { Flow } from '../transport/flow.js';
import { ownText } from '#kit/own-text.js';

export type DialogKind = 'INVITE' | 'SUBSCRIBE';

export type DialogFacts = {
  /** drachtio's name for it: `CALL-ID;from-tag=TAG`, the tag of whoever sent the first request. */
  readonly id: string;
  readonly kind: DialogKind;
  readonly role: 'uac' | 'uas';
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To as they stand in our own requests, tags included. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  routeSet: readonly string[];
  remoteTarget: string;
  localCSeq: number;
  /** Undefined until the peer has sent a request of its own. */
  remoteCSeq: number | undefined;
  /** How we told the peer to reach us; repeated in requests that must carry a Contact. */
  localContact: string | undefined;
  /** Where its last message came from. */
  flow: Flow;
};

export const dialogId = (callId: string, fromTag: string): string => `${callId};from-tag=${fromTag}`;

/** RFC 3261 §12.1.1: we are the UAS. `to` is the To value of our response, tag included. */
export function uasFacts(request: SipRequest, facts: Essentials, to: string, localTag: string, flow: Flow): DialogFacts {
  return {
    id: ownText(dialogId(facts.callId, facts.fromTag)),
    kind: request.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    role: 'uas',
    callId: ownText(facts.callId),
    localTag,
    remoteTag: ownText(facts.fromTag),
    localAddress: ownText(to),
    remoteAddress: ownText(headerField(request, 'From') ?? ''),
    routeSet: headerValues(request, 'Record-Route').map(ownText),
    remoteTarget: contactUri(request) ?? addressUri(headerField(request, 'From')),
    localCSeq: 0,
    remoteCSeq: facts.cseq,
    localContact: undefined,
    flow,
  };
}

export type SentRequest = Readonly<{
  method: string;
  uri: string;
  callId: string;
  from: string;
  fromTag: string;
  cseq: number;
  contact: string | undefined;
}>;

/** RFC 3261 §12.1.2: we are the UAC. */
export function uacFacts(sent: SentRequest, response: SipResponse, facts: Essentials, flow: Flow): DialogFacts {
  return {
    id: ownText(dialogId(sent.callId, sent.fromTag)),
    kind: sent.method === 'SUBSCRIBE' ? 'SUBSCRIBE' : 'INVITE',
    role: 'uac',
    callId: sent.callId,
    localTag: sent.fromTag,
    remoteTag: ownText(facts.toTag ?? ''),
    localAddress: sent.from,
    remoteAddress: ownText(headerField(response, 'To') ?? ''),
    routeSet: headerValues(response, 'Record-Route').reverse().map(ownText),
    remoteTarget: contactUri(response) ?? sent.uri,
    localCSeq: sent.cseq,
    remoteCSeq: undefined,
    localContact: sent.contact,
    flow,
  };
}

/** RFC 3261 §12.2.1.2, §12.2.2, RFC 3311 §5: these move the remote target. */
export const refreshesTarget = (method: string): boolean =>
  method === 'INVITE' || method === 'UPDATE' || method === 'SUBSCRIBE' || method === 'NOTIFY';

export function refreshTarget(dialog: DialogFacts, message: SipMessage, flow: Flow): void {
  dialog.flow = flow;
  dialog.remoteTarget = contactUri(message) ?? dialog.remoteTarget;
}

/** RFC 3261 §12.2.2: a number lower than one seen before is out of order. */
export const isOutOfOrder = (dialog: DialogFacts, cseq: number): boolean =>
  dialog.remoteCSeq !== undefined && cseq < dialog.remoteCSeq;

export type Routing = Readonly<{ requestUri: string; routes: readonly string[] }>;

/** RFC 3261 §12.2.1.1, §16.12.1.1: where a request in the dialog is addressed, and the Route it carries. */
export function routing(dialog: DialogFacts): Routing {
  const [first, ...rest] = dialog.routeSet;
  if (first === undefined) return { requestUri: dialog.remoteTarget, routes: [] };
  const firstUri = parseNameAddr(first)?.uri ?? dialog.remoteTarget;
  if (parseUri(firstUri)?.params.has('lr') === true) return { requestUri: dialog.remoteTarget, routes: dialog.routeSet };
  // A strict router of RFC 2543: it wants itself in the request URI, and the target at the end.
  return { requestUri: firstUri, routes: [...rest, `<${dialog.remoteTarget}>`] };
}

/** Whether it leads anywhere is found out when something is sent to it. */
const SIP = /^sips?:/i;

function contactUri(message: SipMessage): string | undefined {
  const contact = headerValue(message, 'Contact');
  const uri = contact === undefined ? undefined : parseNameAddr(contact)?.uri;
  return uri === undefined || !SIP.test(uri) ? undefined : ownText(uri);
}

const addressUri = (text: string | undefined): string => ownText(parseNameAddr(text ?? '')?.uri ?? '');
