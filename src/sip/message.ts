/**
 * message: a SIP request or response as a readonly value (RFC 3261 §7).
 * All text is latin1: one character is one byte, so lengths are exact and broken UTF-8 survives; decode with `utf8()` what is shown.
 */

/** One header field as it stood in the message: name untouched, value unfolded and trimmed. */
export type HeaderField = Readonly<{ name: string; value: string }>;

type MessageCommon = Readonly<{ headers: readonly HeaderField[]; body: string }>;

export type SipRequest = MessageCommon & Readonly<{ kind: 'request'; method: string; uri: string }>;
export type SipResponse = MessageCommon & Readonly<{ kind: 'response'; status: number; reason: string }>;
export type SipMessage = SipRequest | SipResponse;
