/**
 * extensions: the option tags of SIP (RFC 3261 §19.2) that we understand, and what a message says of its own.
 */
import type { SrfMessage } from './srf.js';

/** What we say of ourselves in responses, and in requests inside a dialog but for 100rel: there a 1xx of the phone is only waited out. */
export const SUPPORTED = 'timer, 100rel, replaces, norefersub';
export const SUPPORTED_IN_DIALOG = 'timer, replaces, norefersub';

/** What a request may require of us. */
const UNDERSTOOD: ReadonlySet<string> = new Set(['timer', '100rel', 'replaces', 'norefersub']);

/** RFC 3261 §8.2.2.3: what stands in Require that we do not know, for Unsupported; undefined: nothing. */
export function notUnderstood(request: SrfMessage): string | undefined {
  const unknown = tokensOf(request, 'Require').filter((tag) => !UNDERSTOOD.has(tag.toLowerCase()));
  return unknown.length === 0 ? undefined : unknown.join(', ');
}

export const hasToken = (message: SrfMessage, header: string, token: string): boolean =>
  tokensOf(message, header).some((one) => one.toLowerCase() === token.toLowerCase());

const tokensOf = (message: SrfMessage, header: string): string[] =>
  (message.get(header) ?? '')
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
