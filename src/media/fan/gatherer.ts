/**
 * gatherer: when a crowd of listeners is big, brings over those who came before it was: who was alone sits down, who sits is sent long packets.
 * Music is never heard twice, and nothing that is said to one is cut off.
 */
import type { LegId } from '#calls/ports.js';
import type { Player } from '../player.js';
import { Early } from './early.js';
import { nameOf, type Entrance } from './entrance.js';
import { PLAYED_MS } from './place.js';
import type { SaidAndTold } from './said.js';
import { Seat, type Music, type Seats } from './seats.js';
import { keyOf, type Wanted } from './streams.js';
import type { FanThread } from './thread.js';

/** How sitting down ended; `spoken-to`: it goes on hearing what is said to it, and its music after that. */
export type SatDown = 'sits' | 'cannot' | 'spoken-to';

export type GathererDeps = Readonly<{
  thread: () => Pick<FanThread, 'ask'> | undefined;
  said: Pick<SaidAndTold, 'sharingOf'>;
  player: Pick<Player, 'hears'>;
  entrance: Pick<Entrance, 'isBig' | 'packetMsOf'>;
  seats: Seats;
  seatLimit: number;
  /** Never rejects. */
  sitsDown: (seat: Seat) => Promise<SatDown>;
  alone: (seat: Seat) => Promise<void>;
  stand: (seat: Seat) => Promise<void>;
}>;

type Comer = Readonly<{ leg: LegId; wanted: Wanted; sound: Music; seat?: Seat }>;
/** `begun`: what is played to it alone is heard by now. */
type Waiting = Comer & { begun: boolean };

export class Gatherer {
  readonly #deps: GathererDeps;
  readonly #early = new Early<Waiting>();

  constructor(deps: GathererDeps) {
    this.#deps = deps;
  }

  /** It comes while the crowd is small, or finds no seat. */
  add(comer: Comer): void {
    this.#wait({ ...comer, begun: false });
  }

  /** What is played to it alone is heard from now on. */
  begun(leg: LegId): void {
    const waiting = this.#early.get(nameOf(leg));
    if (waiting !== undefined) waiting.begun = true;
  }

  left(leg: LegId): void {
    this.#early.remove(nameOf(leg));
  }

  clear(): void {
    this.#early.clear();
  }

  /** The crowd is big: who came before shares its packets, as far as its phone takes them. */
  gather(wanted: Wanted): void {
    const { said, entrance } = this.#deps;
    for (const waiting of this.#early.take(keyOf(wanted))) {
      const sharing = said.sharingOf(waiting.leg.callId, waiting.leg.role);
      if (sharing?.codec !== wanted.codec) continue;
      const packetMs = entrance.packetMsOf(sharing);
      if (waiting.seat === undefined) void this.#bringOver(waiting, packetMs);
      else void this.#pack(waiting.seat, packetMs);
    }
  }

  /** Those who could not be brought over when somebody came. */
  gatherAll(): void {
    for (const { wanted } of this.#early.oneOfEach()) if (this.#deps.entrance.isBig(wanted)) this.gather(wanted);
  }

  #wait(waiting: Waiting): void {
    this.#early.add(keyOf(waiting.wanted), nameOf(waiting.leg), waiting);
  }

  async #bringOver(waiting: Waiting, packetMs: number): Promise<void> {
    const { player, thread, seats, seatLimit, sitsDown, alone, stand } = this.#deps;
    const { leg, wanted, sound, begun } = waiting;
    // Music that is only about to begin could not be ended: it is brought over with the next who comes, or a second later.
    const isReady = begun && player.hears(leg.callId, leg.role) === 'sound' && thread() !== undefined && seats.size < seatLimit;
    if (!isReady) return this.#wait(waiting);
    const seat = new Seat({ leg, wanted, sound, packetMs, alone: true, isPatient: true });
    seats.add(seat);
    const satDown = await sitsDown(seat);
    if (satDown === 'sits' || seat.gone) return;
    // Its own music may have ended before it had another.
    if (!seat.alone) return alone(seat);
    if (satDown === 'spoken-to') this.#wait(waiting);
    await stand(seat);
  }

  async #pack(seat: Seat, packetMs: number): Promise<void> {
    const { thread, alone } = this.#deps;
    if (seat.gone || seat.packetMs >= packetMs) return;
    seat.packetMs = packetMs;
    if (seat.place === undefined) return; // it is told when it sits down
    await thread()
      ?.ask({ kind: 'pack', seat: nameOf(seat.leg), joined: packetMs / PLAYED_MS })
      .catch(() => alone(seat));
  }
}
