/**
 * leg-sdp: what was said on one leg, by the phone and by us, as long as its dialog lives; it goes along when the dialog moves to another call.
 */
import { systemRandom } from '#kit/ids.js';

export type LegSdp = {
  /** The phone's last SDP that is in force. */
  fromPhone: string | undefined;
  /** The phone's SDP that nobody has dealt with yet. */
  heard: string | undefined;
  /** What it replaced, as long as nobody has said whether it counts. */
  heardBefore: string | undefined;
  /** The phone's last address that was not 0.0.0.0 (RFC 3264 §8.4 lets a holder write that). */
  address: string | undefined;
  /** What rtpengine made for this phone, direction and o= still its own. */
  made: string | undefined;
  /** What we last sent it. */
  sent: string | undefined;
  readonly sessionId: string;
  version: bigint;
};

/** RFC 4566 §5.2: numbers; a random start keeps two sessions of one host apart. */
export function newLegSdp(): LegSdp {
  const start = systemRandom(6).reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return {
    fromPhone: undefined,
    heard: undefined,
    heardBefore: undefined,
    address: undefined,
    made: undefined,
    sent: undefined,
    sessionId: String(start),
    version: 1n,
  };
}
