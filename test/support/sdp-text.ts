/**
 * sdp-text: session descriptions for tests. A test says what matters to it; the rest is filled in.
 */
export type MediaText = Readonly<{
  kind?: string;
  port?: number;
  protocol?: string;
  payloads?: string;
  /** A c= line of its own. */
  address?: string;
  /** Attribute lines, written without a=. */
  lines?: readonly string[];
}>;

export type SdpText = Readonly<{
  origin?: string;
  address?: string;
  /** Attribute lines of the session, written without a=. */
  lines?: readonly string[];
  media?: readonly MediaText[];
}>;

const PCMA = ['rtpmap:8 PCMA/8000'];

/** One audio line with PCMA unless told otherwise. An empty address leaves out the c= line. */
export function sdpText({
  origin = '- 1 1 IN IP4 127.0.0.1',
  address = '127.0.0.1',
  lines = [],
  media = [{}],
}: SdpText = {}): string {
  const text = ['v=0', `o=${origin}`, 's=-', ...connection(address), 't=0 0', ...lines.map((line) => `a=${line}`)];
  for (const one of media) {
    text.push(`m=${one.kind ?? 'audio'} ${one.port ?? 40000} ${one.protocol ?? 'RTP/AVP'} ${one.payloads ?? '8'}`);
    text.push(...connection(one.address ?? ''), ...(one.lines ?? PCMA).map((line) => `a=${line}`));
  }
  return `${text.join('\r\n')}\r\n`;
}

const connection = (address: string): string[] =>
  address === '' ? [] : [`c=IN ${address.includes(':') ? 'IP6' : 'IP4'} ${address}`];
