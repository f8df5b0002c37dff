/**
 * digest: HTTP digest as SIP uses it (RFC 3261 §22, RFC 7616, RFC 8760, RFC 2617 for old phones). Pure text and hashes;
 * nonces, accounts and policy live elsewhere.
 */
import { createHash } from 'node:crypto';
import { unquote } from './params.js';

export type DigestAlgorithm = 'MD5' | 'SHA-256';

/** Strongest first (RFC 8760 §2.4). */
export const DIGEST_ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'MD5'];

const HASHES: Readonly<Record<DigestAlgorithm, string>> = { MD5: 'md5', 'SHA-256': 'sha256' };

export type Challenge = Readonly<{
  realm: string;
  nonce: string;
  algorithm: DigestAlgorithm;
  /** `-sess` variants hash the client nonce into HA1 (RFC 7616 §3.4.2). */
  session: boolean;
  qop: readonly string[];
  opaque?: string | undefined;
  stale: boolean;
}>;

export type Credentials = Readonly<{
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: DigestAlgorithm;
  session: boolean;
  qop?: 'auth' | undefined;
  cnonce?: string | undefined;
  /** As written: eight hexadecimal digits. */
  nc?: string | undefined;
  opaque?: string | undefined;
}>;

const PART = /\s*([A-Za-z0-9\-.!%*_+`'~]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]+)\s*(?:,|$)/gsy;

/** The parameters after the word Digest; undefined for another scheme or broken syntax. */
function digestParams(value: string): Map<string, string> | undefined {
  const scheme = /^\s*Digest\s+/i.exec(value);
  if (scheme === null) return undefined;
  const params = new Map<string, string>();
  PART.lastIndex = scheme[0].length;
  while (PART.lastIndex < value.length) {
    const found = PART.exec(value);
    if (found === null) return undefined;
    params.set((found[1] ?? '').toLowerCase(), unquote(found[2] ?? ''));
  }
  return params;
}

function readAlgorithm(text: string | undefined): Readonly<{ algorithm: DigestAlgorithm; session: boolean }> | undefined {
  const word = (text ?? 'MD5').toUpperCase(); // RFC 7616 §3.3: absent means MD5
  const session = word.endsWith('-SESS');
  const algorithm = DIGEST_ALGORITHMS.find((one) => one === (session ? word.slice(0, -5) : word));
  return algorithm === undefined ? undefined : { algorithm, session };
}

/** drachtio-srf joins fields of one name with commas, which RFC 3261 §20.44 forbids for these: this takes them apart again. */
export const splitDigests = (value: string): readonly string[] => value.split(/,\s*(?=Digest\s)/i);

/** An Authorization or Proxy-Authorization value; undefined when it cannot be used. */
export function parseCredentials(value: string): Credentials | undefined {
  const params = digestParams(value);
  const kind = readAlgorithm(params?.get('algorithm'));
  if (params === undefined || kind === undefined) return undefined;
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map((name) =>
    params.get(name),
  );
  if (username === undefined || realm === undefined || nonce === undefined || uri === undefined || response === undefined)
    return undefined;
  const qop = params.get('qop')?.toLowerCase();
  if (qop !== undefined && qop !== 'auth') return undefined;
  const [cnonce, nc] = [params.get('cnonce'), params.get('nc')];
  // RFC 7616 §3.4: with qop both must be there.
  if (qop === 'auth' && (cnonce === undefined || !/^[0-9a-f]{8}$/i.test(nc ?? ''))) return undefined;
  return {
    username,
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    ...kind,
    qop,
    cnonce,
    nc,
    opaque: params.get('opaque'),
  };
}

/** A WWW-Authenticate or Proxy-Authenticate value; undefined for schemes and algorithms we do not speak. */
export function parseChallenge(value: string): Challenge | undefined {
  const params = digestParams(value);
  const kind = readAlgorithm(params?.get('algorithm'));
  const [realm, nonce] = [params?.get('realm'), params?.get('nonce')];
  if (params === undefined || kind === undefined || realm === undefined || nonce === undefined) return undefined;
  const qop = (params.get('qop') ?? '')
    .split(',')
    .map((word) => word.trim().toLowerCase())
    .filter((word) => word !== '');
  return { realm, nonce, ...kind, qop, opaque: params.get('opaque'), stale: params.get('stale')?.toLowerCase() === 'true' };
}

export function writeChallenge(challenge: Challenge): string {
  const parts = [
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `algorithm=${challenge.algorithm}`,
    `qop="${challenge.qop.join(',')}"`,
  ];
  if (challenge.stale) parts.push('stale=true');
  return `Digest ${parts.join(', ')}`;
}

/** RFC 3261 §25.1: quotes and backslashes are escaped; line ends would begin a header of their own. */
const quote = (text: string): string => `"${text.replace(/[\r\n]/g, ' ').replace(/["\\]/g, '\\$&')}"`;

export const hash = (algorithm: DigestAlgorithm, text: string): string =>
  createHash(HASHES[algorithm]).update(text, 'utf8').digest('hex');

/** RFC 7616 §3.4.2: what may be kept instead of the password. */
export const ha1Of = (algorithm: DigestAlgorithm, username: string, realm: string, password: string): string =>
  hash(algorithm, `${username}:${realm}:${password}`);

type ResponseFacts = Pick<Credentials, 'algorithm' | 'session' | 'nonce' | 'uri' | 'qop' | 'cnonce' | 'nc'>;

/** RFC 7616 §3.4.1; without qop as RFC 2617 §3.2.2.1 has it. */
export function responseOf(ha1: string, method: string, facts: ResponseFacts): string {
  const { algorithm, nonce, cnonce = '', nc = '' } = facts;
  const key = facts.session ? hash(algorithm, `${ha1}:${nonce}:${cnonce}`) : ha1;
  const ha2 = hash(algorithm, `${method}:${facts.uri}`);
  const middle = facts.qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${facts.qop}`;
  return hash(algorithm, `${key}:${middle}:${ha2}`);
}

export type Login = Readonly<{ username: string; password: string }>;

/** The Authorization value that answers a challenge. `cnonce` comes from the caller; the first use of a nonce has nc 1. */
export function answer(
  challenge: Challenge,
  login: Login,
  request: Readonly<{ method: string; uri: string }>,
  cnonce: string,
): string {
  const qop = challenge.qop.includes('auth') ? ('auth' as const) : undefined;
  const { algorithm, session, nonce, realm, opaque } = challenge;
  const facts = { algorithm, session, nonce, uri: request.uri, qop, cnonce, nc: '00000001' };
  const response = responseOf(ha1Of(algorithm, login.username, realm, login.password), request.method, facts);
  const parts = [
    `username=${quote(login.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(request.uri)}`,
    `response="${response}"`,
  ];
  parts.push(`algorithm=${algorithm}${session ? '-sess' : ''}`);
  if (qop !== undefined || session) parts.push(`cnonce="${cnonce}"`);
  if (qop !== undefined) parts.push(`qop=${qop}`, `nc=${facts.nc}`);
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  return `Digest ${parts.join(', ')}`;
}
