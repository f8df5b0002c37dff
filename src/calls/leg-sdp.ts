/**
 * leg-sdp: what was said on one leg, by the phone and by us, as long as its dialog lives; it goes along when the dialog moves to another call.
 */
import { systemRandom } from '#kit/ids.js';
import { connectionAddress } from '#sip/sdp.js';
import { withAllLines } from '#sip/sdp-write.js';

export type LegSdp = {
  /** The phone's last SDP that is in force. */
  fromPhone: string | undefined;
  /** The phone's SDP that nobody has dealt with yet. */
  heard: string | undefined;
  /** What it replaced, as long as nobody has said whether it counts. */
  heardBefore: string | undefined;
  /** The phone's last address that was not 0.0.0.0 (RFC 3264 §8.4 lets a holder write that). */
  address: string | undefined;
  /** Where the REGISTERs of its number come from, or what the configuration has for its trunk. */
  at?: readonly string[] | undefined;
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

/** Far more than is said on one leg in one batch of the store. */
const VERSION_LEAP = 1000n;

/**
 * What the store has of a leg. What was said last may not be in it: another SDP with the version that the phone has heard already would
 * be taken for the one it has (RFC 3264 §8), so that the next is well above.
 */
export const restoredSdp = (stored: LegSdp): LegSdp => ({ ...stored, version: stored.version + VERSION_LEAP });

export function hearSdp(leg: LegSdp, sdp: string, at: readonly string[] | undefined): void {
  leg.at = at;
  leg.heardBefore = leg.heard;
  leg.heard = sdp;
}

export function refuseHeard(leg: LegSdp): void {
  leg.heard = leg.heardBefore;
  leg.heardBefore = undefined;
}

/** What was heard last, or else what is in force, is in force from now on. @returns undefined: the phone has said nothing yet. */
export function takeHeard(leg: LegSdp): string | undefined {
  const said = leg.heard ?? leg.fromPhone;
  if (said === undefined) return undefined;
  const sdp = withAllLines(said, leg.sent);
  leg.fromPhone = sdp;
  leg.heard = undefined;
  const address = connectionAddress(sdp);
  if (address !== undefined && address !== '0.0.0.0' && address !== '::') leg.address = address;
  return sdp;
}
