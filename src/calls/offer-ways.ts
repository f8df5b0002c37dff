/**
 * offer-ways: how rtpengine is told of one party's offer or answer: which codecs it translates, which profile the other side hears, and
 * whether a party is where its SDP says.
 */
import { otherLeg, type LegRole } from '#core/leg.js';
import type { LegSdp } from './leg-sdp.js';
import { protocolToward } from './media-protocol.js';
import { isOnTheSpot } from './on-the-spot.js';
import type { OfferWays } from './ports.js';

/** Who is on both sides of a call. */
export type Sides = Readonly<{
  legs: Readonly<Record<LegRole, LegSdp>>;
  programs: Readonly<Record<LegRole, boolean>>;
  srtp: Readonly<Record<LegRole, boolean>>;
}>;

export function offerWays(sides: Sides, from: LegRole, offer: string): OfferWays {
  const to = otherLeg(from);
  const { fromPhone, heard, made } = sides.legs[to];
  const protocol = protocolToward(offer, { said: fromPhone ?? heard, made, wishesSrtp: sides.srtp[to] });
  return { more: translatedFor(sides, to), protocol, stays: stays(sides, from) };
}

/** What is added to an offer to this leg. A program and a phone need not have a codec in common. */
export function translatedFor({ programs }: Sides, to: LegRole): readonly string[] {
  if (programs[to]) return ['PCMU'];
  return programs[otherLeg(to)] ? ['PCMA', 'G722', 'opus'] : [];
}

export function stays({ legs, programs }: Sides, role: LegRole): boolean {
  const { address, at } = legs[role];
  return programs[role] || (address !== undefined && isOnTheSpot(address, at));
}
