/**
 * refer-to: what a REFER asks for (RFC 3515, RFC 3892, RFC 4488), read and judged as text. Whose dialog its Replaces means, and what
 * becomes of it, is decided in refers.ts and by the calls.
 */
import { parseCSeq } from '#sip/cseq.js';
import { splitList } from '#sip/headers.js';
import { parseNameAddr } from '#sip/name-addr.js';
import { parseUri, type SipUri } from '#sip/uri.js';
import { parseReplaces, type Replaces } from './replaces.js';
import { fieldOf } from './sip-words.js';
import type { SrfRequest } from './srf.js';

export type ReferAsk = Readonly<{
  /** The number in Refer-To; empty where only the dialog in Replaces says who is meant. */
  to: string;
  replaces: Replaces | undefined;
  /** The host in Refer-To is the one the phone knows us by. */
  ours: boolean;
  /** It has a Referred-By (RFC 3892). */
  saysWho: boolean;
  /** RFC 4488 §4: `Refer-Sub: false` wants no NOTIFY. */
  quiet: boolean;
  /** RFC 3515 §2.4.6: what tells this REFER from another on the same dialog. */
  cseq: number;
}>;

export type ReadRefer = Readonly<{ kind: 'ask'; ask: ReferAsk }> | Readonly<{ kind: 'refused'; status: number; reason: string }>;

const refused = (status: number, reason: string): ReadRefer => ({ kind: 'refused', status, reason });

export function readRefer(request: SrfRequest): ReadRefer {
  // RFC 3515 §2.4.2: none, or more than one, is 400.
  const [referTo, ...others] = splitList(fieldOf(request, 'Refer-To', 'r') ?? '');
  if (referTo === undefined || others.length > 0) return refused(400, 'One Refer-To, please');
  const address = parseNameAddr(referTo);
  if (address === undefined) return refused(400, 'Bad Refer-To');
  const uri = parseUri(address.uri);
  if (uri === undefined || uri.scheme === 'tel') return refused(416, 'Refer-To is no SIP URI');
  const method = uri.params.get('method') ?? 'INVITE';
  if (method.toUpperCase() !== 'INVITE') return refused(603, 'Only INVITE can be asked for');
  const escaped = replacesIn(uri);
  const replaces = escaped === undefined ? undefined : parseReplaces(escaped);
  if (escaped !== undefined && replaces === undefined) return refused(400, 'Bad Replaces');
  // An attended transfer is asked to our Contact, which names nobody: there the dialog says who is meant.
  if (uri.user === undefined && replaces === undefined) return refused(400, 'Refer-To names nobody');
  const cseq = parseCSeq(request.get('CSeq') ?? '')?.number ?? 0;
  return {
    kind: 'ask',
    ask: {
      to: uri.user ?? '',
      replaces,
      ours: hostsOf(request).includes(uri.host),
      saysWho: fieldOf(request, 'Referred-By', 'b') !== undefined,
      quiet: /^\s*false\b/i.test(request.get('Refer-Sub') ?? ''),
      cseq,
    },
  };
}

/** RFC 3261 §19.1.1: headers in a URI, escaped; RFC 3891 §5 has Replaces there. Others are not ours to put into requests. */
function replacesIn({ headers }: SipUri): string | undefined {
  const found = headers.split('&').filter((one) => /^replaces=/i.test(one));
  if (found.length === 0) return undefined;
  try {
    // Two of them become text with a comma, which is no Replaces.
    return found.map((one) => decodeURIComponent(one.slice(one.indexOf('=') + 1))).join(',');
  } catch {
    return ''; // a percent sign that escapes nothing
  }
}

/** What this phone calls us in this dialog: where it sends its requests to, and who it thinks it talks to. */
function hostsOf(request: SrfRequest): (string | undefined)[] {
  return [request.uri, parseNameAddr(request.get('To') ?? '')?.uri ?? ''].map((text) => parseUri(text)?.host);
}
