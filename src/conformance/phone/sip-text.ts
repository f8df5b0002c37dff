/**
 * sip-text: SIP messages as the kit reads and writes them. A reader of its own, so that a fault of the product's parser is not
 * forgiven by the judge; it reads what a judge needs and forgives the rest.
 */
import { randomBytes } from 'node:crypto';

export type Sip = Readonly<{
  /** `INVITE`, or `200`. */
  what: string;
  /** 0 for a request. */
  status: number;
  line: string;
  /** By lower-case full name; several fields of one name are joined with a comma. */
  headers: ReadonlyMap<string, string>;
  body: string;
  text: string;
}>;

/** RFC 3261 §7.3.3. */
const COMPACT: Readonly<Record<string, string>> = {
  i: 'call-id',
  m: 'contact',
  f: 'from',
  t: 'to',
  v: 'via',
  l: 'content-length',
  c: 'content-type',
  k: 'supported',
  s: 'subject',
  x: 'session-expires',
  r: 'refer-to',
  b: 'referred-by',
};

export function readSip(text: string): Sip {
  const end = text.indexOf('\r\n\r\n');
  const head = text.slice(0, end < 0 ? text.length : end).replace(/\r\n[ \t]+/g, ' ');
  const [line = '', ...fields] = head.split('\r\n');
  const headers = new Map<string, string>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const written = field.slice(0, colon).trim().toLowerCase();
    const name = COMPACT[written] ?? written;
    const before = headers.get(name);
    const value = field.slice(colon + 1).trim();
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const words = line.split(' ');
  const isResponse = line.startsWith('SIP/');
  const what = (isResponse ? words[1] : words[0]) ?? '';
  return { what, status: isResponse ? Number(what) : 0, line, headers, body: end < 0 ? '' : text.slice(end + 4), text };
}

export function composeSip(line: string, headers: Readonly<Record<string, string | undefined>>, body: string): string {
  const fields = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return [line, ...fields, `Content-Length: ${Buffer.byteLength(body, 'latin1')}`, '', body].join('\r\n');
}

export const header = (message: Sip, name: string): string => message.headers.get(name.toLowerCase()) ?? '';

export const cseqOf = (message: Sip): Readonly<{ number: number; method: string }> => {
  const [number = '0', method = ''] = header(message, 'cseq').split(/\s+/);
  return { number: Number(number), method };
};

export const branchOf = (message: Sip): string => /;\s*branch=([^;,\s]+)/i.exec(header(message, 'via'))?.[1] ?? '';

export const tagOf = (value: string): string => /;\s*tag=([^;>\s]+)/i.exec(value)?.[1] ?? '';

/** The URI of a From, To or Contact value. */
export const uriOf = (value: string): string => /<([^>]+)>/.exec(value)?.[1] ?? value.split(';')[0]?.trim() ?? '';

export const token = (): string => randomBytes(8).toString('hex');

/** RFC 3261 §20.5: a method the other side says it takes. */
export const allows = (message: Sip, method: string): boolean =>
  header(message, 'allow')
    .split(',')
    .some((word) => word.trim().toUpperCase() === method);
