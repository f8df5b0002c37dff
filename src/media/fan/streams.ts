/**
 * streams: one stream of music for each class and codec that has a crowd. Its source is a party that rtpengine plays to as
 * to any held one, with the playlist and the announcements of the class; only that its "phone" is a port of the copier's.
 */
import type { LegId, SocketAddress } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { MediaFailed } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { MusicLibrary } from '../music-library.js';
import type { NgCommands } from '../ng-commands.js';
import type { Player } from '../player.js';
import { LONG_MS, placeOf, SHARED_CODECS, type SharedCodec } from './place.js';
import type { FanThread } from './thread.js';

type CallId = LegId['callId'];

export type StreamsDeps = Readonly<{
  thread: () => Pick<FanThread, 'ask'>;
  ng: Pick<NgCommands, 'query' | 'offer' | 'answer' | 'blockMedia' | 'blockDtmf' | 'delete'>;
  player: Pick<Player, 'play' | 'ended'>;
  library: Pick<MusicLibrary, 'musicOf'>;
  clock: Clock;
  log: Logger;
  newId: () => string;
  /** Of rtpengine's ports, and so of the copier's. */
  address: string;
  /** A source is begun anew after so long: it receives nothing, and rtpengine deletes what receives nothing. */
  renewMs: number;
}>;

export type Stream = {
  readonly name: string;
  readonly music: string;
  readonly codec: SharedCodec;
  readonly ready: Promise<void>;
  port: number;
  feeder: CallId | undefined;
  /** The files of the class when the source was begun. */
  files: string;
  seats: number;
  readonly timers: Map<'linger' | 'renew', Timer>;
};

/** What is to be heard. */
export type Wanted = Pick<Stream, 'music' | 'codec'>;

/** A stream without listeners goes on for a while: the next hold is spared its start. */
export const LINGER_MS = 30_000;
const ROLE = 'caller';
/** RFC 863: whoever is on the other end of a source is not there. */
const DISCARD = 9;

export class Streams {
  readonly #deps: StreamsDeps;
  readonly #streams = new Map<string, Stream>();

  constructor(deps: StreamsDeps) {
    this.#deps = deps;
  }

  /** To be given back with `stood`. @throws MediaFailed */
  async take(wanted: Wanted): Promise<Stream> {
    const stream = this.#streams.get(keyOf(wanted)) ?? this.#begin(wanted);
    stream.seats++;
    stream.timers.get('linger')?.cancel();
    try {
      await stream.ready;
    } catch (error) {
      this.stood(stream);
      throw error;
    }
    // A file that was dropped into the class meanwhile is heard by all from now on.
    if (stream.files !== this.#filesOf(stream.music)) this.#renew(stream);
    return stream;
  }

  stood(stream: Stream): void {
    stream.seats--;
    if (stream.seats > 0 || this.#streams.get(keyOf(stream)) !== stream) return;
    this.#wait(stream, 'linger', LINGER_MS, () => {
      if (stream.seats === 0) this.end(stream.name);
    });
  }

  /** Ending twice is ending once. */
  end(name: string): void {
    const stream = [...this.#streams.values()].find((one) => one.name === name);
    if (stream === undefined) return;
    this.#streams.delete(keyOf(stream));
    stream.timers.forEach((timer) => timer.cancel());
    stream.timers.clear();
    if (stream.feeder !== undefined) this.#drop(stream.feeder);
    this.#deps
      .thread()
      .ask({ kind: 'close', stream: name })
      .catch(() => undefined);
  }

  clear(): void {
    for (const { name } of [...this.#streams.values()]) this.end(name);
  }

  #begin({ music, codec }: Wanted): Stream {
    const name = `fan-${this.#deps.newId()}`;
    const ready = Promise.resolve().then(() => this.#start(stream));
    const nothingYet = { port: 0, feeder: undefined, files: '', seats: 0, timers: new Map() };
    const stream: Stream = { name, music, codec, ready, ...nothingYet };
    this.#streams.set(keyOf(stream), stream);
    ready.catch(() => this.end(name)); // the next one tries anew
    return stream;
  }

  async #start(stream: Stream): Promise<void> {
    const { thread, address } = this.#deps;
    stream.port = (await thread().ask({ kind: 'open', stream: stream.name, address })) ?? 0;
    await this.#feed(stream);
  }

  async #feed(stream: Stream): Promise<void> {
    const { ng, player, thread, address, newId } = this.#deps;
    const feeder = `feed-${newId()}` as CallId;
    stream.files = this.#filesOf(stream.music);
    try {
      // Nothing comes from the copier, so rtpengine would take whoever sends there, as a phone whose call had the port before, for its phone.
      await ng.offer(feeder, ROLE, 'callee', speech({ address, port: stream.port }, stream.codec), { stays: true });
      // With an answer it is a call like others; without one rtpengine gives it an hour.
      await ng.answer(feeder, ROLE, 'callee', speech({ address, port: DISCARD }, stream.codec));
      // What a stranger sends to its ports would be copied to all: they hear what is played, and nothing else.
      await Promise.all([ng.blockMedia(feeder), ng.blockDtmf(feeder)]);
      const place = placeOf(await ng.query(feeder), ROLE);
      if (place === undefined) throw new MediaFailed('rtpengine does not say where it plays from');
      await thread().ask({ kind: 'feed', stream: stream.name, from: place.from });
      await player.play(feeder, ROLE, { kind: 'music', music: stream.music });
    } catch (error) {
      this.#drop(feeder);
      throw error;
    }
    const before = stream.feeder;
    stream.feeder = feeder;
    if (before !== undefined) this.#drop(before);
    if (this.#streams.get(keyOf(stream)) !== stream) return this.#drop(feeder); // it has ended meanwhile
    this.#wait(stream, 'renew', this.#deps.renewMs, () => this.#renew(stream));
  }

  /** When that fails the stream falls silent, which the copier tells. */
  #renew(stream: Stream): void {
    this.#feed(stream).catch((error: unknown) =>
      this.#deps.log.warn({ err: error, music: stream.music }, 'music could not go on'),
    );
  }

  #drop(feeder: CallId): void {
    this.#deps.player.ended(feeder);
    void this.#deps.ng.delete(feeder).catch(() => undefined);
  }

  #filesOf(music: string): string {
    return this.#deps.library
      .musicOf(music)
      .playlist.pieces.map(({ file }) => file)
      .join('\n');
  }

  #wait(stream: Stream, what: 'linger' | 'renew', ms: number, due: () => void): void {
    stream.timers.get(what)?.cancel();
    stream.timers.set(what, this.#deps.clock.after(`${what} of ${stream.music}`, ms, due));
  }
}

/** What a crowd is made of: those who could hear the same, in packets of whatever length. */
export const keyOf = ({ music, codec }: Wanted): string => `${music} ${codec}`;

/** In long packets: each of them wakes rtpengine and the copier up, and who wants shorter ones is sent their parts (`pacer.ts`). */
function speech({ address, port }: SocketAddress, codec: SharedCodec): string {
  const where = `IN IP4 ${address}`;
  const head = ['v=0', `o=holdfast 1 1 ${where}`, 's=-', `c=${where}`, 't=0 0', `m=audio ${port} RTP/AVP ${codec}`];
  return [...head, `a=rtpmap:${codec} ${SHARED_CODECS[codec]}`, `a=ptime:${LONG_MS}`, 'a=sendrecv', ''].join('\r\n');
}
