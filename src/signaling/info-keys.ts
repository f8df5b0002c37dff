/**
 * info-keys: the key in an INFO. No RFC says how: `application/dtmf-relay` is Cisco's, `application/dtmf` a bare key. Pure.
 */
export type InfoKey = Readonly<{ key: string; ms: number }>;

const KEY = /^[0-9*#A-D]$/;
/** Some phones write 10 and 11 for star and hash, as RFC 4733 numbers them; 16 and `hf` are the hook flash, and no key. */
const NUMBERED: Readonly<Record<string, string>> = { '10': '*', '11': '#', '12': 'A', '13': 'B', '14': 'C', '15': 'D' };
const DUE_MS = 100;
/** A key and its length take fifty. */
const MOST_BYTES = 1024;

/** @returns undefined: this INFO carries no key. */
export function keyInInfo(contentType: string | undefined, body: string | undefined): InfoKey | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (body === undefined || (type !== 'application/dtmf-relay' && type !== 'application/dtmf')) return undefined;
  if (body.length > MOST_BYTES) return undefined;
  const signal = /^[ \t]*Signal[ \t]*=[ \t]*(\S+)/im.exec(body)?.[1] ?? (type === 'application/dtmf' ? body.trim() : undefined);
  const key = signal === undefined ? undefined : (NUMBERED[signal] ?? signal.toUpperCase());
  if (key === undefined || !KEY.test(key)) return undefined;
  const ms = Number(/^[ \t]*Duration[ \t]*=[ \t]*([0-9]{1,5})[ \t]*\r?$/im.exec(body)?.[1] ?? DUE_MS);
  return { key, ms };
}
