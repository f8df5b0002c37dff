/**
 * on-the-spot: whether a phone is where its SDP says. rtpengine 10.5 sends, in the first seconds after an offer or answer, to whoever has sent to
 * the port last, and stays with whoever was first after that: a phone whose call had the port before, or anybody else, takes the place of
 * the one that is meant (measured). So that is left to phones behind NAT, whose SDP does not say where they are. Pure.
 */
import { isIPv6 } from 'node:net';
import { isHiddenAddress } from '#kit/hidden-address.js';
import { oneSpelling } from '#kit/one-spelling.js';

/** RFC 6598: behind the NAT of a carrier, where routers write their own address into SDP as they do on the open internet. */
const OF_A_CARRIER = /^100\./;

/**
 * @param address of its SDP. @param at as sockets show it: where the REGISTERs of its number come from, or what the configuration has for its trunk.
 * @returns true where it is one of those, and none of those is behind NAT: of a private network, or of IPv6. A public address of IPv4 may be that
 * of a router before the phone, which wrote it into the SDP, or the phone has learned it by STUN (RFC 8489), and either may be mistaken in the
 * port; and a phone elsewhere may have the same private address as one that is here.
 */
export const isOnTheSpot = (address: string, at: readonly string[] = []): boolean =>
  at.includes(oneSpelling(address) ?? '') && at.every(isPlain);

const isPlain = (address: string): boolean => isIPv6(address) || (isHiddenAddress(address) && !OF_A_CARRIER.test(address));
