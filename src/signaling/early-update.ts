/**
 * early-update: an UPDATE of a phone before its call is answered (RFC 3311 §5.2). Whether it may offer depends on one question: has the
 * offer of the INVITE been answered reliably (RFC 3262 §5)? Then it is a re-offer like any other, and the calls decide.
 */
import { notUnderstood, SUPPORTED } from './extensions.js';
import { ALLOW, bodyOf } from './sip-words.js';
import type { SrfRequest, SrfResponse } from './srf.js';

/** How far offer and answer have come in an early dialog. */
export type EarlyExchange = 'agreed' | 'our-offer-open' | 'their-offer-open';

const LONGEST_RETRY_SEC = 10;

export function onEarlyUpdate(update: SrfRequest, answer: SrfResponse, exchange: EarlyExchange, passOn: () => void): void {
  const unknown = notUnderstood(update);
  if (unknown !== undefined) return answer.send(420, { headers: { Unsupported: unknown } }); // RFC 3261 §8.2.2.3
  // RFC 4028 §7: there is no session to refresh before the 2xx, so nothing is said of one.
  if (bodyOf(update) === undefined) return answer.send(200, { headers: { Allow: ALLOW, Supported: SUPPORTED } });
  if (exchange === 'agreed') return passOn();
  if (exchange === 'our-offer-open') return answer.send(491);
  answer.send(500, { headers: { 'Retry-After': String(Math.floor(Math.random() * (LONGEST_RETRY_SEC + 1))) } });
}
