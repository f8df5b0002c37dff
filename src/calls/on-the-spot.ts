/**
 * on-the-spot: whether a phone is where its SDP says. rtpengine 10.5 sends, in the first seconds after an offer or answer, to whoever has sent to
 * the port last, and stays with whoever was first after that: a phone whose call had the port before, or anybody else, takes the place of
 * the one that is meant (measured). So that is left to phones behind NAT, whose SDP does not say where they are. Pure.
 */
import { isIPv6 } from 'node:net';
import { isHiddenAddress } from '#kit/hidden-address.js';

/**
 * @param address of its SDP. @param at where its SIP comes from.
 * @returns true where both are the same and no NAT is between: an address that does not leave its network has not come through one, and one of
 * IPv6 needs none. Of a public address of IPv4 the phone may have learned by STUN (RFC 8489), or its router may have written it, and either
 * may be mistaken in the port.
 */
export const isOnTheSpot = (address: string, at: readonly string[] = []): boolean =>
  at.includes(address) && (isIPv6(address) || isHiddenAddress(address));
