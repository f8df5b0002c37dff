/**
 * sdp-reader: what a session description says, read by the kit's own eyes (RFC 4566, RFC 3264). Forgives nothing that a judge asks
 * about and knows nothing of judging.
 */
import { Failed } from '../failed.js';

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export type SdpLine = Readonly<{
  kind: string;
  port: number;
  protocol: string;
  formats: readonly string[];
  /** As written, at the line or for the session; sendrecv when nowhere (RFC 3264 §5.1). */
  direction: Direction;
  address: string;
  /** Everything under the m= line. */
  attributes: readonly string[];
}>;

export type Sdp = Readonly<{ origin: string; version: bigint; media: readonly SdpLine[]; text: string }>;

const DIRECTION = /^a=(sendrecv|sendonly|recvonly|inactive)$/;

export function readSdp(text: string): Sdp {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const starts = lines.flatMap((line, index) => (line.startsWith('m=') ? [index] : []));
  const session = lines.slice(0, starts[0] ?? lines.length);
  const [username, id, version, ...place] = (valueOf(session, 'o=') ?? '').split(' ');
  if (version === undefined || !/^\d+$/.test(version) || starts.length === 0)
    throw new Failed({ expected: 'a session description (RFC 4566 §5)', seen: JSON.stringify(text.slice(0, 200)) });
  const media = starts.map((start, index) => readLine(lines.slice(start, starts[index + 1]), session));
  // RFC 3264 §8: all of o= but the version must stay as it is.
  return { origin: [username, id, ...place].join(' '), version: BigInt(version), media, text };
}

function readLine(lines: readonly string[], session: readonly string[]): SdpLine {
  const [kind = '', port = '0', protocol = '', ...formats] = (lines[0] ?? '').slice(2).split(' ');
  const address = (valueOf(lines, 'c=') ?? valueOf(session, 'c=') ?? '').split(' ')[2] ?? '';
  const direction = directionIn(lines) ?? directionIn(session) ?? 'sendrecv';
  return { kind, port: Number(port.split('/')[0]), protocol, formats, direction, address, attributes: lines.slice(1) };
}

const valueOf = (lines: readonly string[], prefix: string): string | undefined =>
  lines.find((line) => line.startsWith(prefix))?.slice(prefix.length);

function directionIn(lines: readonly string[]): Direction | undefined {
  for (const line of lines) {
    const word = DIRECTION.exec(line)?.[1];
    if (word !== undefined) return word as Direction;
  }
  return undefined;
}

export const audioOf = (sdp: Sdp): SdpLine | undefined => sdp.media.find(({ kind, port }) => kind === 'audio' && port !== 0);

/** From the other side's point of view (RFC 3264 §6.1). */
export const mirrored = (direction: Direction): Direction =>
  direction === 'sendonly' ? 'recvonly' : direction === 'recvonly' ? 'sendonly' : direction;

const sends = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'sendonly';
const receives = (direction: Direction): boolean => direction === 'sendrecv' || direction === 'recvonly';

/** What both want. */
export function both(a: Direction, b: Direction): Direction {
  if (sends(a) && sends(b)) return receives(a) && receives(b) ? 'sendrecv' : 'sendonly';
  return receives(a) && receives(b) ? 'recvonly' : 'inactive';
}

/** RFC 3264 §6.1: may this answer stand against this offer? */
export const mayAnswer = (offer: Direction, answer: Direction): boolean => both(mirrored(offer), answer) === answer;
