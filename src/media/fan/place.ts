/**
 * place: where a party's audio goes from and to, as rtpengine or its SDP says it, and in which codec: what has to be known to send in the place
 * of rtpengine. Pure.
 */
import { isIP } from 'node:net';
import type { LegId, SocketAddress } from '#calls/ports.js';
import type { NgReply } from '../ng-client.js';

type LegRole = LegId['role'];
/** Where a party is sent to, and the port of rtpengine's that it is sent from. */
export type Place = Readonly<{ from: SocketAddress; to: SocketAddress }>;

type Endpoint = Readonly<{ address?: unknown; port?: unknown }>;
type Stream = Readonly<{ 'local port'?: unknown; 'local address'?: unknown; endpoint?: Endpoint; flags?: readonly string[] }>;
type Media = Readonly<{ type?: string; protocol?: string; streams?: readonly Stream[] }>;
type Tags = { tags?: Record<string, { medias?: readonly Media[] }> };

/**
 * @param reply to `query`. The address is the one that rtpengine has learned, where the phone has been heard already.
 * @returns undefined: it is not plain RTP (RFC 3551) over IPv4, so rtpengine has to send by itself.
 */
export function placeOf(reply: NgReply, role: LegRole): Place | undefined {
  const media = (reply as Tags).tags?.[role]?.medias?.find(({ type }) => type === 'audio');
  if (media === undefined || !isPlain(media.protocol)) return undefined;
  const stream = media.streams?.find(({ flags }) => flags?.includes('RTP') === true);
  const from = addressOf({ address: stream?.['local address'], port: stream?.['local port'] });
  return between(from, addressOf(stream?.endpoint ?? {}));
}

/**
 * Of a party that is sent to the address of its SDP and nowhere else, so that nobody need ask rtpengine where it is.
 * @returns undefined: it is not plain RTP over IPv4, or one of the two has not been said yet.
 */
export function placeSaid({ said, told }: Said): Place | undefined {
  if (said === undefined || told === undefined) return undefined;
  // The first line of both, or none: of several that are open another may be the one that is spoken on.
  return between(addressIn(told), addressIn(said));
}

/** Of the first audio line, where that is plain RTP and open: a port of nought is a refusal (RFC 3264 §6). */
function addressIn(sdp: string): SocketAddress | undefined {
  const [session = ''] = sdp.split(/\r?\n(?=m=)/);
  const audio = audioSection(sdp);
  const [, port, protocol] = /^m=audio (\d+)(?:\/\d+)? (\S+)/.exec(audio) ?? [];
  const [, address] = CONNECTION.exec(audio) ?? CONNECTION.exec(session) ?? [];
  return isPlain(protocol) ? addressOf({ address, port: Number(port) }) : undefined;
}

/** RFC 4566 §5.7: that of the line, else that of the session. */
const CONNECTION = /^c=IN IP[46] ([^\s/]+)/m;

/** From the first m=audio to the next line of its kind; empty: there is none. */
function audioSection(sdp: string): string {
  const [, section = ''] = sdp.split(/^(?=m=audio )/m);
  return section.split(/\r?\n(?=m=)/)[0] ?? '';
}

const isPlain = (protocol = ''): boolean => /^RTP\/AVPF?$/.test(protocol);

const between = (from: SocketAddress | undefined, to: SocketAddress | undefined): Place | undefined =>
  from === undefined || to === undefined ? undefined : { from, to };

function addressOf({ address, port }: Endpoint): SocketAddress | undefined {
  if (typeof address !== 'string' || isIP(address) !== 4 || address === '0.0.0.0') return undefined;
  return typeof port === 'number' && port > 0 ? { address, port } : undefined;
}

/** RFC 3551 §6: codecs whose numbers are the same for everybody, so that one packet fits all. */
export const SHARED_CODECS = { 0: 'PCMU/8000', 8: 'PCMA/8000', 9: 'G722/8000' } as const;
export type SharedCodec = keyof typeof SHARED_CODECS;

/** What a phone has said of its audio, and what it was told. */
export type Said = Readonly<{ said?: string | undefined; told?: string | undefined }>;

/** How long the parts are of which all packets are made, and the packets of those who want no others. */
export const PLAYED_MS = 20;
/** Packets of a big crowd: a third of the system calls. RFC 3551 §4.2: 20 ms is the default where nothing is agreed on, and a receiver should take up to 200. */
export const LONG_MS = 60;

/** What a party can share; `long`: in packets of `LONG_MS` too. */
export type Sharing = Readonly<{ codec: SharedCodec; long: boolean }>;

/**
 * @param packetMs how long the packets of a stream are.
 * @returns what rtpengine would play to this phone: the first of its codecs that the other side has too. Undefined: not one that is shared.
 */
export function sharingOf({ said, told }: Said, packetMs = 20): Sharing | undefined {
  if (said === undefined || told === undefined) return undefined;
  const [own, other] = [audioOf(said), audioOf(told)];
  if (own.packetMs !== undefined && own.packetMs !== 20) return undefined;
  // RFC 4566 §6: what is longer than its maxptime it need not take.
  const { mostMs = Infinity } = own;
  if (mostMs < packetMs) return undefined;
  const first = own.formats.find((one) => other.formats.some(({ number, name }) => number === one.number || name === one.name));
  const number = Number(first?.number);
  if (number !== 0 && number !== 8 && number !== 9) return undefined;
  // RFC 3264 §5.1: a=ptime is what it would like to receive, so it is not sent longer ones unasked.
  return { codec: number, long: own.packetMs === undefined && mostMs >= LONG_MS };
}

type Format = Readonly<{ number: string; name: string }>;

/** Codecs that carry speech, of the first audio line. */
function audioOf(
  sdp: string,
): Readonly<{ formats: readonly Format[]; packetMs: number | undefined; mostMs: number | undefined }> {
  const audio = audioSection(sdp);
  const numbers = /^m=audio \d+ \S+ ([\d ]+)/.exec(audio)?.[1]?.trim().split(' ') ?? [];
  const named = new Map([...audio.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm)].map(([, number = '', name = '']) => [number, name]));
  const formats = numbers.map((number) => ({ number, name: (named.get(number) ?? number).toLowerCase() }));
  const msOf = (name: 'ptime' | 'maxptime'): number | undefined => {
    const [, ms] = new RegExp(`^a=${name}:(\\d+)`, 'm').exec(audio) ?? [];
    return ms === undefined ? undefined : Number(ms);
  };
  return {
    formats: formats.filter(({ number, name }) => number !== '13' && name !== 'telephone-event' && name !== 'cn'),
    packetMs: msOf('ptime'),
    mostMs: msOf('maxptime'),
  };
}
