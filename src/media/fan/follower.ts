/**
 * follower: listeners who share music are sent to where their phones are, and rtpengine knows that best: it is asked after every answer that
 * may have changed something, and about each call with a seat once in ten seconds.
 */
import type { LegId } from '#calls/ports.js';
import type { Clock, Timer } from '#kit/clock.js';
import { MediaGone } from '#kit/errors.js';
import type { Logger } from '#kit/log.js';
import type { NgReply } from '../ng-client.js';
import type { NgCommands } from '../ng-commands.js';
import { placeOf, type Place } from './place.js';
import { isSame, type Seat, type Seats } from './seats.js';

type CallId = LegId['callId'];

export type FollowerDeps = Readonly<{
  seats: Seats;
  ng: Pick<NgCommands, 'query'>;
  /** From another port of rtpengine's. */
  sit: (seat: Seat, place: Place) => Promise<void>;
  /** To another address. */
  move: (seat: Seat, place: Place) => Promise<void>;
  /** It cannot share any more. */
  alone: (seat: Seat) => Promise<void>;
  /** Its call is gone. */
  stand: (seat: Seat) => Promise<void>;
  /** Another second has passed in which somebody sat. */
  looked: () => void;
  clock: Clock;
  log: Logger;
}>;

/** Seconds in which all have been looked at once. */
const LOOK_EVERY = 10;
const LOOK_MS = 1000;

export class Follower {
  readonly #deps: FollowerDeps;
  /** Both parties of a call are asked for together. */
  readonly #queries = new Map<CallId, Promise<NgReply>>();
  #looking: Timer | undefined;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Looks now and then for as long as anybody sits. Starting twice is starting once. */
  start(): void {
    this.#looking ??= this.#lookLater();
  }

  stop(): void {
    this.#looking?.cancel();
    this.#looking = undefined;
  }

  query(callId: CallId): Promise<NgReply> {
    const under = this.#queries.get(callId);
    if (under !== undefined) return under;
    const query = this.#deps.ng.query(callId).finally(() => this.#queries.delete(callId));
    this.#queries.set(callId, query);
    return query;
  }

  /** The phones of a call may be somewhere else now. */
  async moved(callId: CallId): Promise<void> {
    const seats = this.#deps.seats.of(callId);
    if (seats.length === 0) return;
    try {
      const reply = await this.query(callId);
      await Promise.all(seats.map((seat) => this.#follow(seat, placeOf(reply, seat.leg.role))));
    } catch (error) {
      if (error instanceof MediaGone) for (const seat of seats) void this.#deps.stand(seat);
    }
  }

  async #follow(seat: Seat, place: Place | undefined): Promise<void> {
    const { sit, move, alone, log } = this.#deps;
    if (seat.gone) return;
    if (place === undefined) return alone(seat);
    const { place: before, stream } = seat;
    if (before === undefined || stream === undefined) return;
    try {
      // Where rtpengine has begun the call anew its old port is nobody's, or another call's.
      if (!isSame(before.from, place.from)) return await sit(seat, place);
      if (!isSame(before.to, place.to)) await move(seat, place);
    } catch (error) {
      log.debug({ ...seat.leg, err: error }, 'a seat at the music could not follow its phone');
      await alone(seat);
    }
  }

  #lookLater(): Timer {
    const { clock, seats } = this.#deps;
    return clock.after('look where listeners are', LOOK_MS, () => {
      this.#looking = seats.size === 0 ? undefined : this.#lookLater();
      for (const callId of new Set(seats.nextOnes(1 / LOOK_EVERY).map(({ leg }) => leg.callId))) void this.moved(callId);
      this.#deps.looked();
    });
  }
}
