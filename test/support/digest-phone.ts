/**
 * digest-phone: what a phone with a password writes into Authorization, and every way to write it wrong.
 */
import { ha1Of, parseChallenge, responseOf, type Challenge, type DigestAlgorithm } from '#sip/digest.js';

export type DigestOptions = Readonly<{
  method?: string;
  uri?: string;
  username?: string;
  password?: string;
  realm?: string;
  nonce?: string;
  nc?: number;
  cnonce?: string;
  /** False answers as phones did before RFC 2617. */
  qop?: boolean;
}>;

export function readChallenge(values: readonly string[], algorithm: DigestAlgorithm): Challenge {
  const found = values.map((value) => parseChallenge(value)).find((one) => one?.algorithm === algorithm);
  if (found === undefined) throw new Error(`no ${algorithm} challenge in ${values.join(' | ')}`);
  return found;
}

export function authorization(challenge: Challenge, options: DigestOptions = {}): string {
  const {
    method = 'REGISTER',
    uri = 'sip:holdfast',
    username = '101',
    password = 'demo-101',
    nc = 1,
    cnonce = 'c0ffee',
  } = options;
  const { realm = challenge.realm, nonce = challenge.nonce } = options;
  const { algorithm, session } = challenge;
  const count = nc.toString(16).padStart(8, '0');
  const qop = options.qop === false ? undefined : ('auth' as const);
  const response = responseOf(ha1Of(algorithm, username, realm, password), method, {
    algorithm,
    session,
    nonce,
    uri,
    qop,
    cnonce,
    nc: count,
  });
  const counted = qop === undefined ? '' : `, qop=auth, nc=${count}, cnonce="${cnonce}"`;
  const named = `username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${response}"`;
  return `Digest ${named}, algorithm=${algorithm}${counted}`;
}
