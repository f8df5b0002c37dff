/**
 * headers: finding header values in a message, whatever name and form they came in.
 */
import { rowOf, type HeaderRow } from './header-table.js';
import { trimmed } from './lws.js';
import type { HeaderField, SipMessage } from './message.js';

type WithHeaders = Readonly<{ headers: readonly HeaderField[] }>;

/** The header's own spelling: `i` and `call-id` are Call-ID. Unknown names stay as they are. */
export const canonicalName = (name: string): string => rowOf(name)?.name ?? name;

/** What to look for: the header's own spelling, the same in lower case, and its compact form. */
type Wanted = Readonly<{ name: string; lower: string; compact: string | undefined }>;

function wanted(name: string, row: HeaderRow | undefined): Wanted {
  const own = row?.name ?? name;
  return { name: own, lower: own.toLowerCase(), compact: row?.compact };
}

/** Does this field carry the header, in full or compact form? */
function isNamed(field: HeaderField, { name, lower, compact }: Wanted): boolean {
  if (field.name === name) return true;
  if (field.name.length === lower.length) return field.name.toLowerCase() === lower;
  return compact !== undefined && field.name.length === 1 && field.name.toLowerCase() === compact;
}

/** The first value of a header as it stands: for list headers still with all that follows the first comma. */
export function headerField(message: WithHeaders, name: string): string | undefined {
  const looked = wanted(name, rowOf(name));
  for (const field of message.headers) if (isNamed(field, looked)) return field.value;
  return undefined;
}

/** The first value of a header. */
export function headerValue(message: WithHeaders, name: string): string | undefined {
  const value = headerField(message, name);
  if (value === undefined || !value.includes(',') || rowOf(name)?.list !== true) return value;
  return splitList(value)[0];
}

/** All values of a header, those of several fields and those between commas alike (RFC 3261 §7.3.1). */
export function headerValues(message: WithHeaders, name: string): string[] {
  const row = rowOf(name);
  const looked = wanted(name, row);
  const values: string[] = [];
  for (const field of message.headers) {
    if (!isNamed(field, looked)) continue;
    if (row?.list === true) values.push(...splitList(field.value));
    else values.push(field.value);
  }
  return values;
}

/** Splits at commas that stand outside quotes and angle brackets; empty places are left out. */
export const splitList = (value: string): string[] => splitWithGaps(value).filter((part) => part !== '');

/** The same with the empty places kept, for those to whom a gap is a fault. */
export function splitWithGaps(value: string): string[] {
  if (!value.includes(',')) return [trimmed(value)];
  const parts: string[] = [];
  let quoted = false;
  let depth = 0;
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    const char = value.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at++;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x3c) depth++;
    else if (char === 0x3e) depth--;
    else if (char === 0x2c && depth <= 0) {
      parts.push(trimmed(value, start, at));
      start = at + 1;
    }
  }
  parts.push(trimmed(value, start));
  return parts;
}

/** The first comma in this part that stands outside quotes; -1 where there is none. One pass: what is between quotes is a stranger's. */
export function firstComma(text: string, from = 0, end = text.length): number {
  let quoted = false;
  for (let at = from; at < end; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) quoted = !quoted;
    else if (char === 0x5c && quoted) at++;
    else if (char === 0x2c && !quoted) return at;
  }
  return -1;
}

/** Media type without its parameters, lower case; undefined without a body's type. */
export const contentType = (message: SipMessage): string | undefined =>
  headerField(message, 'Content-Type')?.split(';')[0]?.trim().toLowerCase();

/** Latin1-held text as people read it; broken UTF-8 stays as it came. */
export function utf8(text: string): string {
  if (!/[\x80-\xff]/.test(text)) return text;
  const decoded = Buffer.from(text, 'latin1').toString('utf8');
  return decoded.includes('\ufffd') ? text : decoded;
}
