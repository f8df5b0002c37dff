/**
 * entrance: who may share a stream of music, and one of packets of which length. Those who sit keep what they have, however many come and go.
 */
import type { LegId } from '#calls/ports.js';
import type { Clock } from '#kit/clock.js';
import { Crowd } from './crowd.js';
import { LONG_MS, type Sharing } from './place.js';
import type { Wanted } from './streams.js';

export type EntranceDeps = Readonly<{
  /** So many listeners of a class are a crowd; 0: never. */
  from: (music: string) => number;
  /** From so many on those who come are sent packets of `LONG_MS`, if their phones take them; 0: never. */
  longFrom: number;
  /** Of the others. */
  packetMs: number;
  clock: Clock;
}>;

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

  /** @returns what it shares from now on; undefined: nothing. It is one of the crowd all the same. */
  join(leg: LegId, music: string, { codec, long }: Sharing): Wanted | undefined {
    const shared = sharedBy({ music, codec });
    const size = this.#crowd.come(nameOf(leg), music, shared);
    if (size === 'few' || this.#rests(shared)) return undefined;
    return { music, codec, packetMs: size === 'very-many' && long ? LONG_MS : this.#deps.packetMs };
  }

  /** Whether one that hears this can go on hearing it: packets keep their length unless its phone does not take them any more. */
  fits(wanted: Wanted, music: string, sharing: Sharing | undefined): boolean {
    if (music !== wanted.music || sharing?.codec !== wanted.codec) return false;
    return sharing.long || wanted.packetMs <= this.#deps.packetMs;
  }

  left(leg: LegId): void {
    this.#crowd.go(nameOf(leg));
  }

  rest(wanted: Wanted): void {
    this.#resting.set(sharedBy(wanted), this.#deps.clock.now() + REST_MS);
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

/** What a crowd is made of: those who could hear the same, in packets of whatever length. */
const sharedBy = ({ music, codec }: Pick<Wanted, 'music' | 'codec'>): string => `${music} ${codec}`;
