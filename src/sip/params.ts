/**
 * params: `;name=value` lists as they follow URIs, addresses and Via values (RFC 3261 §25.1).
 */
export type Params = ReadonlyMap<string, string | undefined>;

export const NO_PARAMS: Params = new Map();

/** Token characters and what else may stand in a value unquoted (hosts, IPv6 references, URI escapes). */
const NAME = /^[A-Za-z0-9\-.!%*_+`'~[\]/:&$]+$/;

/** @returns undefined when a name is missing, or a quote does not end. Names are lower case; values keep their quotes. */
export function parseParams(text: string): Params | undefined {
  if (text === '') return NO_PARAMS;
  const params = new Map<string, string | undefined>();
  for (const part of splitParams(text)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    if (!NAME.test(name)) return undefined;
    const value = equals < 0 ? undefined : part.slice(equals + 1).trim();
    if (value?.startsWith('"') === true && !/^"(?:[^"\\]|\\.)*"$/s.test(value)) return undefined;
    if (!params.has(name.toLowerCase())) params.set(name.toLowerCase(), value);
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
  return (parts[0] ?? '').trim() === '' ? parts.slice(1) : ['='];
}

export function writeParams(params: Params): string {
  let text = '';
  for (const [name, value] of params) text += value === undefined ? `;${name}` : `;${name}=${value}`;
  return text;
}

export const unquote = (value: string): string => (value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/gs, '$1') : value);
