/**
 * sdp-author: the session descriptions of one phone in one call: one o= line whose version counts what changed (RFC 3264 §8),
 * in every dialect of hold that phones have. Which one is said when is decided elsewhere.
 */
import { PCMA, PCMU } from './heard.js';
import { both, mirrored, readSdp, type Direction, type SdpLine } from './sdp-reader.js';

export type Level = 'media' | 'session' | 'none';

/** A media line beside the audio. */
export type ExtraLine = Readonly<{
  kind: string;
  port: number;
  protocol: string;
  formats: string;
  attributes: readonly string[];
}>;

export type Words = Readonly<{
  direction: Direction;
  /** Where the direction is written; `none`: nowhere, which means sendrecv. */
  level: Level;
  /** c=; the phone's own unless it says 0.0.0.0. */
  address: string;
  port: number;
  codecs: readonly number[];
  extra: readonly ExtraLine[];
  protocol: string;
  attributes: readonly string[];
}>;

export const EVENTS = 101;

const NAMES: Readonly<Record<number, string>> = {
  0: 'PCMU/8000',
  8: 'PCMA/8000',
  9: 'G722/8000',
  18: 'G729/8000',
  101: 'telephone-event/8000',
};

export class SdpAuthor {
  readonly #address: string;
  readonly #sessionId = Math.floor(Math.random() * 2 ** 31);
  #version = 0;
  #last = '';
  /** What an offer says where nothing else is asked. */
  usual: Words;
  /** Our side of whatever is negotiated: an answer never says more (RFC 6337 §5.1). */
  wish: Direction = 'sendrecv';
  /** Kinds of line beside audio that are taken. */
  takes: readonly string[] = [];

  constructor(address: string, port: number) {
    this.#address = address;
    this.usual = {
      direction: 'sendrecv',
      level: 'media',
      address,
      port,
      codecs: [PCMU, PCMA, EVENTS],
      extra: [],
      protocol: 'RTP/AVP',
      attributes: [],
    };
  }

  /** An offer; what it says beside the direction stays for later ones. */
  offer(words: Partial<Words> = {}): string {
    const all = { ...this.usual, direction: this.wish, ...words };
    const { direction, level, address, port, codecs, extra } = all;
    const audio = [
      `m=audio ${port} ${all.protocol} ${codecs.join(' ')}`,
      ...codecs.map((codec) => `a=rtpmap:${codec} ${NAMES[codec] ?? 'unknown/8000'}`),
      ...(codecs.includes(EVENTS) ? [`a=fmtp:${EVENTS} 0-16`] : []),
      ...all.attributes,
    ];
    const lines = [
      audio,
      ...extra.map((line) => [`m=${line.kind} ${line.port} ${line.protocol} ${line.formats}`, ...line.attributes]),
    ];
    const directed = lines.flatMap((line) => (level === 'media' ? [...line, `a=${direction}`] : line));
    return this.#sign([`c=IN IP4 ${address}`, 't=0 0', ...(level === 'session' ? [`a=${direction}`] : []), ...directed]);
  }

  /** RFC 3264 §6: every line in its order, those we do not take with port 0, the offer's payload numbers. */
  answer(offer: string, words: Partial<Pick<Words, 'direction' | 'port'>> = {}): string {
    let taken = false;
    const lines = readSdp(offer).media.flatMap((line) => {
      const isAudio = line.kind === 'audio' && line.port !== 0 && !taken;
      taken ||= isAudio;
      const port = isAudio
        ? (words.port ?? this.usual.port)
        : this.takes.includes(line.kind) && line.port !== 0
          ? this.usual.port + 2
          : 0;
      if (port === 0) return [`m=${line.kind} 0 ${line.protocol} ${line.formats.join(' ')}`];
      const direction = words.direction ?? both(mirrored(line.direction), this.wish);
      return [...(isAudio ? this.#audio(line, port) : other(line, port)), `a=${direction}`];
    });
    return this.#sign([`c=IN IP4 ${this.#address}`, 't=0 0', ...lines]);
  }

  /** What was said last, word for word: a refresh changes nothing (RFC 4028 §7.4). */
  repeat(): string {
    return this.#dressed(this.#last);
  }

  #audio(line: SdpLine, port: number): readonly string[] {
    const known = this.usual.codecs.map((codec) => NAMES[codec]?.toLowerCase());
    const nameOf = (format: string): string | undefined =>
      line.attributes.find((one) => one.startsWith(`a=rtpmap:${format} `))?.split(' ')[1] ?? NAMES[Number(format)];
    const ours = line.formats.filter((format) => known.includes(nameOf(format)?.toLowerCase()));
    const crypto = line.attributes.find((one) => one.startsWith('a=crypto:'));
    return [
      `m=audio ${port} ${line.protocol} ${(ours.length > 0 ? ours : line.formats).join(' ')}`,
      ...ours.map((format) => `a=rtpmap:${format} ${nameOf(format) ?? ''}`),
      ...(crypto === undefined ? [] : [ownCrypto(crypto)]),
    ];
  }

  /** RFC 3264 §8: the version moves by one when anything else did, and only then. */
  #sign(lines: readonly string[]): string {
    const rest = lines.join('\r\n');
    if (rest !== this.#last) this.#version++;
    this.#last = rest;
    return this.#dressed(rest);
  }

  #dressed(rest: string): string {
    return ['v=0', `o=- ${this.#sessionId} ${this.#version} IN IP4 ${this.#address}`, 's=-', rest, ''].join('\r\n');
  }
}

const other = (line: SdpLine, port: number): readonly string[] => [
  `m=${line.kind} ${port} ${line.protocol} ${line.formats.join(' ')}`,
  ...line.attributes.filter((one) => one.startsWith('a=rtpmap:')),
];

export const OWN_KEY = 'inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNk';

/** RFC 4568 §5.1.2: the same tag and suite, our own key. */
function ownCrypto(offered: string): string {
  const [tag = 'a=crypto:1', suite = 'AES_CM_128_HMAC_SHA1_80'] = offered.split(' ');
  return `${tag} ${suite} ${OWN_KEY}`;
}
