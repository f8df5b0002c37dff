/**
 * signature: how a receiver knows that a request comes from this Holdfast and is not an old one sent again.
 * The same two lines of arithmetic sign here and verify there.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const SIGNATURE_HEADER = 'Holdfast-Signature';

/** A receiver should take no request that is older, or from further in the future. */
const TOLERANCE_SEC = 300;

/** `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`. The time is signed too, so that nobody can make an old request young. */
export function signatureOf(secret: string, unixSec: number, body: string): string {
  return `t=${unixSec},v1=${mac(secret, unixSec, body).toString('hex')}`;
}

export type Received = Readonly<{
  header: string | undefined;
  body: string;
  secret: string;
  nowMs: number;
  toleranceSec?: number;
}>;

/** For receivers. @param received `body` is the text exactly as it came: JSON that was read and written again is another text. */
export function verifySignature({ header = '', body, secret, nowMs, toleranceSec = TOLERANCE_SEC }: Received): boolean {
  const parts = header.split(',').map((part) => part.trim());
  const written = parts.find((part) => part.startsWith('t='))?.slice(2) ?? '';
  if (!/^[0-9]{1,12}$/.test(written)) return false;
  const unixSec = Number(written);
  if (Math.abs(nowMs / 1000 - unixSec) > toleranceSec) return false;
  const expected = mac(secret, unixSec, body);
  // Several v1 are possible, while a secret is being changed; any right one will do.
  return parts
    .filter((part) => /^v1=[0-9a-f]{64}$/.test(part))
    .some((part) => timingSafeEqual(Buffer.from(part.slice(3), 'hex'), expected));
}

const mac = (secret: string, unixSec: number, body: string): Buffer =>
  createHmac('sha256', secret).update(`${unixSec}.${body}`).digest();
