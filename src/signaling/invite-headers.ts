/**
 * invite-headers: what a first INVITE of ours says about itself.
 */
import type { DialOptions, DialTarget } from '#calls/ports.js';
import { SUPPORTED, SUPPORTED_IN_DIALOG } from './extensions.js';
import { ALLOW, PRODUCT, SDP_TYPE, displayName, userPart } from './sip-words.js';
import type { Headers } from './srf.js';

/**
 * `localhost` is the drachtio server's word for the address of the transport it picks; it fills in Via, Call-ID, tags and Contact.
 */
export function inviteHeaders(options: DialOptions, target: DialTarget): Headers {
  // A trunk knows us by its own user name where it gave us one; a phone sees the other party's number.
  const user = target.credentials?.username ?? options.fromUser;
  return {
    From: options.privacy === true ? ANONYMOUS : `${displayName(options.fromName)}<sip:${userPart(user)}@localhost>`,
    ...(options.privacy === true ? { Privacy: 'id' } : {}),
    To: `<sip:${userPart(options.toUser)}@localhost>`,
    'Max-Forwards': String(options.maxForwards),
    Allow: ALLOW,
    // RFC 3262 §5: a reliable 1xx to an INVITE without an offer carries one, and its PRACK would have to answer it.
    Supported: options.offer === undefined ? SUPPORTED_IN_DIALOG : SUPPORTED,
    'User-Agent': PRODUCT,
    ...(options.offer === undefined ? {} : { 'Content-Type': SDP_TYPE }),
    ...(target.credentials === undefined ? {} : { 'P-Preferred-Identity': `<sip:${userPart(options.fromUser)}@localhost>` }),
    // RFC 3892 §2.2: on whose behalf.
    ...(options.referredBy === undefined ? {} : { 'Referred-By': `<sip:${userPart(options.referredBy)}@localhost>` }),
    ...(options.autoAnswer ? AUTO_ANSWER : {}),
  };
}

/** RFC 3323 §4.1.1.3. */
const ANONYMOUS = '"Anonymous" <sip:anonymous@anonymous.invalid>';

/** RFC 5373 names the wish; most desk phones read one of the two older forms. */
const AUTO_ANSWER: Headers = {
  'Answer-Mode': 'Auto',
  'Call-Info': '<sip:localhost>;answer-after=0',
  'Alert-Info': '<http://localhost>;info=alert-autoanswer;delay=0',
};
