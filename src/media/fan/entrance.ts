/**
 * entrance: who may share a stream of music, and in packets of which length. A small crowd lets those who were there before it go on as they
 * are; a big one brings them over.
 */
import type { LegId } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { Crowd } from './crowd.js';
import { LONG_MS, type Sharing } from './place.js';
import { keyOf, type Wanted } from './streams.js';

export type EntranceDeps = Readonly<{
  /** So many listeners of a class are a crowd; 0: never. */
  from: (music: string) => number;
  /** From so many on all are sent packets of `LONG_MS`, if their phones take them; 0: never. */
  longFrom: number;
  /** Of the others. */
  packetMs: number;
  clock: Clock;
}>;

/** `isBig`: who came before is brought over. */
export type Entry = Readonly<{ packetMs: number; isBig: boolean }>;

/** A class whose stream fell silent is not shared again for so long. */
const REST_MS = 60_000;

export class Entrance {
  readonly #deps: EntranceDeps;
  readonly #crowd: Crowd;
  /** What fell silent, and until when nobody is to sit at it. */
  readonly #resting = new Map<string, number>();

  constructor(deps: EntranceDeps) {
    this.#deps = deps;
    this.#crowd = new Crowd({ many: deps.from, veryMany: deps.longFrom });
  }

  /** It is one of the crowd from now on, whatever it hears. @returns undefined: the crowd is small, or what it would share rests. */
  join(leg: LegId, wanted: Wanted, sharing: Sharing): Entry | undefined {
    const shared = keyOf(wanted);
    const size = this.#crowd.come(nameOf(leg), wanted.music, shared);
    if (this.#rests(shared) || size === 'few') return undefined;
    const isBig = size === 'very-many';
    return { packetMs: isBig ? this.packetMsOf(sharing) : this.#deps.packetMs, isBig };
  }

  /** Who came before it was is to be brought over. */
  isBig(wanted: Wanted): boolean {
    return this.#crowd.sizeOf(wanted.music, keyOf(wanted)) === 'very-many' && !this.#rests(keyOf(wanted));
  }

  /** In a big crowd. */
  packetMsOf({ long }: Sharing): number {
    return long ? Math.max(LONG_MS, this.#deps.packetMs) : this.#deps.packetMs;
  }

  /** Whether one that hears this in such packets can go on: they keep their length unless its phone does not take them any more. */
  fits(wanted: Wanted, packetMs: number, music: string, sharing: Sharing | undefined): boolean {
    if (music !== wanted.music || sharing?.codec !== wanted.codec) return false;
    return sharing.long || packetMs <= this.#deps.packetMs;
  }

  left(leg: LegId): void {
    this.#crowd.go(nameOf(leg));
  }

  rest(wanted: Wanted): void {
    this.#resting.set(keyOf(wanted), this.#deps.clock.now() + REST_MS);
  }

  /** What rests goes on resting. */
  clear(): void {
    this.#crowd.clear();
  }

  #rests(shared: string): boolean {
    if ((this.#resting.get(shared) ?? 0) > this.#deps.clock.now()) return true;
    this.#resting.delete(shared);
    return false;
  }
}

export const nameOf = ({ callId, role }: LegId): string => `${callId} ${role}`;
