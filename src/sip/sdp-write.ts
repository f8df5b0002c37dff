/**
 * sdp-write: session descriptions changed line by line, so that every line nobody asked to change stays as it was.
 */
import {
  BadSdp,
  carriesSpeech,
  DIRECTIONS,
  directionIn,
  isDirectionLine,
  isZeroAddress,
  lineHead,
  readSdp,
  sameCodec,
  type Codec,
  type SdpDirection,
  type SdpMedia,
} from './sdp.js';
import { answerWithKey } from './sdp-keys.js';
import { attribute, sectionsOf, textOf } from './sdp-lines.js';

/** `version`: o= version, growing by one with every change (RFC 3264 §8). `offer`: what is being answered. */
export type Dress = Readonly<{ direction: SdpDirection; sessionId: string; version: bigint; offer?: string | undefined }>;

const withoutDirection = (lines: readonly string[]): string[] => lines.filter((line) => !isDirectionLine(line));

/**
 * The same description saying what we want: the direction on each audio line (RFC 3264 §8.4: each stream is held separately,
 * and only audio gets music, so a hold makes other streams inactive), and our own o= line.
 * @throws BadSdp
 */
export function dress(text: string, { direction, sessionId, version, offer }: Dress): string {
  const { session, media } = sectionsOf(text);
  const offered = offer === undefined ? [] : readSdp(offer).media;
  const address = attribute(session, 'o=')?.trim().split(/\s+/).slice(-2).join(' ');
  if (address === undefined || media.length === 0) throw new BadSdp('the session description has no o= or no m= line');
  const origin = `o=- ${sessionId} ${version} IN ${address}`;
  return textOf({
    session: withoutDirection(session).map((line) => (line.startsWith('o=') ? origin : line)),
    media: media.map((lines, index) => {
      const { kind, rejected } = lineHead(lines);
      if (rejected) return lines;
      const wanted = kind === 'audio' ? direction : direction === 'sendrecv' ? ownDirection(lines, session) : 'inactive';
      return [...withoutDirection(lines), `a=${narrowed(wanted, offered[index]?.direction)}`];
    }),
  });
}

/** RFC 3264 §6.1: an answer sends only what the offer wants to receive, and the other way, on each line of its own. */
function narrowed(wanted: SdpDirection, offered: SdpDirection = 'sendrecv'): SdpDirection {
  const sends = /^send/.test(wanted) && /recv/.test(offered);
  const receives = /recv/.test(wanted) && /^send/.test(offered);
  return sends ? (receives ? 'sendrecv' : 'sendonly') : receives ? 'recvonly' : 'inactive';
}

/** The same under another o= version. */
export const withVersion = (dressed: string, { sessionId, version }: Pick<Dress, 'sessionId' | 'version'>): string =>
  dressed.replace(/^o=- \S+ \S+ /m, `o=- ${sessionId} ${version} `);

/** RFC 3264 §5.1: what a stream says of itself, else the session, else sendrecv. */
const ownDirection = (lines: readonly string[], session: readonly string[]): SdpDirection =>
  directionIn(lines) ?? directionIn(session) ?? 'sendrecv';

/**
 * For rtpengine, which must believe that everybody sends and receives (rtpengine-facts 3.0): every direction sendrecv, and an
 * address of nought (RFC 3264 §8.4) replaced by the last real one.
 */
export function asSendrecv(text: string, lastAddress?: string): string {
  const { session, media } = sectionsOf(text);
  const real = (line: string): string => {
    const [net, family, address] = line.slice(2).trim().split(/\s+/);
    const isZero = line.startsWith('c=') && isZeroAddress(address ?? '') && lastAddress !== undefined;
    return isZero ? `c=${net} ${lastAddress.includes(':') ? 'IP6' : (family ?? 'IP4')} ${lastAddress}` : line;
  };
  return textOf({
    session: withoutDirection(session).map(real),
    media: media.map((lines) => [...withoutDirection(lines).map(real), 'a=sendrecv']),
  });
}

/**
 * RFC 3264 §8: the lines of a session never become fewer. What stands in `before` and is missing here counts as refused (§6), whoever
 * forgot to say so.
 */
export function withAllLines(text: string, before: string | undefined): string {
  if (before === undefined) return text;
  const count = linesOf(text);
  if (count >= linesOf(before)) return text;
  const missing = readSdp(before).media.slice(count);
  const { session, media } = sectionsOf(text);
  return textOf({ session, media: [...media, ...missing.map(refused)] });
}

const linesOf = (text: string): number => text.match(/(?:^|[\r\n])m=/g)?.length ?? 0;

/** RFC 2543 §B.5, RFC 3264 §8.4: the hold of phones that read no direction: they are told to send nowhere. */
export function withZeroAddress(text: string): string {
  const { session, media } = sectionsOf(text);
  const zero = (line: string): string =>
    line.startsWith('c=') ? (/ IP6 /i.test(line) ? 'c=IN IP6 ::' : 'c=IN IP4 0.0.0.0') : line;
  return textOf({ session: session.map(zero), media: media.map((lines) => lines.map(zero)) });
}

/** Do both say the same of addresses, ports, codecs, keys: of everything but o=, s=, t= and direction? */
export const sameMedia = (a: string, b: string): boolean => a === b || lastingOf(a) === lastingOf(b);

const lastingOf = (text: string): string => text.replace(PASSING, '').replace(LINE_ENDS, '\n').trim();

/** Lines that say nothing of the media; a line between those of an m= line that has such a letter is only a title (RFC 4566 §5.4). */
const PASSING = new RegExp(`(?<=^|[\\r\\n])(?:[vostiuep]=[^\\r\\n]*|a=(?:${DIRECTIONS})[ \\t]*)(?=[\\r\\n]|$)`, 'gi');
const LINE_ENDS = /[\r\n]+/g;

/**
 * RFC 3264 §6: an answer to `offer` made of `ours`: every m= line in its order, what cannot be had refused with port 0, and only
 * codecs of the offer, under the offer's payload numbers.
 * @throws BadSdp (488) when no audio codec is common, or one side wants SRTP and the other does not.
 */
export function answerFrom(offer: string, ours: string): string {
  const offered = readSdp(offer);
  const own = readSdp(ours);
  const offerLines = sectionsOf(offer);
  const ownLines = sectionsOf(ours);
  const answered: SdpMedia[] = [];
  let audioDiffers = false;
  const media = offered.media.map((line, index) => {
    const ownLine = own.media[index];
    const lines = ownLines.media[index];
    if (line.rejected || ownLine === undefined || lines === undefined || ownLine.rejected || ownLine.kind !== line.kind)
      return refused(line);
    const keyed = answerWithKey(offerLines.media[index] ?? [], lines);
    if (keyed === undefined && line.kind === 'audio') throw new BadSdp('the offer has no key that the other party has');
    const answer = keyed === undefined ? undefined : answerLine(line, ownLine, keyed);
    if (answer !== undefined) answered.push(line);
    else if (line.kind === 'audio') audioDiffers = true;
    return answer ?? refused(line);
  });
  if (audioDiffers && !answered.some((line) => line.kind === 'audio'))
    throw new BadSdp('the offer has no codec that the other party has');
  // RFC 3264 §6: t= is the offer's.
  const times = offerLines.session.filter((line) => line.startsWith('t='));
  const session = ownLines.session.flatMap((line) => (line.startsWith('t=') ? times.splice(0) : [line]));
  return textOf({ session, media });
}

const refused = (line: SdpMedia): string[] => [`m=${line.kind} 0 ${line.protocol} ${line.payloads.join(' ')}`];

/** @returns undefined when the two have no codec in common. */
function answerLine(offered: SdpMedia, own: SdpMedia, lines: readonly string[]): readonly string[] | undefined {
  if (!/RTP\//i.test(offered.protocol)) return lines;
  const numbers = commonNumbers(offered, own);
  if (!commonSpeech(offered, own)) return undefined;
  const first = `m=${own.kind} ${own.port} ${offered.protocol} ${[...numbers.values()].join(' ')}`;
  return [first, ...lines.slice(1).flatMap((line) => renumbered(line, numbers))];
}

/** Our payload number → the offer's. Each format of the offer is used once: there may be two of one codec, with other parameters. */
function commonNumbers(offered: SdpMedia, own: SdpMedia): ReadonlyMap<string, string> {
  const numbers = new Map<string, string>();
  const left = new Set(offered.codecs);
  for (const codec of own.codecs) {
    const fitting = [...left].filter((one) => sameCodec(one, codec));
    const match = fitting.find((one) => one.payload === codec.payload) ?? fitting[0];
    if (match === undefined) continue;
    left.delete(match);
    numbers.set(codec.payload, match.payload);
  }
  return numbers;
}

const commonSpeech = (offered: SdpMedia, own: SdpMedia): boolean =>
  own.codecs.some((codec: Codec) => carriesSpeech(codec) && offered.codecs.some((one) => sameCodec(one, codec)));

function renumbered(line: string, numbers: ReadonlyMap<string, string>): string[] {
  const payload = /^a=(?:rtpmap|fmtp|rtcp-fb):([0-9]+)(?=\s)/.exec(line)?.[1];
  if (payload === undefined) return [line];
  const number = numbers.get(payload);
  if (number === undefined) return [];
  const own = line.replace(`:${payload}`, `:${number}`);
  // RFC 4588 §8.1, RFC 2198 §5: some formats name others by number.
  const [whole, start, referred] = /^(a=fmtp:[0-9]+ (?:apt=)?)([0-9]+(?:\/[0-9]+)*)$/.exec(own) ?? [];
  if (whole === undefined || referred === undefined || !(/apt=$/.test(start ?? '') || referred.includes('/'))) return [own];
  const others = referred.split('/').map((one) => numbers.get(one));
  return others.includes(undefined) ? [] : [`${start}${others.join('/')}`];
}
