/**
 * media-protocol: by which RTP profile a leg is spoken to, plain (RFC 3551) or SRTP with its keys in the SDP (RFC 4568); pure.
 * DTLS-SRTP, which browsers speak, is passed on as it is.
 */
import { audioProtocol } from '#sip/sdp.js';

const SECURE = /^RTP\/SAVPF?$/i;
const PLAIN = /^RTP\/AVPF?$/i;

/**
 * @param offer what the other party offers. @param said what this leg has said itself; it goes on as it began, because RFC 3264 §8.3 lets no
 * profile change within a session. @param wishesSrtp of a leg that has said nothing yet.
 * @returns what the offer must be turned into; undefined: it fits as it is.
 */
export function protocolToward(offer: string, said: string | undefined, wishesSrtp: boolean): string | undefined {
  const from = audioProtocol(offer);
  const own = said === undefined ? undefined : audioProtocol(said);
  const wanted = own ?? (wishesSrtp ? 'RTP/SAVP' : 'RTP/AVP');
  if (from === undefined || !isSdes(from) || !isSdes(wanted)) return undefined;
  return SECURE.test(from) === SECURE.test(wanted) ? undefined : wanted;
}

const isSdes = (protocol: string): boolean => SECURE.test(protocol) || PLAIN.test(protocol);
