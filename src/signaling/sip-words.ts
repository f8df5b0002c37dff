/**
 * sip-words: header values that several rooms of signaling write.
 */
import type { SipReason } from '#calls/ports.js';
import type { SrfMessage } from './srf.js';

/** RFC 3261 §20.5: what we really answer. */
export const ALLOW = 'INVITE, ACK, CANCEL, BYE, PRACK, OPTIONS, INFO, MESSAGE, UPDATE, REGISTER, REFER, NOTIFY, SUBSCRIBE';

/** RFC 6665 §8.2.2: `refer` inside a call only. */
export const EVENTS = 'dialog, refer';

export const SDP_TYPE = 'application/sdp';
export const PRODUCT = 'Holdfast';

/** A header that drachtio-srf does not know by its compact form. */
export const fieldOf = (message: SrfMessage, name: string, compact: string): string | undefined =>
  message.get(name) ?? message.get(compact);

/** drachtio-srf gives an empty body where there is none. */
export const bodyOf = (message: SrfMessage): string | undefined => (message.body === '' ? undefined : message.body);

/** RFC 3261 §20.33: seconds, perhaps with a comment or parameters behind them. */
export function retryAfterSec(message: SrfMessage | undefined): number | undefined {
  const digits = /^\s*([0-9]{1,9})\s*(?:[;(]|$)/.exec(message?.get('Retry-After') ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** RFC 3326: why a CANCEL or BYE was sent; SIP status codes under `SIP`, everything else is normal clearing. */
export function reasonHeader(reason: SipReason): string {
  const text = reason.text.replace(/[^\x20-\x7e]|["\\]/g, ' ');
  return reason.cause >= 100 ? `SIP;cause=${reason.cause};text="${text}"` : `Q.850;cause=${reason.cause};text="${text}"`;
}

/** A quoted display name (RFC 3261 §25.1), or nothing. */
export function displayName(name: string | undefined): string {
  if (name === undefined || name === '') return '';
  return `"${name.replace(/[\r\n]/g, ' ').replace(/["\\]/g, '\\$&')}" `;
}

/** The user part of a URI may only carry some characters (RFC 3261 §25.1). */
export const userPart = (number: string): string =>
  encodeURIComponent(number).replaceAll('%2B', '+').replaceAll('%23', '%23').replaceAll('%2A', '*');
