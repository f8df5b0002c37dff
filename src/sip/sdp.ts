/**
 * sdp: what a session description says (RFC 4566, RFC 3264), read once into plain values. The only user of sdp-transform,
 * whose numbers are rounded: versions and payloads are read from the text here. Writing lives in sdp-write.ts.
 */
import { forgetOldest } from '#kit/forget-oldest.js';
import { parse } from 'sdp-transform';
import { AppError } from '#kit/errors.js';
import { attribute, sectionsOf } from './sdp-lines.js';

/** The four words of RFC 3264 §5.1; core/direction.ts has the same, and the types meet without an import. */
export type SdpDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** `rate` in Hz. */
export type Codec = Readonly<{ payload: string; name: string; rate: number; channels: number }>;

export type SdpMedia = Readonly<{
  kind: string;
  port: number;
  protocol: string;
  payloads: readonly string[];
  /** c= of the line itself, else of the session. */
  address: string;
  /** As written; sendrecv when nothing is (RFC 3264 §5.1). c=0.0.0.0 is not read into it: see `directionOf`. */
  direction: SdpDirection;
  rejected: boolean;
  codecs: readonly Codec[];
}>;

export type SdpView = Readonly<{ username: string; sessionId: string; version: bigint; media: readonly SdpMedia[] }>;

/** RFC 3261 §13.3.1.3: a session description nobody can take is answered 488. */
export class BadSdp extends AppError {
  constructor(message: string, cause?: unknown) {
    super({ code: 'bad_sdp', http: 400, sip: 488, message, cause });
  }
}

/** RFC 3551 §6: payload numbers that need no rtpmap. */
const STATIC_CODECS: Readonly<Record<string, readonly [name: string, rate: number]>> = {
  '0': ['PCMU', 8000],
  '3': ['GSM', 8000],
  '4': ['G723', 8000],
  '8': ['PCMA', 8000],
  '9': ['G722', 8000], // 8000 by an old mistake that RFC 3551 §4.5.2 keeps
  '13': ['CN', 8000],
  '15': ['G728', 8000],
  '18': ['G729', 8000],
  '26': ['JPEG', 90_000],
  '31': ['H261', 90_000],
  '34': ['H263', 90_000],
};

const MOST_BYTES = 64 * 1024;
const MOST_MEDIA = 32;
/** Payload numbers have seven bits. */
const MOST_FORMATS = 128;

/** @throws BadSdp when the text is no session description, or one without a media line or an address. */
export function readSdp(text: string): SdpView {
  const known = lastRead.get(text);
  if (known !== undefined) return known;
  const view = readAnew(text);
  // What is longer than phones write is read anew each time: its author would choose how much memory is held for it.
  if (text.length <= LONGEST_REMEMBERED) lastRead.set(text, view);
  forgetOldest(lastRead, MOST_REMEMBERED);
  return view;
}

/** One SDP is asked for its direction, its codecs and its address within milliseconds, also where many calls are held at once; reading it costs 10 µs each time. */
const lastRead = new Map<string, SdpView>();
const MOST_REMEMBERED = 256;
const LONGEST_REMEMBERED = 2048;

function readAnew(text: string): SdpView {
  if (text.length > MOST_BYTES) throw new BadSdp('the session description is too long');
  const { session, media } = sectionsOf(text);
  if (!/^v=0\s*$/.test(session[0] ?? '')) throw new BadSdp('the session description does not begin with v=0');
  if (media.length === 0) throw new BadSdp('the session description has no media line');
  if (media.length > MOST_MEDIA) throw new BadSdp('the session description has too many media lines');
  const parsed = parseSafely(media);
  const sessionDirection = directionIn(session);
  return {
    ...readOrigin(session),
    media: media.map((lines, index) => readMedia(lines, session, sessionDirection, parsed.media[index]?.rtp ?? [])),
  };
}

type Rtpmap = Readonly<{ payload: number; codec: string; rate?: number; encoding?: number }>;

/** The library takes each line through all of its rules, so it is shown only those it is asked about. */
function parseSafely(media: readonly (readonly string[])[]): { media: { rtp: readonly Rtpmap[] }[] } {
  const shown = media.flatMap((lines) => lines.filter((line, index) => index === 0 || line.startsWith('a=rtpmap:')));
  try {
    return parse(shown.join('\r\n'));
  } catch (error) {
    throw new BadSdp('the session description could not be read', error);
  }
}

/** RFC 4566 §5.2. The version may use all 64 bits. */
function readOrigin(session: readonly string[]): Pick<SdpView, 'username' | 'sessionId' | 'version'> {
  const [username, sessionId, version, , , address] = (attribute(session, 'o=') ?? '').split(/\s+/);
  if (username === undefined || sessionId === undefined || address === undefined || !/^[0-9]{1,20}$/.test(version ?? '')) {
    throw new BadSdp('the session description has no valid o= line');
  }
  return { username, sessionId, version: BigInt(version ?? '0') };
}

function readMedia(
  lines: readonly string[],
  session: readonly string[],
  inherited: SdpDirection | undefined,
  rtp: readonly Rtpmap[],
): SdpMedia {
  const [kind, port, protocol, ...payloads] = (attribute(lines, 'm=') ?? '').trim().split(/\s+/);
  const portNumber = Number((port ?? '').split('/')[0]);
  if (
    kind === undefined ||
    protocol === undefined ||
    payloads.length === 0 ||
    payloads.length > MOST_FORMATS ||
    !Number.isInteger(portNumber) ||
    portNumber < 0 ||
    portNumber > 65_535
  ) {
    throw new BadSdp('the session description has a media line that cannot be read');
  }
  const address = addressIn(lines) ?? addressIn(session);
  const rejected = portNumber === 0;
  if (address === undefined && !rejected) throw new BadSdp('the session description has a media line without an address');
  return {
    kind: kind.toLowerCase(),
    port: portNumber,
    protocol,
    payloads,
    address: address ?? '',
    direction: directionIn(lines) ?? inherited ?? 'sendrecv',
    rejected,
    codecs: payloads.flatMap((payload) => codecOf(payload, rtp)),
  };
}

function codecOf(payload: string, rtp: readonly Rtpmap[]): Codec[] {
  const mapped = rtp.find((one) => String(one.payload) === payload);
  if (mapped !== undefined) return [{ payload, name: mapped.codec, rate: mapped.rate ?? 8000, channels: mapped.encoding ?? 1 }];
  const known = STATIC_CODECS[payload];
  return known === undefined ? [] : [{ payload, name: known[0], rate: known[1], channels: 1 }];
}

function addressIn(lines: readonly string[]): string | undefined {
  // RFC 4566 §5.7: a multicast address may carry /ttl.
  return attribute(lines, 'c=')?.trim().split(/\s+/)[2]?.split('/')[0];
}

/** For expressions. */
export const DIRECTIONS = 'sendrecv|sendonly|recvonly|inactive';
const DIRECTION_LINE = new RegExp(`^a=(${DIRECTIONS})\\s*$`, 'i');

export const isDirectionLine = (line: string): boolean => DIRECTION_LINE.test(line);

/** What an m= line begins with (RFC 4566 §5.14), for those who ask no more of it. @throws BadSdp */
export function lineHead(lines: readonly string[]): Pick<SdpMedia, 'kind' | 'rejected'> {
  const [, kind, port] = /^m=\s*(\S+)\s+([0-9]{1,5})(?:\/\S*)?\s+\S+\s+\S/.exec(lines[0] ?? '') ?? [];
  if (kind === undefined) throw new BadSdp('the session description has a media line that cannot be read');
  return { kind: kind.toLowerCase(), rejected: Number(port) === 0 };
}

export function directionIn(lines: readonly string[]): SdpDirection | undefined {
  for (const line of lines) {
    const word = DIRECTION_LINE.exec(line)?.[1];
    if (word !== undefined) return word.toLowerCase() as SdpDirection;
  }
  return undefined;
}

/** RFC 3264 §8.4: the old way to hold, still to be accepted: the author does not receive. */
export const isZeroAddress = (address: string): boolean =>
  address === '0.0.0.0' || address === '::' || address === '0:0:0:0:0:0:0:0';

/**
 * The direction of the audio from its author's side; of the first line when there is no audio. All lines refused: inactive.
 * @throws BadSdp
 */
export function directionOf(text: string): SdpDirection {
  const open = readSdp(text).media.filter((line) => !line.rejected);
  const line = open.find((one) => one.kind === 'audio') ?? open[0];
  if (line === undefined) return 'inactive';
  if (!isZeroAddress(line.address)) return line.direction;
  return line.direction === 'sendrecv' || line.direction === 'sendonly' ? 'sendonly' : 'inactive';
}

const firstAudio = (text: string): SdpMedia | undefined =>
  readSdp(text).media.find((line) => line.kind === 'audio' && !line.rejected);

/** `RTP/AVP` and its like, of the first audio line. */
export const audioProtocol = (text: string): string | undefined => firstAudio(text)?.protocol;

/** Where the author wants its audio; undefined when it has none. @throws BadSdp */
export const connectionAddress = (text: string): string | undefined => firstAudio(text)?.address;

/** The codecs of the first audio line in the author's order. @throws BadSdp */
export const audioCodecs = (text: string): readonly Codec[] => firstAudio(text)?.codecs ?? [];

export const sameCodec = (a: Codec, b: Codec): boolean =>
  a.name.toLowerCase() === b.name.toLowerCase() && a.rate === b.rate && a.channels === b.channels;

/** Comfort noise and telephone-event accompany a codec; they are none. */
export const carriesSpeech = (codec: Codec): boolean => !['telephone-event', 'cn'].includes(codec.name.toLowerCase());
