/**
 * sdp-keys: the keys of SRTP in a session description (a=crypto, RFC 4568 §9.1): which of them are taken, and which one of several counts.
 * Whether a leg speaks SRTP at all is decided elsewhere. What a browser brings instead, a=fingerprint, is passed on as it is.
 */
import { BadSdp } from './sdp.js';
import { sectionsOf, textOf } from './sdp-lines.js';

/** SRTP whose keys are in the SDP: the two profiles of RFC 3711 §12 and RFC 5124. */
export const SECURE_PROFILE = /^RTP\/SAVPF?$/i;
export const PLAIN_PROFILE = /^RTP\/AVPF?$/i;

/** Ciphers that hide and prove what is said (RFC 4568 §6.2, RFC 6188). Of the others rtpengine offers NULL hides nothing, and phones have none. */
const SUITES = /^(?:AES_CM_128|AES_256_CM|AES_CM_256)_HMAC_SHA1_(?:80|32)$/i;

type KeyLine = Readonly<{ tag: string; suite: string; line: string }>;

/**
 * The lines with keys we can use. RFC 4568 §6.3: who writes UNENCRYPTED_SRTP, UNAUTHENTICATED_SRTP or a word that must be understood and
 * is not cannot be taken at that word; a window is harmless, and what begins with a minus may be ignored (§6.3.7).
 */
function keyLinesOf(lines: readonly string[]): readonly KeyLine[] {
  return lines.flatMap((line) => {
    const [, tag, suite, more = ''] = /^a=crypto:([0-9]{1,9})\s+(\S+)\s+inline:\S+((?:\s+\S+)*)\s*$/i.exec(line) ?? [];
    if (tag === undefined || suite === undefined || !SUITES.test(suite)) return [];
    const words = more.split(/\s+/).filter((word) => word !== '');
    return words.every((word) => word.startsWith('-') || /^WSH=/i.test(word)) ? [{ tag, suite: suite.toUpperCase(), line }] : [];
  });
}

const isKeyLine = (line: string): boolean => /^a=crypto:/i.test(line);
const protocolOf = (lines: readonly string[]): string => lines[0]?.split(/\s+/)[2] ?? '';
const isOpen = (lines: readonly string[]): boolean => !/^m=\S+ 0[\s/]/.test(lines[0] ?? '');
const isAudio = (lines: readonly string[]): boolean => /^m=audio /i.test(lines[0] ?? '');
const isSecure = (lines: readonly string[]): boolean => SECURE_PROFILE.test(protocolOf(lines));
const isFingerprint = (line: string): boolean => /^a=fingerprint:/i.test(line);

/** Most calls have none, and pay for a search of two words only. */
const speaksOfKeys = (text: string): boolean => /a=crypto:|RTP\/SAVP/i.test(text);

/**
 * What a phone, or rtpengine, says without the keys that are of no use.
 * @throws BadSdp (488) where that leaves audio that wants to be secret and has no key: it would be sent in the clear otherwise.
 */
export function withUsableKeys(text: string): string {
  if (!speaksOfKeys(text)) return text;
  const { session, media } = sectionsOf(text);
  const fromBrowser = session.some(isFingerprint);
  return textOf({
    session,
    media: media.map((lines) => {
      const secure = isSecure(lines);
      const keys = secure ? keyLinesOf(lines).map(({ line }) => line) : [];
      if (secure && isOpen(lines) && isAudio(lines) && keys.length === 0 && !fromBrowser && !lines.some(isFingerprint))
        throw new BadSdp('SRTP without a key that could be used');
      return lines.filter((line) => !isKeyLine(line) || keys.includes(line));
    }),
  });
}

export type AgreedKeys = Readonly<{
  /** Our own words with the one key that counts, so that they can be an answer, and the next offer changes no key. */
  ours: string;
  theirs: string;
}>;

/**
 * RFC 4568 §5.1.2, §7.1.2: an answer takes one line of the offer, by tag and suite.
 * @param mustFit false for words said earlier, whose tags may have been counted anew since; the suite decides then.
 * @throws BadSdp where the other does not keep what we offered: rtpengine would go on without encryption (rtpengine-facts 4).
 */
export function agreedKeys(ours: string, theirs: string, mustFit: boolean): AgreedKeys {
  if (!speaksOfKeys(ours) && !speaksOfKeys(theirs)) return { ours, theirs };
  const own = sectionsOf(ours);
  const other = sectionsOf(theirs);
  const pairs = own.media.map((lines, index) => pairOf(lines, other.media[index], mustFit));
  return {
    ours: textOf({ session: own.session, media: pairs.map((pair) => pair.own) }),
    theirs: textOf({
      session: other.session,
      media: other.media.map((lines, index) => pairs[index]?.other ?? lines),
    }),
  };
}

type Pair = Readonly<{ own: readonly string[]; other?: readonly string[] }>;

function pairOf(own: readonly string[], other: readonly string[] | undefined, mustFit: boolean): Pair {
  if (other === undefined || !isOpen(own) || !isOpen(other)) return { own, ...(other === undefined ? {} : { other }) };
  const offered = isSecure(own) ? keyLinesOf(own) : [];
  if (isSecure(own) !== isSecure(other) && isSdes(own) && isSdes(other) && isAudio(own))
    throw new BadSdp('the answer is not in the profile of the offer');
  if (offered.length === 0) return { own, other };
  const [mine, taken] = matchOf(offered, keyLinesOf(other), mustFit);
  if (mine === undefined || taken === undefined) {
    if (isAudio(own)) throw new BadSdp('the answer has no key that was offered');
    return { own, other };
  }
  return { own: onlyKey(own, mine.line), other: onlyKey(other, taken.line, withTag(taken, mine.tag)) };
}

type Match = readonly [mine?: KeyLine, taken?: KeyLine];

function matchOf(offered: readonly KeyLine[], said: readonly KeyLine[], mustFit: boolean): Match {
  const fits = (one: KeyLine, other: KeyLine): boolean => one.suite === other.suite && one.tag === other.tag;
  for (const mine of offered) for (const taken of said) if (fits(mine, taken)) return [mine, taken];
  if (mustFit) return [];
  for (const mine of offered) for (const taken of said) if (mine.suite === taken.suite) return [mine, taken];
  return [];
}

const isSdes = (lines: readonly string[]): boolean => isSecure(lines) || PLAIN_PROFILE.test(protocolOf(lines));

const withTag = ({ line }: KeyLine, tag: string): string => line.replace(/^a=crypto:[0-9]+/i, `a=crypto:${tag}`);

/** @param become what the line reads then. */
const onlyKey = (lines: readonly string[], key: string, become = key): readonly string[] =>
  lines.flatMap((line) => (line === key ? [become] : isKeyLine(line) ? [] : [line]));

/**
 * The key of an answer to these lines, made of ours: RFC 4568 §5.1.2 wants one, under the tag of the offer.
 * @returns undefined where the two do not fit.
 */
export function answerWithKey(offered: readonly string[], own: readonly string[]): readonly string[] | undefined {
  if (isSecure(offered) !== isSecure(own) && isSdes(offered) && isSdes(own)) return undefined;
  const mine = isSecure(own) ? keyLinesOf(own) : [];
  if (mine.length === 0) return own;
  const [asked, key] = matchOf(keyLinesOf(offered), mine, false);
  return asked === undefined || key === undefined ? undefined : onlyKey(own, key.line, withTag(key, asked.tag));
}

/** Is what we would say of keys what was said before? Else the other must be told, or it hears noise. */
export function sameKeys(before: string, now: string): boolean {
  const essence = (text: string): string =>
    sectionsOf(text)
      .media.filter(isAudio)
      .map((lines) => keyLinesOf(lines).map(({ line }) => line.replace(/^a=crypto:[0-9]+/i, '')))
      .join('\n');
  return (!speaksOfKeys(before) && !speaksOfKeys(now)) || essence(before) === essence(now);
}
