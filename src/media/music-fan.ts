/**
 * music-fan: one stream of music for each class, encoded once and copied by rtpengine to all who sit at it (publish and subscribe,
 * rtpengine-facts 5). A party that plays music as any held party hears it stands at the root (`feeder`), its packets go to rtpengine
 * itself, which gives them out. A seat has a port of its own, so whoever sits down needs a re-INVITE with the seat's offer, and another
 * one with its old session description when it stands up: that is the caller's part (src/media/README.md says how).
 */
import { isIP } from 'node:net';
import type { LegId } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { Busy, MediaFailed } from '#kit/errors.js';
import type { NgCommands } from './ng-commands.js';
import type { Player } from './player.js';

type CallId = LegId['callId'];

export type FanDeps = Readonly<{
  ng: Pick<NgCommands, 'publish' | 'subscribe' | 'subscribeAnswer' | 'unsubscribe' | 'offer' | 'delete'>;
  player: Pick<Player, 'play' | 'ended'>;
  clock: Clock;
  newId: () => string;
}>;

export type Seat = Readonly<{
  /** What the phone is offered: sendonly, with a port of its own. */
  offer: string;
  /** What the phone has answered; from then on it hears the music. */
  sit: (answer: string) => Promise<void>;
  /** Never rejects; leaving twice is leaving once. */
  leave: () => Promise<void>;
}>;

type Stream = {
  /** The rtpengine call that is listened to, and the one that feeds it. */
  readonly root: string;
  readonly feeder: CallId;
  readonly ready: Promise<void>;
  seats: number;
  linger: Timer | undefined;
};

/** The tag of whoever speaks in the root. */
const SPEAKER = 'music';
/** A stream without listeners goes on for a while: the next hold is spared its start. */
export const LINGER_MS = 30_000;
/** Of one class. All of them stand under one lock in rtpengine, and more have not been measured (1300). */
export const SEATS_LIMIT = 1300;

export class MusicFan {
  readonly #deps: FanDeps;
  readonly #streams = new Map<string, Stream>();

  constructor(deps: FanDeps) {
    this.#deps = deps;
  }

  /** @throws Busy, MediaFailed: then the music is to be played to this party alone. */
  async seat(music: string): Promise<Seat> {
    const stream = this.#stream(music);
    if (stream.seats >= SEATS_LIMIT) throw new Busy(`the limit of ${SEATS_LIMIT} seats is reached`, 5);
    stream.seats++;
    stream.linger?.cancel();
    try {
      await stream.ready;
      const { ng } = this.#deps;
      const { sdp, tag } = await ng.subscribe(stream.root, SPEAKER);
      let left: Promise<void> | undefined;
      return {
        offer: sdp,
        sit: (answer) => ng.subscribeAnswer(stream.root, tag, answer),
        leave: () => (left ??= this.#leave(music, stream, tag)),
      };
    } catch (error) {
      this.#stood(music, stream);
      throw error;
    }
  }

  /** How many sit at a class. */
  seats(music: string): number {
    return this.#streams.get(music)?.seats ?? 0;
  }

  /** rtpengine is gone, and all streams with it. */
  clear(): void {
    for (const stream of this.#streams.values()) {
      stream.linger?.cancel();
      this.#deps.player.ended(stream.feeder);
    }
    this.#streams.clear();
  }

  #stream(music: string): Stream {
    const before = this.#streams.get(music);
    if (before !== undefined) return before;
    const root = `fan-${this.#deps.newId()}`;
    const feeder = `feed-${this.#deps.newId()}` as CallId;
    const stream: Stream = { root, feeder, ready: this.#start(music, root, feeder), seats: 0, linger: undefined };
    this.#streams.set(music, stream);
    stream.ready.catch(() => {
      // The next one tries anew.
      if (this.#streams.get(music) === stream) this.#end(music, stream);
    });
    return stream;
  }

  /** The feeder is a party whose phone is the root: what is played to it goes there, inside rtpengine's own machine. */
  async #start(music: string, root: string, feeder: CallId): Promise<void> {
    const { ng, player } = this.#deps;
    const { address, port } = whereOf(await ng.publish(root, SPEAKER, speech('sendonly', '127.0.0.1', 9)));
    await ng.offer(feeder, 'caller', 'callee', speech('sendrecv', address, port));
    await player.play(feeder, 'caller', { kind: 'music', music });
  }

  async #leave(music: string, stream: Stream, tag: string): Promise<void> {
    await this.#deps.ng.unsubscribe(stream.root, tag).catch(() => undefined);
    this.#stood(music, stream);
  }

  #stood(music: string, stream: Stream): void {
    stream.seats--;
    if (stream.seats > 0 || this.#streams.get(music) !== stream) return;
    stream.linger = this.#deps.clock.after(`music fan ${music}`, LINGER_MS, () => {
      if (stream.seats === 0) this.#end(music, stream); // nobody has sat down meanwhile
    });
  }

  #end(music: string, stream: Stream): void {
    this.#streams.delete(music);
    this.#deps.player.ended(stream.feeder);
    for (const callId of [stream.feeder, stream.root]) void this.#deps.ng.delete(callId).catch(() => undefined);
  }
}

/** PCMU alone: whoever speaks something else is played to alone, which costs the same and moves no port. */
function speech(direction: 'sendonly' | 'sendrecv', address: string, port: number): string {
  const where = `IN IP${isIP(address) === 6 ? 6 : 4} ${address}`;
  const head = ['v=0', `o=holdfast 1 1 ${where}`, 's=-', `c=${where}`, 't=0 0', `m=audio ${port} RTP/AVP 0`];
  return [...head, 'a=rtpmap:0 PCMU/8000', `a=${direction}`, ''].join('\r\n');
}

/** @throws MediaFailed */
function whereOf(sdp: string): Readonly<{ address: string; port: number }> {
  const address = /^c=IN IP[46] (\S+)/m.exec(sdp)?.[1];
  const port = /^m=audio (\d+)/m.exec(sdp)?.[1];
  if (address === undefined || port === undefined) throw new MediaFailed('rtpengine published no audio');
  return { address, port: Number(port) };
}
