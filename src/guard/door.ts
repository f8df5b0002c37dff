/**
 * door: what is let in, refused, or not even answered, before anything is kept of it. Stands in the engine where the engine is ours;
 * who failed at a password is told to it from elsewhere (`ban`). Knows no SIP but the names of methods.
 */
import type { Clock } from '#kit/clock.js';
import type { GuardsConfig } from '#kit/guards-schema.js';
import { AddressSet } from './address-set.js';
import { Bans, type BanLimits } from './bans.js';
import { Buckets, type Pour } from './buckets.js';
import { flowOf, KnownFlows } from './known-flows.js';
import { networkOf } from './network-of.js';

export type Knock = Readonly<{
  method: string;
  source: string;
  port: number;
  /** Read only of strangers: it may be a getter that looks for it. */
  userAgent: string | undefined;
  /** It belongs to a call, or a dialog, that is there. */
  inCall: boolean;
}>;

export type DoorVerdict = Readonly<
  | { kind: 'in' }
  | { kind: 'refuse'; retryAfterSec: number; why: DoorReason }
  /** No answer: who gets one knows that somebody is there. */
  | { kind: 'drop'; why: DoorReason }
>;

export type DoorReason = 'denied' | 'banned' | 'scanner' | 'rate';

export type DoorConfig = Pick<GuardsConfig, 'addresses' | 'scanners' | 'bans' | 'rates'>;

const IN: DoorVerdict = { kind: 'in' };

export class Door {
  readonly #clock: Clock;
  readonly #deny: AddressSet;
  readonly #only: AddressSet;
  readonly #trusted: AddressSet;
  readonly #scanners: readonly string[];
  readonly #limits: BanLimits;
  readonly #bans: Bans;
  readonly #known: KnownFlows;
  readonly #invites: Buckets;
  readonly #registers: Buckets;
  readonly #others: Buckets;

  /** @param trunks sources that are trusted because they are a trunk's. @param before whose bans go on. @throws ConfigError when a network cannot be read. */
  constructor(config: DoorConfig, trunks: readonly string[], clock: Clock, before?: Door) {
    const { addresses, bans, rates } = config;
    this.#clock = clock;
    this.#deny = new AddressSet(addresses.deny, 'addresses.deny');
    this.#only = new AddressSet(addresses.only, 'addresses.only');
    this.#trusted = new AddressSet([...addresses.trusted, ...trunks], 'addresses.trusted');
    this.#scanners = config.scanners.map((one) => one.toLowerCase());
    // Failures are counted where passwords are judged.
    const [firstMs, longestMs] = [bans.firstSeconds * 1000, bans.longestSeconds * 1000];
    this.#limits = { failures: 0, windowMs: 0, firstMs, longestMs, remembered: bans.remembered };
    this.#bans = before === undefined ? new Bans(this.#limits) : before.#bans;
    this.#known = before === undefined ? new KnownFlows(bans.remembered) : before.#known;
    this.#invites = new Buckets(rates.invite, rates.remembered);
    this.#registers = new Buckets(rates.register, rates.remembered);
    this.#others = new Buckets(rates.other, rates.remembered);
  }

  /** It takes the place of the one before: what both know is kept within its limits. Until then the other's hold. */
  takesOver(): this {
    this.#bans.configure(this.#limits);
    this.#known.configure(this.#limits.remembered);
    return this;
  }

  /** Nothing from there is read, whatever it is. @param isAnswer to what was sent there: `only` says who may ask. */
  shuts(source: string, isAnswer = false): boolean {
    if (this.#deny.has(source)) return true;
    return !isAnswer && !this.#only.isEmpty && !this.#only.has(source) && !this.#trusted.has(source);
  }

  judge(knock: Knock): DoorVerdict {
    const { method, source, port, inCall } = knock;
    if (this.shuts(source)) return { kind: 'drop', why: 'denied' };
    if (this.#trusted.has(source)) return IN;
    // A call that is there goes on, whoever else at its address has done what.
    if (inCall) return IN;
    const [who, nowMs] = [networkOf(source), this.#clock.now()];
    // Who proved a password from this very port is not the neighbour that was banned, and has a bucket of its own.
    const isKnown = this.#known.has(source, port, nowMs);
    if (!isKnown && this.#bans.left(who, nowMs) !== undefined) return { kind: 'drop', why: 'banned' };
    // No ban follows: a datagram may be forged, and whose address it names is not to suffer for it.
    if (this.#isScanner(knock.userAgent)) return { kind: 'drop', why: 'scanner' };
    return verdictOf(this.#bucketsFor(method).take(isKnown ? flowOf(source, port) : who, nowMs));
  }

  /** It has no rates, and as many connections as there may be. */
  trusts(source: string): boolean {
    return this.#trusted.has(source);
  }

  /** Where passwords are judged, this address has failed once too often. */
  ban(source: string, seconds: number): void {
    this.#bans.banFor(networkOf(source), seconds * 1000, this.#clock.now());
  }

  lift(source: string): void {
    this.#bans.clear(networkOf(source));
  }

  /** Somebody proved a password from there. */
  welcome(source: string, port: number): void {
    this.#known.add(source, port, this.#clock.now());
  }

  #isScanner(userAgent: string | undefined): boolean {
    if (userAgent === undefined) return false;
    const name = userAgent.trim().toLowerCase();
    return this.#scanners.some((one) => name.startsWith(one));
  }

  #bucketsFor(method: string): Buckets {
    if (method === 'INVITE') return this.#invites;
    return method === 'REGISTER' ? this.#registers : this.#others;
  }
}

function verdictOf(pour: Pour): DoorVerdict {
  switch (pour.kind) {
    case 'in':
      return IN;
    case 'over':
      return { kind: 'refuse', retryAfterSec: pour.retryAfterSec, why: 'rate' };
    case 'much':
      return { kind: 'drop', why: 'rate' };
  }
}
