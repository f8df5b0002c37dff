/**
 * client-digest: our answer when somebody we call or register with challenges us (RFC 3261 §22.2).
 */
import { word } from '#kit/ids.js';
import { answer, DIGEST_ALGORITHMS, parseChallenge, splitDigests, type Challenge, type Login } from '#sip/digest.js';
import type { Headers, SrfMessage } from './srf.js';

type Refusal = SrfMessage & Readonly<{ status: number }>;

/** The header to send with the next try; undefined when the challenge is none we can answer. */
export function answerChallenge(response: Refusal, login: Login, method: string, uri: string): Headers | undefined {
  const proxy = response.status === 407;
  const text = response.get(proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate');
  const challenge = text === undefined ? undefined : strongest(text);
  if (challenge === undefined) return undefined;
  return { [proxy ? 'Proxy-Authorization' : 'Authorization']: answer(challenge, login, { method, uri }, word(16)) };
}

/** RFC 7616 §3.3: the password was right, the nonce is too old: the same once more with the new one. */
export const isStale = (response: Refusal): boolean =>
  /\bstale\s*=\s*"?true\b/i.test(response.get(response.status === 407 ? 'Proxy-Authenticate' : 'WWW-Authenticate') ?? '');

/** RFC 8760 §2.4: of several challenges the strongest that we know; drachtio-srf joins them with commas. */
function strongest(text: string): Challenge | undefined {
  const challenges = splitDigests(text)
    .map(parseChallenge)
    .filter((one) => one !== undefined);
  return DIGEST_ALGORITHMS.map((algorithm) => challenges.find((one) => one.algorithm === algorithm)).find(
    (one) => one !== undefined,
  );
}
