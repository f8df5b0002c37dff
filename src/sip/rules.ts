/**
 * rules: what a message must have before anybody may trust it (RFC 3261 §8.1.1, §20), told as the fault that was found.
 * Common values are recognised by one expression each; all others are parsed in full, so both ways say the same.
 */
import { parseCSeq } from './cseq.js';
import { splitWithGaps } from './headers.js';
import type { Head } from './head.js';
import { isStar, parseNameAddr, tagOf } from './name-addr.js';
import { parseUri } from './uri.js';
import { parseVia } from './via.js';

const TOKEN = "[A-Za-z0-9\\-.!%*_+`'~]+";
const HOST_PORT = '[A-Za-z0-9](?:[A-Za-z0-9\\-.]*[A-Za-z0-9])?(?::[1-5]?[0-9]{1,4})?';
/** None, one or two parameters, the second of another name than the first (RFC 3261 §7.3.1: each once only). */
const twoParams = (group: number, value: string): string =>
  `(?:;([a-z][a-z0-9\\-]*)(?:=${value})?(?:;(?!\\${group}(?:[=;>]|$))[a-z][a-z0-9\\-]*(?:=${value})?)?)?`;
const SIP_URI = `sips?:(?:[A-Za-z0-9\\-_.!~*'()&=+$]+@)?${HOST_PORT}${twoParams(1, '[A-Za-z0-9\\-_.~+]+')}`;
const RPORT = ';rport(?:=[0-9]+)?';
const PLAIN_URI = new RegExp(`^${SIP_URI}$`);
const PLAIN_VIA = new RegExp(
  `^SIP/2\\.0/[A-Z]+ ${HOST_PORT}(?:;branch=${TOKEN}(?:${RPORT})?|${RPORT};branch=${TOKEN})(?:;received=[0-9.]+)?$`,
);
const PLAIN_ADDRESS = new RegExp(`^(?:"[^"\\\\]*" ?|(?:${TOKEN} )?)<${SIP_URI}>${twoParams(2, TOKEN)}$`);
const IS_TOKEN = new RegExp(`^${TOKEN}$`);

/** drachtio-srf's expressions need time that grows with the square of it. */
const MOST_TYPE_BYTES = 256;

/** What every message must have. */
export function commonFault(head: Head): string | undefined {
  if (head.fault !== undefined) return head.fault;
  if (head.vias.length === 0) return 'no Via';
  if (!areAll(head.vias, isVia)) return 'malformed Via';
  if (head.from === undefined || !isParty(head.from)) return 'no proper From';
  if (head.to === undefined || !isParty(head.to)) return 'no proper To';
  // RFC 3261 §25.1 allows most characters in a Call-ID, but no white space and no control characters.
  if (head.callId === undefined || !/^[^\x00-\x20\x7f]+$/.test(head.callId)) return 'no proper Call-ID';
  if (head.cseq === undefined || cseqMethod(head.cseq) === undefined) return 'no proper CSeq';
  if (head.contentType !== undefined && head.contentType.length > MOST_TYPE_BYTES) return 'Content-Type is too long';
  if (head.contentLength !== undefined && !/^[0-9]{1,9}$/.test(head.contentLength)) return 'Content-Length is no length';
  if (!areAll(head.contacts, isRoutable) && !isOnlyStar(head.contacts)) return 'malformed Contact';
  if (!areAll(head.routes, isRoutable)) return 'malformed Route';
  return undefined;
}

export function requestFault(method: string, head: Head): string | undefined {
  if (cseqMethod(head.cseq ?? '') !== method) return 'CSeq method does not match';
  const hops = head.maxForwards;
  // RFC 3261 §20.22: 0 to 255; leading zeros are digits like any other.
  if (hops !== undefined && !(/^[0-9]+$/.test(hops) && Number(hops) <= 255)) return 'Max-Forwards out of range';
  if (!makesDialog(method)) return undefined;
  // RFC 3261 §8.1.1.8: a request that may make a dialog says where its sender is reached in it.
  const starts = tagOf(head.to ?? '') === undefined;
  if (starts && head.contacts.length === 0) return 'no Contact';
  return head.contacts.some(isStar) ? 'malformed Contact' : undefined;
}

/** RFC 3261 §12.1.1: without a Contact the dialog of a 2xx would have no remote target. */
export function responseFault(status: number, head: Head): string | undefined {
  const makes = status >= 200 && status < 300 && cseqMethod(head.cseq ?? '') === 'INVITE';
  if (makes && (head.contacts.length === 0 || head.contacts.some(isStar))) return 'no Contact';
  return undefined;
}

const makesDialog = (method: string): boolean => method === 'INVITE' || method === 'SUBSCRIBE';

/** A Request-URI or an address that we may have to send to. */
export const isSendable = (uri: string): boolean => PLAIN_URI.test(uri) || parseUri(uri) !== undefined;

const cseqMethod = (text: string): string | undefined =>
  /^[0-9]{1,9} [A-Z]+$/.test(text) ? text.slice(text.indexOf(' ') + 1) : parseCSeq(text)?.method;

const isVia = (value: string): boolean => PLAIN_VIA.test(value) || parseVia(value) !== undefined;

/** RFC 3261 §25.1: a tag is a token; drachtio-srf would read any other only up to its first foreign character. */
function isParty(value: string): boolean {
  if (PLAIN_ADDRESS.test(value)) return true;
  const params = parseNameAddr(value)?.params;
  return params !== undefined && (!params.has('tag') || IS_TOKEN.test(params.get('tag') ?? ''));
}

/** RFC 3261 §10.2.2: the star stands alone. */
const isOnlyStar = (fields: readonly string[]): boolean => fields.length === 1 && isStar(fields[0] ?? '');

/** An address whose URI, if it is one of ours, is fit to be sent to. */
function isRoutable(value: string): boolean {
  if (PLAIN_ADDRESS.test(value)) return true;
  const uri = parseNameAddr(value)?.uri;
  if (uri === undefined) return false;
  return /^(?:sips?|tel):/i.test(uri) ? isSendable(uri) : true;
}

/** Far more than anybody has; drachtio-srf needs time that grows with the square of the number. */
const MOST_VALUES = 128;

/** RFC 3261 §25.1: between two commas stands a value; an empty place is a fault (and makes drachtio-srf's parser throw). */
function areAll(fields: readonly string[], isRight: (value: string) => boolean): boolean {
  let count = 0;
  for (const field of fields) {
    const values = splitWithGaps(field);
    count += values.length;
    if (count > MOST_VALUES || !values.every(isRight)) return false;
  }
  return true;
}
