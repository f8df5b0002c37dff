/**
 * params: `;name=value` lists as they follow URIs, addresses and Via values (RFC 3261 §25.1).
 */
import { trimmed } from './lws.js';

export type Params = ReadonlyMap<string, string | undefined>;

export const NO_PARAMS: Params = new Map();

/** Token characters, and those that URI parameters have besides. */
const NAME = /^[A-Za-z0-9\-.!%*_+`'~[\]/:&$()]+$/;
/** Printable characters but those that end a value: wide enough for hosts, IPv6 addresses and what old phones write. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3d\x3f-\x7e]*$/;
const QUOTED = /^"(?:[^"\\]|\\.)*"$/s;

/** @returns undefined when a name is missing, or a value is broken. Names are lower case; values keep their quotes. */
export function parseParams(text: string): Params | undefined {
  if (text === '') return NO_PARAMS;
  const params = new Map<string, string | undefined>();
  for (const part of splitParams(text)) {
    const equals = part.indexOf('=');
    const name = trimmed(part, 0, equals < 0 ? part.length : equals).toLowerCase();
    if (!NAME.test(name)) return undefined;
    const value = equals < 0 ? undefined : trimmed(part, equals + 1);
    if (value !== undefined && !VALUE.test(value) && !QUOTED.test(value)) return undefined;
    if (params.has(name)) return undefined; // RFC 3261 §7.3.1, §19.1.1: each once only; two readers would take different ones
    params.set(name, value);
  }
  return params;
}

/** `text` begins with a semicolon (spaces before it are allowed). */
function splitParams(text: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let start = -1;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (quoted && char === 0x5c) at++;
    else if (char === 0x22) quoted = !quoted;
    else if (char === 0x3b && !quoted) {
      parts.push(text.slice(start < 0 ? 0 : start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start < 0 ? 0 : start));
  // What stands before the first semicolon must be nothing.
  return trimmed(parts[0] ?? '') === '' ? parts.slice(1) : ['='];
}

export function writeParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

export const unquote = (value: string): string => (value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value);
