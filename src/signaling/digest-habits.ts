/**
 * digest-habits: which phones must not be shown SHA-256. RFC 7616 §3.3 has a phone ignore a challenge it does not understand;
 * these give up instead, so they are offered MD5 alone. Each row was seen or is in the phone's own issue list.
 */
import { DIGEST_ALGORITHMS, type DigestAlgorithm } from '#sip/digest.js';

const MD5_ONLY: readonly RegExp[] = [
  /^baresip v(?:[0-2]\.|3\.(?:[0-9]|10)\.)/i, // 1.0.0 fails with ENOSYS in either order; baresip#3006, mended in re#1103
  /^SIPp\b/i, // 3.6.1 fails when SHA-256 comes first; sipp#652
];

/**
 * The order of preference to offer this phone. Who lies about being one of them only weakens his own password's guard, and who
 * can change the phone's words on the way could take the SHA-256 challenge out as well (RFC 7616 §5.7).
 */
export const algorithmsFor = (userAgent: string | undefined): readonly DigestAlgorithm[] =>
  userAgent !== undefined && MD5_ONLY.some((habit) => habit.test(userAgent)) ? ['MD5'] : DIGEST_ALGORITHMS;
