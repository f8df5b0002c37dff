/**
 * seats: who has a place at a stream of music, and what is known of each place. Whom nobody has looked at for longest is first.
 */
import type { LegId, PlayedSound, SocketAddress } from '#calls/ports.js';
import { nameOf } from './entrance.js';
import type { Place } from './place.js';
import type { Stream, Wanted } from './streams.js';

export type Music = Extract<PlayedSound, { kind: 'music' }>;

type NewSeat = Pick<Seat, 'leg' | 'wanted' | 'packetMs' | 'sound' | 'alone'> & Partial<Pick<Seat, 'isPatient'>>;

export class Seat {
  readonly leg: LegId;
  readonly wanted: Wanted;
  packetMs: number;
  sound: Music;
  stream: Stream | undefined;
  /** What the copier was last told; undefined: it is not sitting yet. */
  place: Place | undefined;
  /** It still hears what is played to it alone. */
  alone: boolean;
  /** It is not taken from what is said to it. */
  readonly isPatient: boolean;
  /** That ends; false: it may not have. */
  hushing: Promise<boolean> | undefined;
  /** It is given up; resolves when nothing more is sent to it. */
  standing: Promise<void> | undefined;

  constructor({ leg, wanted, packetMs, sound, alone, isPatient = false }: NewSeat) {
    this.leg = leg;
    this.wanted = wanted;
    this.packetMs = packetMs;
    this.sound = sound;
    this.alone = alone;
    this.isPatient = isPatient;
  }

  get gone(): boolean {
    return this.standing !== undefined;
  }
}

export class Seats {
  readonly #seats = new Map<string, Seat>();

  get size(): number {
    return this.#seats.size;
  }

  get(leg: LegId): Seat | undefined {
    return this.#seats.get(nameOf(leg));
  }

  add(seat: Seat): void {
    this.#seats.set(nameOf(seat.leg), seat);
  }

  /** Unless its party has another seat by now. */
  remove(seat: Seat): void {
    const name = nameOf(seat.leg);
    if (this.#seats.get(name) === seat) this.#seats.delete(name);
  }

  of(callId: LegId['callId']): readonly Seat[] {
    const seats = [this.get({ callId, role: 'caller' }), this.get({ callId, role: 'callee' })];
    return seats.filter((seat) => seat !== undefined);
  }

  named(name: string): Seat | undefined {
    return this.#seats.get(name);
  }

  all(): readonly Seat[] {
    return [...this.#seats.values()];
  }

  /** @param share so many of all, rounded up; they are last from now on. */
  nextOnes(share: number): readonly Seat[] {
    const due = [...this.#seats.entries()].slice(0, Math.ceil(this.#seats.size * share));
    for (const [name, seat] of due) {
      this.#seats.delete(name);
      this.#seats.set(name, seat);
    }
    return due.map(([, seat]) => seat);
  }
}

/** Whether both are the same place, so that nothing has to be told. */
export const isSame = (one: SocketAddress, other: SocketAddress): boolean =>
  one.address === other.address && one.port === other.port;
