/**
 * replaces: the dialog that an INVITE takes the place of (RFC 3891), as it stands in the Replaces header or, escaped, in a Refer-To
 * URI. Text to value only; whose dialog it is, dialog-names.ts knows.
 */
import { parseParams, unquote } from '#sip/params.js';

/** The names of a dialog, from our side. */
export type DialogName = Readonly<{ callId: string; localTag: string; remoteTag: string }>;

export type Replaces = Readonly<{ dialog: DialogName; earlyOnly: boolean }>;

const CALL_ID = /^[A-Za-z0-9\-.!%*_+`'~()<>:\\"/[\]?{}@]{1,256}$/;

/**
 * RFC 3891 §6.1: to-tag is the tag of whoever receives it. @returns undefined when it is malformed, or there are several: a Call-ID
 * holds no comma, so one that stands there joins two headers (§3: 400).
 */
export function parseReplaces(text: string): Replaces | undefined {
  const semicolon = text.indexOf(';');
  if (semicolon < 0) return undefined;
  const callId = text.slice(0, semicolon).trim();
  const params = parseParams(text.slice(semicolon).trimEnd());
  const [toTag, fromTag] = [params?.get('to-tag'), params?.get('from-tag')];
  if (params === undefined || toTag === undefined || fromTag === undefined || !CALL_ID.test(callId)) return undefined;
  const dialog = { callId, localTag: unquote(toTag), remoteTag: unquote(fromTag) };
  return { dialog, earlyOnly: params.has('early-only') };
}
