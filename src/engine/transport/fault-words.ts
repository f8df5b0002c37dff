/**
 * fault-words: why a message did not leave, in words for the reason of a response and for programs. What the system says of it names addresses
 * and ports of our network, which are nobody's business.
 */

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed',
  EPIPE: 'the connection was closed',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  EMSGSIZE: 'too long for a datagram',
};

const UNKNOWN = 'it could not be sent';

export function faultWords(error: unknown): string {
  if (!(error instanceof Error)) return UNKNOWN;
  const { code } = error as NodeJS.ErrnoException;
  // Without a code it is one of ours, which says what it means.
  if (code === undefined) return error.message;
  return WORDS[code] ?? (/CERT|TLS|SSL/.test(code) ? 'its certificate is not trusted' : UNKNOWN);
}
