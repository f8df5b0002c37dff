/**
 * matching: the keys by which a message finds its transaction (RFC 3261 §17.1.3, §17.2.3); pure.
 */
import type { SipRequest } from '#sip/message.js';
import type { Via } from '#sip/via.js';
import type { Essentials, RequestEssentials } from './essentials.js';

/** RFC 3261 §8.1.1.7: a branch that begins so is unique in space and time. */
const COOKIE = 'z9hG4bK';

/** §17.1.3: the branch of our Via and the method of the request. */
export const clientKey = (branch: string, method: string): string => `${branch} ${method}`;

/** §17.2.3. An ACK belongs to the INVITE it acknowledges; a CANCEL is a transaction of its own. */
export function serverKey(request: SipRequest, facts: RequestEssentials, method = request.method): string {
  const { via } = facts;
  const name = method === 'ACK' ? 'INVITE' : method;
  const branch = via.branch ?? '';
  if (branch.length > COOKIE.length && branch.startsWith(COOKIE)) return `${branch} ${sentBy(via)} ${name}`;
  // §17.2.3: an RFC 2543 branch says nothing, so the request itself is the key. Its To tag is left out: the ACK to a
  // refusal carries the tag of the response, the INVITE none.
  return `2543 ${request.uri} ${facts.fromTag} ${facts.callId} ${facts.cseq} ${sentBy(via)} ${branch} ${name}`;
}

/** §8.2.2.2: the same request that came by another way has these in common, and another branch. */
export const mergeKey = (facts: Essentials): string => `${facts.callId} ${facts.fromTag} ${facts.cseq} ${facts.cseqMethod}`;

const sentBy = (via: Via): string => `${via.host}:${via.port ?? ''}`;
