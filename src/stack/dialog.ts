/**
 * dialog: what both sides remember of each other (RFC 3261 §12): tags, CSeq, route set, remote target. No sockets, no timers.
 */
import { headerField, headerValue, headerValues } from '#sip/headers.js';
import type { SipRequest, SipResponse } from '#sip/message.js';
import { parseNameAddr } from '#sip/name-addr.js';
import type { Flow } from '../engine/transport/flow.js';
import { dialogTags } from './matching.js';

export type Dialog = {
  /** drachtio's name for it: `CALL-ID;from-tag=TAG`, the tag of whoever sent the first INVITE. */
  readonly id: string;
  readonly callId: string;
  readonly weAreUac: boolean;
  readonly localTag: string;
  /** Empty until the first response with a tag, when we are the UAC. */
  remoteTag: string;
  /** From and To as we write them in our own requests, without tags. */
  readonly localAddress: string;
  readonly remoteAddress: string;
  remoteTarget: string;
  routeSet: readonly string[];
  localCSeq: number;
  remoteCSeq: number;
  /** CSeq of our last INVITE: its ACK carries the same. */
  inviteCSeq: number;
  /** The way its messages come; a connection is used again, and a phone behind NAT is reached there. */
  flow: Flow;
  /** What we told the other side to reach us by. */
  localContact: string | undefined;
  confirmed: boolean;
  owner: object;
};

export const dialogId = (callId: string, fromTag: string): string => `${callId};from-tag=${fromTag}`;

const withoutTag = (value: string): string => value.replace(/\s*;\s*tag=[^;>\s]*/i, '');

const target = (message: SipRequest | SipResponse): string | undefined =>
  parseNameAddr(headerValue(message, 'Contact') ?? '')?.uri;

/** §12.1.1: we are the UAS; route set in the order it came. */
export function uasDialog(request: SipRequest, localTag: string, flow: Flow, owner: object): Dialog {
  const tags = dialogTags(request);
  return {
    id: dialogId(tags.callId, tags.from),
    callId: tags.callId,
    weAreUac: false,
    localTag,
    remoteTag: tags.from,
    localAddress: withoutTag(headerField(request, 'To') ?? ''),
    remoteAddress: withoutTag(headerField(request, 'From') ?? ''),
    remoteTarget: target(request) ?? request.uri,
    routeSet: headerValues(request, 'Record-Route'),
    localCSeq: Math.floor(Date.now() / 1000) % 2 ** 30,
    remoteCSeq: tags.cseq,
    inviteCSeq: 0,
    flow,
    localContact: undefined,
    confirmed: false,
    owner,
  };
}

/** §12.1.2: we are the UAC; route set in reverse order. */
export function uacDialog(request: SipRequest, response: SipResponse, flow: Flow, owner: object): Dialog {
  const sent = dialogTags(request);
  return {
    id: dialogId(sent.callId, sent.from),
    callId: sent.callId,
    weAreUac: true,
    localTag: sent.from,
    remoteTag: dialogTags(response).to ?? '',
    localAddress: withoutTag(headerField(request, 'From') ?? ''),
    remoteAddress: withoutTag(headerField(request, 'To') ?? ''),
    remoteTarget: target(response) ?? request.uri,
    routeSet: headerValues(response, 'Record-Route').reverse(),
    localCSeq: sent.cseq,
    remoteCSeq: 0,
    inviteCSeq: sent.cseq,
    flow,
    localContact: headerValue(request, 'Contact'),
    confirmed: false,
    owner,
  };
}

/** §12.2.1.2, §12.2.2: a target refresh request, and the 2xx to one, move the remote target. */
export function refreshTarget(dialog: Dialog, message: SipRequest | SipResponse, flow: Flow): void {
  dialog.flow = flow;
  dialog.remoteTarget = target(message) ?? dialog.remoteTarget;
}

export const isTargetRefresh = (method: string): boolean => ['INVITE', 'UPDATE', 'SUBSCRIBE', 'NOTIFY', 'REFER'].includes(method);
