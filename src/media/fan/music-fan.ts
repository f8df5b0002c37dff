/**
 * music-fan: from a threshold on, those who are held and hear the same class of music share one stream of it: rtpengine decodes and encodes
 * once, and a thread of ours copies each packet to all, from the ports of rtpengine's that they talk to. No phone is told anything, and
 * whatever does not work out ends in `false`: then rtpengine plays to that party alone, as it does below the threshold. Those who were
 * there before the crowd was big are brought over when it is.
 */
import type { LegId, PlayedSound } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { MediaFailed, MediaGone } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { NgCommands } from '../ng-commands.js';
import type { Player } from '../player.js';
import { nameOf, type Entrance } from './entrance.js';
import { Follower } from './follower.js';
import { Gatherer, type SatDown } from './gatherer.js';
import type { News } from './messages.js';
import { placeOf, PLAYED_MS, type Place, type Sharing } from './place.js';
import type { SaidAndTold } from './said.js';
import { Seat, Seats, type Music } from './seats.js';
import type { Streams } from './streams.js';
import type { FanThread } from './thread.js';

type CallId = LegId['callId'];
type LegRole = LegId['role'];

export type MusicFanDeps = Readonly<{
  /** Undefined: music cannot be given out now. */
  thread: () => Pick<FanThread, 'ask'> | undefined;
  streams: Streams;
  said: Pick<SaidAndTold, 'sharingOf' | 'placeOf'>;
  ng: Pick<NgCommands, 'query'>;
  player: Pick<Player, 'hears'>;
  /** As below the threshold. */
  playAlone: (callId: CallId, role: LegRole, sound: Music) => Promise<void>;
  /** What is played to it alone ends. */
  hush: (callId: CallId, role: LegRole) => Promise<void>;
  entrance: Entrance;
  seatLimit: number;
  /** The thread does not do what it is told: `threadGone` follows. */
  abandon: () => void;
  clock: Clock;
  log: Logger;
}>;

/** `mayPlay`: what was played to it alone before it sat could not be ended. */
export type Left = Readonly<{ sound: Music; mayPlay: boolean }>;

export class MusicFan {
  readonly #deps: MusicFanDeps;
  readonly #seats = new Seats();
  /** On their way from a seat to being played to alone. */
  readonly #falling = new Map<string, Seat>();
  readonly #follower: Follower;
  readonly #gatherer: Gatherer;

  constructor(deps: MusicFanDeps) {
    this.#deps = deps;
    this.#follower = new Follower({
      ...deps,
      seats: this.#seats,
      sit: (seat, place) => this.#sit(seat, place),
      move: (seat, place) => this.#move(seat, place),
      alone: (seat) => this.#alone(seat),
      stand: (seat) => this.#stand(seat),
      looked: () => this.#gatherer.gatherAll(),
    });
    this.#gatherer = new Gatherer({
      ...deps,
      seats: this.#seats,
      sitsDown: (seat) => this.#sitsDown(seat),
      alone: (seat) => this.#alone(seat),
      stand: (seat) => this.#stand(seat),
    });
  }

  get size(): number {
    return this.#seats.size;
  }

  /** @returns false: it is to be played to alone. Never rejects. */
  async sits({ callId, role }: LegId, sound: PlayedSound): Promise<boolean> {
    const leg = { callId, role };
    const sharing =
      sound.kind === 'music' && sound.announcement === undefined ? this.#deps.said.sharingOf(callId, role) : undefined;
    const before = this.#seats.get(leg);
    if (before?.alone === false && sound.kind === 'music' && this.#fits(before, sound.music, sharing)) {
      before.sound = sound;
      await this.moved(callId);
      return !before.gone;
    }
    const leaving = this.leave(leg);
    const seat = sound.kind === 'music' ? this.#join(leg, sound, sharing) : undefined;
    const left = await leaving;
    if (seat === undefined) return false;
    if (left?.mayPlay === true) seat.alone = true;
    return this.#take(seat);
  }

  /** What is played to it alone is heard from now on. */
  begun(leg: LegId): void {
    this.#gatherer.begun(leg);
  }

  #fits({ wanted, packetMs }: Seat, music: string, sharing: Sharing | undefined): boolean {
    return this.#deps.entrance.fits(wanted, packetMs, music, sharing);
  }

  #join(leg: LegId, sound: Music, sharing: Sharing | undefined): Seat | undefined {
    const { player, entrance, thread, seatLimit } = this.#deps;
    const hears = player.hears(leg.callId, leg.role);
    if (sharing === undefined || hears === 'program') return undefined;
    const wanted = { music: sound.music, codec: sharing.codec };
    const entry = entrance.join(leg, wanted, sharing);
    if (entry === undefined || thread() === undefined || this.#seats.size >= seatLimit) {
      this.#gatherer.add({ leg, wanted, sound });
      return undefined;
    }
    const seat = new Seat({ leg, wanted, sound, packetMs: entry.packetMs, alone: hears !== 'nothing' });
    // It has its place before anything is waited for: who leaves from now on leaves this seat.
    this.#seats.add(seat);
    if (entry.isBig) this.#gatherer.gather(wanted);
    else this.#gatherer.add({ leg, wanted, sound, seat });
    return seat;
  }

  /**
   * Nothing more is sent to it then, but what is played to it alone.
   * @returns what it has heard; undefined: it had no seat, or is still played to alone. Never rejects.
   */
  async leave(leg: LegId): Promise<Left | undefined> {
    const name = nameOf(leg);
    this.#deps.entrance.left(leg);
    this.#gatherer.left(leg);
    const seat = this.#seats.get(leg) ?? this.#falling.get(name);
    this.#falling.delete(name);
    if (seat === undefined) return undefined;
    const isAlone = seat.alone;
    const [, isHushed = true] = await Promise.all([this.#stand(seat), seat.hushing]);
    return isAlone ? undefined : { sound: seat.sound, mayPlay: !isHushed };
  }

  ended(callId: CallId): void {
    void this.leave({ callId, role: 'caller' });
    void this.leave({ callId, role: 'callee' });
  }

  /** The phones of a call may be somewhere else now. */
  moved(callId: CallId): Promise<void> {
    return this.#follower.moved(callId);
  }

  /** Packets sent to those of a call that have a seat. */
  async packets(callId: CallId): Promise<Partial<Record<LegRole, number>>> {
    const counted = this.#seats.of(callId).map(async ({ leg }) => {
      const count = await this.#deps.thread()?.ask({ kind: 'count', seat: nameOf(leg) });
      return [leg.role, count ?? 0] as const;
    });
    return Object.fromEntries(await Promise.all(counted).catch(() => []));
  }

  heard(news: News): void {
    if (news.kind === 'silent') return this.#fallBack(news.stream, 'no packet of it came');
    const seat = this.#seats.named(news.seat);
    this.#deps.log.warn({ seat: news.seat, why: news.why }, 'a seat at the music is lost');
    if (seat !== undefined) void this.#alone(seat);
  }

  /** The thread that copies is gone. */
  threadGone(why: string): void {
    this.#deps.log.error({ why, seats: this.#seats.size }, 'music is played to each listener alone');
    this.#deps.streams.clear();
    for (const seat of this.#seats.all()) void this.#alone(seat);
  }

  /** rtpengine is gone, and all streams with it. */
  clear(): void {
    for (const seat of this.#seats.all()) void this.#stand(seat);
    this.#falling.clear();
    this.#gatherer.clear();
    this.#deps.entrance.clear();
    this.#deps.streams.clear();
    this.#follower.stop();
  }

  async #take(seat: Seat): Promise<boolean> {
    if ((await this.#sitsDown(seat)) === 'sits') return true;
    await this.#stand(seat);
    return false;
  }

  async #sitsDown(seat: Seat): Promise<SatDown> {
    const { streams, player, log } = this.#deps;
    const { callId, role } = seat.leg;
    this.#follower.start();
    try {
      const [taken, found] = await Promise.allSettled([streams.take(seat.wanted), this.#placeOf(seat.leg)]);
      if (taken.status === 'rejected') throw taken.reason;
      if (seat.gone) streams.stood(taken.value);
      else seat.stream = taken.value;
      if (found.status === 'rejected') throw found.reason;
      const place = found.value;
      if (place === undefined) throw new MediaFailed('it speaks no plain RTP over IPv4');
      if (seat.isPatient && player.hears(callId, role) === 'interjection') return 'spoken-to';
      await this.#hush(seat);
      if (!seat.gone) await this.#sit(seat, place);
    } catch (error) {
      if (seat.gone) return 'sits'; // somebody has decided otherwise meanwhile
      log.debug({ callId, leg: role, err: error }, 'no seat at the music: it is played alone');
      return 'cannot';
    }
    return 'sits';
  }

  async #placeOf({ callId, role }: LegId): Promise<Place | undefined> {
    return this.#deps.said.placeOf(callId, role) ?? placeOf(await this.#follower.query(callId), role);
  }

  /** What it hears must not be heard twice. */
  async #hush(seat: Seat): Promise<void> {
    if (seat.gone || !seat.alone) return;
    seat.alone = false;
    const hushed = this.#deps.hush(seat.leg.callId, seat.leg.role);
    // Whoever takes it from its seat meanwhile waits for this: music must not go on over voices.
    seat.hushing = hushed.then(
      () => true,
      () => false,
    );
    await hushed;
  }

  async #sit(seat: Seat, place: Place): Promise<void> {
    const thread = this.#deps.thread();
    if (thread === undefined || seat.stream === undefined) throw new MediaFailed('the music fan is not there');
    seat.place = place;
    const joined = seat.packetMs / PLAYED_MS;
    await thread.ask({ kind: 'sit', stream: seat.stream.name, seat: nameOf(seat.leg), ...place, joined });
  }

  async #move(seat: Seat, place: Place): Promise<void> {
    seat.place = place;
    await this.#deps.thread()?.ask({ kind: 'move', seat: nameOf(seat.leg), to: place.to });
  }

  /** It may be in the middle of sitting down: `leave` comes after `sit` in the thread, and takes it back. Standing up twice is doing it once. */
  #stand(seat: Seat): Promise<void> {
    return (seat.standing ??= this.#standUp(seat));
  }

  async #standUp(seat: Seat): Promise<void> {
    this.#seats.remove(seat);
    // Music must not go on over voices.
    await this.#deps
      .thread()
      ?.ask({ kind: 'leave', seat: nameOf(seat.leg) })
      .catch(() => this.#deps.abandon());
    if (seat.stream !== undefined) this.#deps.streams.stood(seat.stream);
  }

  async #alone(seat: Seat): Promise<void> {
    if (seat.gone) return;
    // It was about to be brought over, and goes on hearing what it hears.
    if (seat.isPatient && seat.alone) return this.#stand(seat);
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
    const seats = this.#seats.all().filter(({ stream }) => stream?.name === name);
    const wanted = seats[0]?.wanted;
    this.#deps.log.warn({ ...wanted, why, seats: seats.length }, 'music is played to each listener alone');
    if (wanted !== undefined) this.#deps.entrance.rest(wanted);
    this.#deps.streams.end(name);
    for (const seat of seats) void this.#alone(seat);
  }
}
