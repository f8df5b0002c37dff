/**
 * byte-range: which part of a file a Range header asks for (RFC 9110 §14). Pure.
 */
export type ByteRange = Readonly<{ first: number; last: number }>;

/**
 * RFC 9110 §14.2: a range may be ignored, so several at once, other units and nonsense get the whole file. @returns undefined: the whole file.
 */
export function byteRange(header: string | undefined, size: number): ByteRange | undefined {
  const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  // RFC 9110 §14.1.2: without a first position it is the length of the end.
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  return first > last ? undefined : { first, last };
}
