/**
 * ask-rate: how often one address may ask of a server: HTTP, for one. What a refusal looks like is the server's business.
 */
import type { Clock } from '#kit/clock.js';
import { AddressSet } from './address-set.js';
import { Buckets, type Rate } from './buckets.js';
import { networkOf } from './network-of.js';

export class AskRate {
  readonly #clock: Clock;
  #trusted: AddressSet;
  #buckets: Buckets;

  /** @throws ConfigError when a network cannot be read. */
  constructor(rate: Rate, trusted: readonly string[], remembered: number, clock: Clock) {
    this.#clock = clock;
    this.#trusted = new AddressSet(trusted, 'addresses.trusted');
    this.#buckets = new Buckets(rate, remembered);
  }

  /** Another rate from now on; every bucket is full again. @throws ConfigError, and nothing has changed. */
  configure(rate: Rate, trusted: readonly string[], remembered: number): void {
    this.#trusted = new AddressSet(trusted, 'addresses.trusted');
    this.#buckets = new Buckets(rate, remembered);
  }

  /** Seconds for Retry-After; undefined: it may ask. */
  refuses(source: string): number | undefined {
    if (this.#trusted.has(source)) return undefined;
    const pour = this.#buckets.take(networkOf(source), this.#clock.now());
    if (pour.kind === 'in') return undefined;
    return pour.kind === 'over' ? pour.retryAfterSec : LONG_SEC;
  }
}

const LONG_SEC = 60;
