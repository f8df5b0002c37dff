/**
 * lws: the white space of SIP: space, tab, and the line ends of folded fields (RFC 3261 §25.1).
 * JavaScript's own trim() and \s also take 0xA0, which in latin1-held UTF-8 is the second byte of letters such as à.
 */
export const isLws = (char: number): boolean => char === 0x20 || char === 0x09 || char === 0x0d || char === 0x0a;

/** `text` from `start` to `end` without white space at either side. */
export function trimmed(text: string, start = 0, end = text.length): string {
  let from = start;
  let to = end;
  while (from < to && isLws(text.charCodeAt(from))) from++;
  while (to > from && isLws(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}
