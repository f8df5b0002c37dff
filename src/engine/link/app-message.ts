/**
 * app-message: the incomplete SIP message that an application hands in. drachtio-srf writes lower-case names, counts the body
 * in characters and leaves out what the engine supplies, so the strict parser of sip/ is not for it.
 */
import { canonicalName } from '#sip/headers.js';
import type { HeaderField } from '#sip/message.js';

export type AppMessage = Readonly<
  | { kind: 'request'; method: string; uri: string; headers: readonly HeaderField[]; body: string }
  | { kind: 'response'; status: number; reason: string; headers: readonly HeaderField[]; body: string }
  | { kind: 'bad'; why: string }
>;

/** Written by the engine alone; what an application says of them is dropped. */
const ENGINES_OWN: ReadonlySet<string> = new Set(['Via', 'Route', 'Record-Route', 'RSeq', 'Content-Length']);

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/;
const MAX_NAMES = 2000;

export function readAppMessage(text: string): AppMessage {
  const blank = text.indexOf('\r\n\r\n');
  const head = blank < 0 ? text : text.slice(0, blank);
  const body = blank < 0 ? '' : text.slice(blank + 4);
  const [startLine = '', ...lines] = head.split('\r\n');
  const headers = readHeaders(lines);
  if (startLine.startsWith('SIP/')) {
    const parts = /^SIP\/2\.0 ([1-6][0-9]{2})(?: (.*))?$/.exec(startLine);
    if (parts === null) return { kind: 'bad', why: `invalid status line: ${startLine}` };
    return { kind: 'response', status: Number(parts[1]), reason: parts[2] ?? '', headers, body };
  }
  const parts = /^([A-Za-z0-9\-.!%*_+`'~]+) (\S+) SIP\/2\.0$/.exec(startLine);
  if (parts === null) return { kind: 'bad', why: `invalid request-uri: ${startLine}` };
  return { kind: 'request', method: parts[1] ?? '', uri: parts[2] ?? '', headers, body };
}

/** Lines without a colon or with a name that is none are dropped, as drachtio-server does. */
function readHeaders(lines: readonly string[]): HeaderField[] {
  const headers: HeaderField[] = [];
  for (const line of lines) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      // A value that an application took from a folded line and gave back as it was.
      const last = headers.pop();
      if (last !== undefined) headers.push({ name: last.name, value: `${last.value} ${line.trim()}` });
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) continue;
    const name = spelled(line.slice(0, colon).trimEnd());
    if (name === undefined || ENGINES_OWN.has(name)) continue;
    headers.push({ name, value: line.slice(colon + 1).trim() });
  }
  return headers;
}

const spellings = new Map<string, string | undefined>();

/** Known headers in their own spelling; others as given, with a capital after each hyphen unless they are X-headers. */
function spelled(name: string): string | undefined {
  if (spellings.has(name)) return spellings.get(name);
  if (spellings.size >= MAX_NAMES) spellings.clear();
  const spelling = TOKEN.test(name) ? spell(name) : undefined;
  spellings.set(name, spelling);
  return spelling;
}

function spell(name: string): string {
  const canonical = canonicalName(name);
  if (canonical !== name || /^x-/i.test(name)) return canonical;
  return name.replace(/(^|-)([a-z])/g, (_all, before: string, letter: string) => before + letter.toUpperCase());
}
