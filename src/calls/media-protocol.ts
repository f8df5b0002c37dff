/**
 * media-protocol: by which RTP profile a leg is spoken to, plain (RFC 3551) or SRTP with its keys in the SDP (RFC 4568); pure.
 * DTLS-SRTP, which browsers speak, is passed on as it is.
 */
import { audioProtocol } from '#sip/sdp.js';
import { PLAIN_PROFILE, SECURE_PROFILE } from '#sip/sdp-keys.js';

/** What is known of the leg that an offer is for. */
export type Toward = Readonly<{
  /** What it has said itself; it goes on as it began, because RFC 3264 §8.3 lets no profile change within a session. */
  said: string | undefined;
  /** What rtpengine made for it before: it goes on so unless it is told otherwise. */
  made: string | undefined;
  /** Of a leg that has said nothing yet. */
  wishesSrtp: boolean;
}>;

/** @returns what the offer must be turned into; undefined: it fits as it is. */
export function protocolToward(offer: string, { said, made, wishesSrtp }: Toward): string | undefined {
  const from = audioProtocol(offer);
  const own = said === undefined ? undefined : audioProtocol(said);
  const wanted = own ?? firstProtocol(wishesSrtp);
  if (from === undefined || !isSdes(from) || !isSdes(wanted)) return undefined;
  // Where the first offer was ours rtpengine takes this leg for a plain one, as our side of that was.
  if (said === undefined && made === undefined && isSecure(from) && isSecure(wanted)) return from;
  const before = made === undefined ? from : (audioProtocol(made) ?? from);
  return isSecure(from) === isSecure(wanted) && isSecure(before) === isSecure(wanted) ? undefined : wanted;
}

/** In a first offer of ours. */
export const firstProtocol = (wishesSrtp: boolean): string => (wishesSrtp ? 'RTP/SAVP' : 'RTP/AVP');

const isSecure = (protocol: string): boolean => SECURE_PROFILE.test(protocol);
const isSdes = (protocol: string): boolean => isSecure(protocol) || PLAIN_PROFILE.test(protocol);
