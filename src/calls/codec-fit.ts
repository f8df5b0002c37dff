/**
 * codec-fit: whether two phones can be put through to each other without anybody translating. Pure.
 */
import { audioCodecs, carriesSpeech, sameCodec } from '#sip/sdp.js';

/** RFC 3264 §6: is there a codec of speech in both? */
export function haveCommonCodec(a: string, b: string): boolean {
  const real = (sdp: string) => audioCodecs(sdp).filter(carriesSpeech);
  return real(a).some((one) => real(b).some((other) => sameCodec(one, other)));
}

/** May a phone go on sending the codec it sends now? It sends the first one of its own last SDP. */
export function mayGoOn(fromPhone: string, madeForIt: string): boolean {
  const current = audioCodecs(fromPhone).find(carriesSpeech);
  return current === undefined || audioCodecs(madeForIt).some((codec) => sameCodec(codec, current));
}
