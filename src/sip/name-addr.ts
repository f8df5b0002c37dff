/**
 * name-addr: the values of From, To, Contact, Route and their like (RFC 3261 §20.10, §25.1).
 */
import { trimmed } from './lws.js';
import { parseParams, unquote, writeParams, NO_PARAMS, type Params } from './params.js';

export type NameAddr = Readonly<{ displayName?: string | undefined; uri: string; params: Params }>;

/** Contact: * of a REGISTER that removes every binding. */
export const isStar = (text: string): boolean => trimmed(text) === '*';

const QUOTED = /^"((?:[^"\\]|\\.)*)"[ \t]*</s;
const TOKENS = /^([A-Za-z0-9\-.!%*_+`'~ \t]*)</;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20\x7f"<>]+$/;

/** @returns undefined when the value is malformed: an open quote, spaces inside the URI, a display name that needs quotes. */
export function parseNameAddr(text: string): NameAddr | undefined {
  const value = trimmed(text);
  const quoted = QUOTED.exec(value);
  const tokens = quoted === null ? TOKENS.exec(value) : null;
  const start = quoted?.[0].length ?? tokens?.[0].length;
  if (start === undefined) return value.includes('<') ? undefined : parseAddrSpec(value);
  const end = value.indexOf('>', start);
  if (end < 0) return undefined;
  const uri = value.slice(start, end);
  const params = parseParams(trimmed(value, end + 1));
  if (!SCHEME.test(uri) || params === undefined) return undefined;
  const displayName = quoted === null ? trimmed(tokens?.[1] ?? '') : unquote(`"${quoted[1] ?? ''}"`);
  return displayName === '' ? { uri, params } : { displayName, uri, params };
}

/** RFC 3261 §20.10: without brackets every parameter is the header's, and a URI with ? or , must be bracketed. */
function parseAddrSpec(value: string): NameAddr | undefined {
  const semicolon = value.indexOf(';');
  const uri = trimmed(value, 0, semicolon < 0 ? value.length : semicolon);
  const params = semicolon < 0 ? NO_PARAMS : parseParams(value.slice(semicolon));
  if (!SCHEME.test(uri) || /[?,]/.test(uri) || params === undefined) return undefined;
  return { uri, params };
}

export const tagOf = (text: string): string | undefined => {
  if (!/[;\s]tag[ \t]*=/i.test(text)) return undefined; // most often decided without reading the whole value
  return parseNameAddr(text)?.params.get('tag');
};

export function writeNameAddr({ displayName, uri, params }: NameAddr): string {
  const name = displayName === undefined || displayName === '' ? '' : `"${displayName.replace(/["\\]/g, '\\$&')}" `;
  return `${name}<${uri}>${writeParams(params)}`;
}
