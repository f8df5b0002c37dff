/**
 * first-offer: what stands in for the party that has not spoken yet, when rtpengine must make an offer for the other one
 * (RFC 3725 §4.4). 10.5 has no command for that: it makes an offer out of an offer, so we write one for nobody.
 */

/**
 * What the phone sends until the real other party takes this place ends here, inside rtpengine's own machine: nobody listens on
 * the discard port (RFC 863). An address of zeros is no better: rtpengine sends there too (measured), and writes `sendonly`.
 */
const NOWHERE = { IP4: '127.0.0.1', IP6: '::1' } as const;
const DISCARD_PORT = 9;

/**
 * G.711 first: a phone may answer with one codec only, and then it must be one the party called next has too. The order of
 * the rest is that of quality.
 */
const CODECS: readonly string[] = [
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:0 PCMU/8000',
  'a=rtpmap:9 G722/8000',
  'a=rtpmap:96 opus/48000/2',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
];

/** @param family of the address that phones reach us on. */
export function offerOfNobody(family: keyof typeof NOWHERE): string {
  const address = `IN ${family} ${NOWHERE[family]}`;
  const lines = ['v=0', `o=holdfast 1 1 ${address}`, 's=-', `c=${address}`, 't=0 0'];
  return [...lines, `m=audio ${DISCARD_PORT} RTP/AVP 8 0 9 96 101`, ...CODECS, 'a=ptime:20', 'a=sendrecv', ''].join('\r\n');
}
