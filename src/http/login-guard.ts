/**
 * login-guard: what wrong credentials cost. Each refusal waits, longer for every one that its sender, or anybody with that user name,
 * has had before; so guessing is slow, and a program that has a wrong password does not keep the house busy.
 * Right credentials wait for nobody. Whether there is a user of that name changes nothing here. Who has which password: api-accounts.ts.
 */
import { createHash } from 'node:crypto';
import { networkOf } from '#guard/network-of.js';
import type { Clock, Timer } from '#kit/clock.js';
import { forgetOldest } from '#kit/forget-oldest.js';
import type { Offered } from './api-accounts.js';
import { Faults } from './login-faults.js';
import { CredentialsMissing, TooManyAttempts } from './refusals.js';

export type LoginLimits = Readonly<{
  /** After the first wrong one; each further one doubles it. Zero: none waits. */
  firstMs: number;
  maxMs: number;
  /** Without a wrong one for so long the delay halves. */
  forgetMs: number;
  /** Refusals that wait at once, of one address and of all; what is more is refused at once, and of an address that waits already, right ones are not told from wrong ones. */
  waitingPerAddress: number;
  waiting: number;
  /** Addresses, and user names, that are remembered. */
  remembered: number;
}>;

export const LOGIN_LIMITS: LoginLimits = {
  firstMs: 250,
  maxMs: 8000,
  forgetMs: 30_000,
  waitingPerAddress: 10,
  waiting: 200,
  remembered: 10_000,
};

export class LoginGuard {
  readonly #clock: Clock;
  readonly #limits: LoginLimits;
  readonly #byAddress: Faults;
  readonly #byUser: Faults;
  readonly #waiting = new Map<Timer, Readonly<{ lane: string; end: () => void }>>();
  /** Who was let in before, and from where: a flood of guesses from the same address does not keep them out. */
  readonly #welcome = new Set<string>();

  constructor(clock: Clock, limits: LoginLimits = LOGIN_LIMITS) {
    this.#clock = clock;
    this.#limits = limits;
    this.#byAddress = new Faults(limits);
    this.#byUser = new Faults(limits);
  }

  /**
   * @param source the address the request came from.
   * @param identify says who it is, or throws.
   * @throws what `identify` throws, later than it did; TooManyAttempts at once.
   */
  async admit(source: string, offered: Offered, identify: (offered: Offered) => string): Promise<string> {
    const address = networkOf(source);
    // After a restart many programs offer dead tokens at once; that keeps nobody from changing a password into a new one.
    const lane = `${offered.kind === 'token' ? 'token' : 'password'} ${address}`;
    const crowded = this.#crowded(address, lane);
    try {
      const identity = identify(offered);
      const known = `${address} ${identity}`;
      if (crowded && !this.#welcome.has(known)) throw new TooManyAttempts(this.#retryAfterSec());
      this.#remember(known);
      return identity;
    } catch (error) {
      // Who offers nothing guesses nothing: that is how programs ask what is wanted.
      if (error instanceof CredentialsMissing || error instanceof TooManyAttempts) throw error;
      await this.#pay(address, lane, offered, crowded || this.#waiting.size >= this.#limits.waiting);
      throw error;
    }
  }

  /** Refusals that wait are told at once. */
  close(): void {
    for (const [timer, { end }] of this.#waiting) {
      timer.cancel();
      end();
    }
    this.#waiting.clear();
  }

  #crowded(address: string, lane: string): boolean {
    const full = this.#waiting.size >= this.#limits.waiting;
    // A full house is no reason to turn away who has never been wrong.
    if (full && this.#byAddress.wasWrong(address, this.#clock.now())) return true;
    const waiting = [...this.#waiting.values()].filter((one) => one.lane === lane);
    return waiting.length >= this.#limits.waitingPerAddress;
  }

  async #pay(address: string, lane: string, offered: Offered, crowded: boolean): Promise<void> {
    const now = this.#clock.now();
    const forAddress = this.#byAddress.add(address, now);
    const forUser = offered.kind === 'password' ? this.#byUser.add(digest(offered.user), now) : 0;
    const ms = Math.max(forAddress, forUser);
    if (ms === 0) return;
    if (crowded) throw new TooManyAttempts(this.#retryAfterSec());
    // It waits to its end also when its sender has gone: hanging up buys no further guess.
    await new Promise<void>((end) => {
      const timer = this.#clock.after('wrong credentials', ms, () => {
        this.#waiting.delete(timer);
        end();
      });
      this.#waiting.set(timer, { lane, end });
    });
  }

  #remember(known: string): void {
    this.#welcome.delete(known);
    this.#welcome.add(known);
    forgetOldest(this.#welcome, this.#limits.remembered);
  }

  #retryAfterSec(): number {
    return Math.ceil(this.#limits.maxMs / 1000);
  }
}

/** Names may be as long as a header lets them, so their prints are kept. */
const digest = (user: string): string => createHash('sha256').update(user).digest('base64');
