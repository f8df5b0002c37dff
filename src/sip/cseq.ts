/**
 * cseq: number and method of a CSeq value (RFC 3261 §20.16).
 */
import { trimmed } from './lws.js';

export type CSeq = Readonly<{ number: number; method: string }>;

const MOST = 2 ** 31; // RFC 3261 §8.1.1.5

export function parseCSeq(text: string): CSeq | undefined {
  const parts = /^([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]+)$/.exec(trimmed(text));
  if (parts === null) return undefined;
  const number = Number(parts[1]);
  return number < MOST ? { number, method: parts[2] ?? '' } : undefined;
}
