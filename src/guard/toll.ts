/**
 * toll: who may call over a trunk, how many calls at once, and how many a day: what keeps a stolen password from costing a fortune.
 * Asked before a call is made and told when it is over. Which trunk a number goes to is main's knowledge.
 */
import type { Clock } from '#kit/clock.js';
import { Busy, DialForbidden } from '#kit/errors.js';
import type { GuardsConfig } from '#kit/guards-schema.js';
import { mayDial } from './dial-rules.js';

export type TollAsk = Readonly<{
  callId: string;
  /** The account at whose cost the call is made; absent: nobody of ours. */
  payer?: string | undefined;
  /** What goes out over trunks, as it was dialled. */
  outside: readonly Readonly<{ number: string; trunk: string }>[];
  /** The trunk it came from. */
  from?: string | undefined;
}>;

type Going = Readonly<{ payer?: string | undefined; trunks: readonly string[] }>;
type CallsConfig = GuardsConfig['calls'];
type Rules = CallsConfig['accounts'][number];

const DAY_MS = 86_400_000;
const LATER_SEC = 30;

export class Toll {
  readonly #clock: Clock;
  #config: CallsConfig;
  #rules: ReadonlyMap<string, Rules>;
  #trunkLimits: ReadonlyMap<string, number>;
  /** As many as there are calls, which have a limit of their own. */
  readonly #going = new Map<string, Going>();
  readonly #byPayer = new Map<string, number>();
  readonly #byTrunk = new Map<string, number>();
  #day = -1;
  /** Only accounts of ours are in it. */
  readonly #today = new Map<string, number>();

  constructor(config: CallsConfig, clock: Clock) {
    this.#clock = clock;
    this.#config = config;
    this.#rules = rulesOf(config);
    this.#trunkLimits = limitsOf(config);
  }

  /** New rules for new calls; what goes on is counted on. */
  configure(config: CallsConfig): void {
    this.#config = config;
    this.#rules = rulesOf(config);
    this.#trunkLimits = limitsOf(config);
  }

  get size(): number {
    return this.#going.size;
  }

  /** Counts the call, until `ended`. @throws DialForbidden, Busy: nothing was counted. */
  admit({ callId, payer, outside, from }: TollAsk): void {
    this.mayDial(
      payer,
      outside.map(({ number }) => number),
    );
    const trunks = [...outside.map(({ trunk }) => trunk), ...(from === undefined ? [] : [from])];
    for (const trunk of new Set(trunks)) {
      const limit = this.#trunkLimits.get(trunk);
      const wanted = trunks.filter((one) => one === trunk).length;
      if (limit !== undefined && (this.#byTrunk.get(trunk) ?? 0) + wanted > limit)
        throw new Busy(`the limit of ${limit} calls over trunk ${trunk} is reached (guards.yaml calls.trunks)`, LATER_SEC);
    }
    if (payer !== undefined) {
      this.#hasRoom(payer);
      if (outside.length > 0) this.#countToday(payer);
    }
    this.#count(callId, payer, trunks);
  }

  /** It was admitted in the program's last life: it takes its room, and is not judged again. */
  goesOn({ callId, payer, outside, from }: TollAsk, sinceMs: number): void {
    const trunks = [...outside.map(({ trunk }) => trunk), ...(from === undefined ? [] : [from])];
    const today = Math.floor(this.#clock.now() / DAY_MS);
    if (payer !== undefined && outside.length > 0 && Math.floor(sinceMs / DAY_MS) === today) this.#oneMoreToday(payer, today);
    this.#count(callId, payer, trunks);
  }

  #count(callId: string, payer: string | undefined, trunks: readonly string[]): void {
    if (payer !== undefined) this.#byPayer.set(payer, (this.#byPayer.get(payer) ?? 0) + 1);
    for (const trunk of trunks) this.#byTrunk.set(trunk, (this.#byTrunk.get(trunk) ?? 0) + 1);
    this.#going.set(callId, { payer, trunks });
  }

  #oneMoreToday(payer: string, day: number): void {
    if (day !== this.#day) this.#today.clear();
    this.#day = day;
    this.#today.set(payer, (this.#today.get(payer) ?? 0) + 1);
  }

  /** Telling it twice is telling it once. */
  ended(callId: string): void {
    const going = this.#going.get(callId);
    if (going === undefined) return;
    this.#going.delete(callId);
    if (going.payer !== undefined) oneLess(this.#byPayer, going.payer);
    for (const trunk of going.trunks) oneLess(this.#byTrunk, trunk);
  }

  /** Judges and counts nothing. @param outside numbers that are reached over a trunk. @throws DialForbidden */
  mayDial(payer: string | undefined, outside: readonly string[]): void {
    const rules = payer === undefined ? undefined : this.#rules.get(payer);
    for (const number of outside) {
      if (!mayDial(number, { allow: [], deny: this.#config.deny })) throw new DialForbidden(number);
      if (rules !== undefined && !mayDial(number, rules)) throw new DialForbidden(number);
    }
  }

  #hasRoom(payer: string): void {
    const limit = this.#rules.get(payer)?.concurrent ?? this.#config.perAccount.concurrent;
    if (limit !== 0 && (this.#byPayer.get(payer) ?? 0) >= limit)
      throw new Busy(`the limit of ${limit} calls of ${payer} at once is reached (guards.yaml calls)`, LATER_SEC);
  }

  #countToday(payer: string): void {
    const nowMs = this.#clock.now();
    const day = Math.floor(nowMs / DAY_MS);
    if (day !== this.#day) this.#today.clear();
    this.#day = day;
    const limit = this.#rules.get(payer)?.outsidePerDay ?? this.#config.perAccount.outsidePerDay;
    const made = this.#today.get(payer) ?? 0;
    if (limit !== 0 && made >= limit) {
      const leftSec = Math.ceil(((day + 1) * DAY_MS - nowMs) / 1000);
      throw new Busy(`the limit of ${limit} calls of ${payer} a day is reached (guards.yaml calls)`, leftSec);
    }
    this.#today.set(payer, made + 1);
  }
}

const rulesOf = ({ accounts }: CallsConfig): ReadonlyMap<string, Rules> => new Map(accounts.map((one) => [one.number, one]));
const limitsOf = ({ trunks }: CallsConfig): ReadonlyMap<string, number> =>
  new Map(trunks.map(({ name, concurrent }) => [name, concurrent]));

function oneLess(counts: Map<string, number>, key: string): void {
  const left = (counts.get(key) ?? 0) - 1;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
}
