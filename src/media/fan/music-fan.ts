/**
 * music-fan: from a threshold on, those who are held and hear the same class of music share one stream of it: rtpengine decodes and encodes
 * once, and a thread of ours copies each packet to all, from the ports of rtpengine's that they talk to. No phone is told anything, and
 * whatever does not work out ends in `false`: then rtpengine plays to that party alone, as it does below the threshold.
 */
import { isDeepStrictEqual } from 'node:util';
import type { LegId, PlayedSound } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { NgReply } from '../ng-client.js';
import type { NgCommands } from '../ng-commands.js';
import type { Player } from '../player.js';
import { nameOf, type Entrance } from './entrance.js';
import type { News } from './messages.js';
import { placeOf, type Place, type Sharing } from './place.js';
import type { SaidAndTold } from './said.js';
import type { Stream, Streams, Wanted } from './streams.js';
import type { FanThread } from './thread.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];
type Music = Extract<PlayedSound, { kind: 'music' }>;

export type MusicFanDeps = Readonly<{
  /** Undefined: music cannot be given out now. */
  thread: () => Pick<FanThread, 'ask'> | undefined;
  streams: Streams;
  said: Pick<SaidAndTold, 'sharingOf'>;
  ng: Pick<NgCommands, 'query'>;
  player: Pick<Player, 'hears' | 'stop'>;
  /** As below the threshold. */
  playAlone: (callId: CallId, role: LegRole, sound: Music) => Promise<void>;
  entrance: Entrance;
  seatLimit: number;
  /** The thread does not do what it is told: `threadGone` follows. */
  abandon: () => void;
  clock: Clock;
  log: Logger;
}>;

type Seat = {
  readonly leg: LegId;
  readonly wanted: Wanted;
  sound: Music;
  stream: Stream | undefined;
  /** What the copier was last told; undefined: it is not sitting yet. */
  place: Place | undefined;
  gone: boolean;
};

/** Each call with a seat is looked at once in so many seconds: rtpengine may have learned another address of its phone. */
const LOOK_EVERY = 10;
const LOOK_MS = 1000;

export class MusicFan {
  readonly #deps: MusicFanDeps;
  readonly #seats = new Map<string, Seat>();
  /** On their way from a seat to being played to alone. */
  readonly #falling = new Map<string, Seat>();
  /** Those of a call are asked for together. */
  readonly #queries = new Map<CallId, Promise<NgReply>>();
  #looking: Timer | undefined;

  constructor(deps: MusicFanDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#seats.size;
  }

  /** @returns false: it is to be played to alone. Never rejects. */
  async sits({ callId, role }: LegId, sound: PlayedSound): Promise<boolean> {
    const leg = { callId, role };
    const sharing =
      sound.kind === 'music' && sound.announcement === undefined ? this.#deps.said.sharingOf(callId, role) : undefined;
    const before = this.#seats.get(nameOf(leg));
    if (before !== undefined && sound.kind === 'music' && this.#deps.entrance.fits(before.wanted, sound.music, sharing)) {
      before.sound = sound;
      await this.moved(callId);
      return !before.gone;
    }
    const leaving = this.leave(leg);
    const wanted = sound.kind === 'music' ? this.#join(leg, sound.music, sharing) : undefined;
    if (sound.kind !== 'music' || wanted === undefined) {
      await leaving;
      return false;
    }
    // It has its place before anything is waited for: who leaves from now on leaves this seat.
    const seat: Seat = { leg, wanted, sound, stream: undefined, place: undefined, gone: false };
    this.#seats.set(nameOf(leg), seat);
    await leaving;
    return this.#take(seat);
  }

  #join(leg: LegId, music: string, sharing: Sharing | undefined): Wanted | undefined {
    const { player, entrance, thread, seatLimit } = this.#deps;
    if (sharing === undefined || player.hears(leg.callId, leg.role) === 'program') return undefined;
    const wanted = entrance.join(leg, music, sharing);
    return thread() !== undefined && this.#seats.size < seatLimit ? wanted : undefined;
  }

  /** Nothing more is sent to it then. @returns what it has heard; undefined: it had no seat. */
  async leave(leg: LegId): Promise<Music | undefined> {
    const name = nameOf(leg);
    this.#deps.entrance.left(leg);
    const falling = this.#falling.get(name);
    this.#falling.delete(name);
    const seat = this.#seats.get(name);
    if (seat !== undefined) await this.#stand(seat);
    return (seat ?? falling)?.sound;
  }

  ended(callId: CallId): void {
    void this.leave({ callId, role: 'caller' });
    void this.leave({ callId, role: 'callee' });
  }

  /** The phones of a call may be somewhere else now. */
  async moved(callId: CallId): Promise<void> {
    const seats = this.#seatsOf(callId);
    if (seats.length === 0) return;
    try {
      const reply = await this.#query(callId);
      await Promise.all(seats.map((seat) => this.#moveTo(seat, placeOf(reply, seat.leg.role))));
    } catch (error) {
      if (error instanceof MediaGone) for (const seat of seats) void this.#stand(seat);
    }
  }

  /** Packets sent to those of a call that have a seat. */
  async packets(callId: CallId): Promise<Partial<Record<LegRole, number>>> {
    const counted = this.#seatsOf(callId).map(async ({ leg }) => {
      const count = await this.#deps.thread()?.ask({ kind: 'count', seat: nameOf(leg) });
      return [leg.role, count ?? 0] as const;
    });
    return Object.fromEntries(await Promise.all(counted).catch(() => []));
  }

  heard(news: News): void {
    if (news.kind === 'silent') return this.#fallBack(news.stream, 'no packet of it came');
    const seat = this.#seats.get(news.seat);
    this.#deps.log.warn({ seat: news.seat, why: news.why }, 'a seat at the music is lost');
    if (seat !== undefined) void this.#alone(seat);
  }

  /** The thread that copies is gone. */
  threadGone(why: string): void {
    this.#deps.log.error({ why, seats: this.#seats.size }, 'music is played to each listener alone');
    this.#deps.streams.clear();
    for (const seat of [...this.#seats.values()]) void this.#alone(seat);
  }

  /** rtpengine is gone, and all streams with it. */
  clear(): void {
    for (const seat of [...this.#seats.values()]) void this.#stand(seat);
    this.#falling.clear();
    this.#deps.entrance.clear();
    this.#deps.streams.clear();
    this.#looking?.cancel();
    this.#looking = undefined;
  }

  async #take(seat: Seat): Promise<boolean> {
    const { streams, player, log } = this.#deps;
    const { callId, role } = seat.leg;
    this.#looking ??= this.#lookLater();
    try {
      const [taken, reply] = await Promise.allSettled([streams.take(seat.wanted), this.#query(callId)]);
      if (taken.status === 'rejected') throw taken.reason;
      if (seat.gone) streams.stood(taken.value);
      else seat.stream = taken.value;
      if (reply.status === 'rejected') throw reply.reason;
      const place = placeOf(reply.value, role);
      if (place === undefined) throw new MediaFailed('it speaks no plain RTP over IPv4');
      // One that is played to alone is moved over: what it hears must not be heard twice.
      if (!seat.gone && player.hears(callId, role) === 'sound') await player.stop(callId, role);
      if (!seat.gone) await this.#sit(seat, taken.value, place);
    } catch (error) {
      if (seat.gone) return true; // somebody has decided otherwise meanwhile
      log.debug({ callId, leg: role, err: error }, 'no seat at the music: it is played alone');
      await this.#stand(seat);
      return false;
    }
    return true;
  }

  async #sit(seat: Seat, stream: Stream, place: Place): Promise<void> {
    const thread = this.#deps.thread();
    if (thread === undefined) throw new MediaFailed('the music fan is not there');
    seat.place = place;
    await thread.ask({ kind: 'sit', stream: stream.name, seat: nameOf(seat.leg), ...place });
  }

  async #moveTo(seat: Seat, place: Place | undefined): Promise<void> {
    if (seat.gone) return;
    if (place === undefined) return this.#alone(seat);
    const { place: before, stream } = seat;
    if (before === undefined || stream === undefined || isDeepStrictEqual(before, place)) return;
    try {
      // Where rtpengine has begun the call anew its old port is nobody's, or another call's.
      if (!isDeepStrictEqual(before.from, place.from)) return await this.#sit(seat, stream, place);
      seat.place = place;
      await this.#deps.thread()?.ask({ kind: 'move', seat: nameOf(seat.leg), to: place.to });
    } catch (error) {
      this.#deps.log.debug({ ...seat.leg, err: error }, 'a seat at the music could not follow its phone');
      await this.#alone(seat);
    }
  }

  /** It may be in the middle of sitting down: `leave` comes after `sit` in the thread, and takes it back. */
  async #stand(seat: Seat): Promise<void> {
    if (seat.gone) return;
    seat.gone = true;
    if (this.#seats.get(nameOf(seat.leg)) === seat) this.#seats.delete(nameOf(seat.leg));
    // Music must not go on over voices.
    await this.#deps
      .thread()
      ?.ask({ kind: 'leave', seat: nameOf(seat.leg) })
      .catch(() => this.#deps.abandon());
    if (seat.stream !== undefined) this.#deps.streams.stood(seat.stream);
  }

  async #alone(seat: Seat): Promise<void> {
    if (seat.gone) return;
    const { callId, role } = seat.leg;
    const name = nameOf(seat.leg);
    this.#falling.set(name, seat);
    await this.#stand(seat);
    if (this.#falling.get(name) !== seat) return; // somebody has decided otherwise meanwhile
    this.#falling.delete(name);
    await this.#deps.playAlone(callId, role, seat.sound).catch((error: unknown) => {
      if (!(error instanceof MediaGone)) this.#deps.log.warn({ callId, leg: role, err: error }, 'music could not go on');
    });
  }

  #fallBack(name: string, why: string): void {
    const seats = [...this.#seats.values()].filter(({ stream }) => stream?.name === name);
    const wanted = seats[0]?.wanted;
    this.#deps.log.warn({ ...wanted, why, seats: seats.length }, 'music is played to each listener alone');
    if (wanted !== undefined) this.#deps.entrance.rest(wanted);
    this.#deps.streams.end(name);
    for (const seat of seats) void this.#alone(seat);
  }

  #query(callId: CallId): Promise<NgReply> {
    const under = this.#queries.get(callId);
    if (under !== undefined) return under;
    const query = this.#deps.ng.query(callId).finally(() => this.#queries.delete(callId));
    this.#queries.set(callId, query);
    return query;
  }

  #seatsOf(callId: CallId): readonly Seat[] {
    const seats = [this.#seats.get(nameOf({ callId, role: 'caller' })), this.#seats.get(nameOf({ callId, role: 'callee' }))];
    return seats.filter((seat) => seat !== undefined);
  }

  /** A part of them each second: those longest not looked at are first. */
  #lookLater(): Timer {
    return this.#deps.clock.after('look where listeners are', LOOK_MS, () => {
      this.#looking = this.#seats.size === 0 ? undefined : this.#lookLater();
      const due = [...this.#seats.entries()].slice(0, Math.ceil(this.#seats.size / LOOK_EVERY));
      for (const [name, seat] of due) {
        this.#seats.delete(name);
        this.#seats.set(name, seat);
      }
      for (const callId of new Set(due.map(([, { leg }]) => leg.callId))) void this.moved(callId);
    });
  }
}
