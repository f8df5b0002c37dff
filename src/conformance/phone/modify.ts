/**
 * modify: a phone changes its session: re-INVITE or UPDATE, tried again after a collision as RFC 3261 §14.1 has it.
 */
import { expect } from '../failed.js';
import type { Headers, Phone } from './phone.js';
import type { Words } from './sdp-author.js';
import { header, type Sip } from './sip-text.js';

export type Change = Readonly<{
  method?: 'INVITE' | 'UPDATE';
  words?: Partial<Words>;
  /** Instead of what `words` make; empty: a re-INVITE without an offer. */
  body?: string;
  headers?: Headers;
  ms?: number;
}>;

const TRIES = 4;
const SHORT_MS = 8_000;

/** @returns the 2xx, acknowledged and obeyed. */
export async function modify(phone: Phone, change: Change = {}): Promise<Sip> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(phone, change);
    if (answer.status < 300) return answer;
    const waitMs = retryMs(phone, answer);
    const said = `${change.method ?? 'INVITE'} of the ${phone.label}`;
    expect(waitMs !== undefined && attempt < TRIES, `${said} answered 200`, `${answer.line}, ${attempt} tries`);
    await pause(phone, waitMs);
  }
}

/** Once, whatever comes; a 2xx is acknowledged and obeyed. */
export async function tryOnce(
  phone: Phone,
  { method = 'INVITE', words, body, headers = {}, ms = SHORT_MS }: Change = {},
): Promise<Sip> {
  phone.offering++;
  try {
    const { answer } = await phone.authenticated(phone.dialog, method, body ?? phone.sdp.offer(words), headers, ms);
    if (answer.status >= 300) return answer;
    if (method === 'INVITE') phone.ack(phone.dialog, answer, body === '' ? phone.sdp.answer(answer.body) : '');
    else if (answer.body !== '') phone.obey(answer.body);
    return answer;
  } finally {
    phone.offering--;
  }
}

/** RFC 3261 §14.1: 2.1 to 4 s for the owner of the Call-ID, up to 2 s for the other; §14.2 for a 500. */
function retryMs(phone: Phone, answer: Sip): number | undefined {
  const retryAfter = Number.parseInt(header(answer, 'retry-after'), 10);
  if (answer.status === 500 && Number.isInteger(retryAfter)) return retryAfter * 1000;
  if (answer.status !== 491) return undefined;
  return phone.dialog.ownsCallId ? 2_100 + Math.random() * 400 : Math.random() * 1_500;
}

/** A wait that a rule prescribes. */
export const pause = (phone: Phone, ms: number): Promise<void> =>
  new Promise((resolve) => void phone.clock.after('a prescribed pause', ms, resolve));
