/**
 * caller-gone: a caller that leaves without a CANCEL: with a BYE, or by closing the only connection an answer could take. The
 * application is told in the one word that drachtio-srf understands before an answer: a CANCEL, written here.
 */
import { headerField } from '#sip/headers.js';
import { wireTime } from '../link/link-messages.js';
import { isWebSocket, type Flow } from '../transport/flow.js';
import type { Core } from './core.js';
import type { IncomingRequest } from './incoming-request.js';

export function tellCancelled(core: Core, invite: IncomingRequest): void {
  const { request, facts, via, flow } = invite.arrived;
  const text =
    `CANCEL ${request.uri} SIP/2.0\r\nVia: ${via}\r\nFrom: ${headerField(request, 'From') ?? ''}\r\n` +
    `To: ${headerField(request, 'To') ?? ''}\r\nCall-ID: ${facts.callId}\r\nCSeq: ${facts.cseq} CANCEL\r\nContent-Length: 0\r\n\r\n`;
  invite.app.notify({
    source: 'network',
    bytes: 0,
    protocol: flow.protocol,
    peer: flow.remote,
    time: wireTime(core.clock.now()),
    transactionId: invite.id,
    dialogId: invite.dialog?.id ?? '',
    text,
  });
}

/** RFC 7118: a browser that closes its connection cannot be answered any more; nobody need go on ringing for it. */
export function connectionClosed(core: Core, flow: Flow): void {
  if (!isWebSocket(flow.protocol)) return; // a TCP peer may open another (RFC 3261 §18.2.2)
  for (const incoming of [...core.incoming.values()]) {
    if (incoming.arrived.flow !== flow || incoming.method !== 'INVITE' || incoming.inDialog) continue;
    incoming.refuse(487);
    tellCancelled(core, incoming);
  }
}
