/**
 * password-watch: who failed at a password, from where and at whose, and who looks for numbers; and how often an account may ask.
 * Judging passwords is digest-guard's; keeping a banned address out unread is the door's, which is told here.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#kit/clock.js';
import type { GuardsConfig } from '#kit/guards-schema.js';
import { AddressSet } from './address-set.js';
import { Bans, type BanLimits } from './bans.js';
import { Buckets } from './buckets.js';
import { networkOf } from './network-of.js';
import { Strangers } from './strangers.js';
import { Tellings } from './tellings.js';

export type WatchDeps = Readonly<{
  clock: Clock;
  /** Keeps this address out unread. */
  ban: (source: string, seconds: number) => void;
  /** A line for the log: addresses and reasons, never what was offered as a password or as a name. */
  tell: (facts: Readonly<Record<string, string | number>>, text: string) => void;
}>;

type WatchConfig = Pick<GuardsConfig, 'addresses' | 'bans' | 'rates'>;

export class PasswordWatch {
  readonly #deps: WatchDeps;
  readonly #sources: Bans;
  readonly #accounts: Bans;
  readonly #strangers: Strangers;
  #trusted: AddressSet;
  #invites: Buckets;
  #registers: Buckets;
  readonly #tellings = new Tellings();
  /** Who was right before, and from where: guesses from elsewhere do not keep them out. */
  readonly #welcome = new Set<string>();
  readonly #mostWelcome: number;

  constructor(config: WatchConfig, trunks: readonly string[], deps: WatchDeps) {
    const { bans, rates, addresses } = config;
    const limits: BanLimits = {
      failures: bans.failures,
      windowMs: bans.windowSeconds * 1000,
      firstMs: bans.firstSeconds * 1000,
      longestMs: bans.longestSeconds * 1000,
      remembered: bans.remembered,
    };
    this.#deps = deps;
    this.#sources = new Bans(limits);
    this.#accounts = new Bans({ ...limits, failures: bans.accountFailures });
    this.#strangers = new Strangers({ numbers: bans.unprovenNumbers, windowMs: limits.windowMs, remembered: bans.remembered });
    this.#trusted = new AddressSet([...addresses.trusted, ...trunks], 'addresses.trusted');
    this.#invites = new Buckets(rates.accountInvite, rates.remembered);
    this.#registers = new Buckets(rates.accountRegister, rates.remembered);
    this.#mostWelcome = bans.remembered;
  }

  /** Other rates and trusted networks from now on; who is banned stays so, and how bans are counted waits for a restart. @throws ConfigError, and nothing has changed. */
  configure({ addresses, rates }: WatchConfig, trunks: readonly string[]): void {
    this.#trusted = new AddressSet([...addresses.trusted, ...trunks], 'addresses.trusted');
    this.#invites = new Buckets(rates.accountInvite, rates.remembered);
    this.#registers = new Buckets(rates.accountRegister, rates.remembered);
  }

  /** Seconds for which a password offered from there for this name is not looked at. A name that nobody has is treated alike. */
  refuses(source: string, username: string): number | undefined {
    if (this.#trusted.has(source)) return undefined;
    const [from, nowMs] = [networkOf(source), this.#deps.clock.now()];
    const banned = this.#sources.left(from, nowMs);
    if (banned !== undefined) return banned;
    return this.#welcome.has(`${from} ${print(username)}`) ? undefined : this.#accounts.left(print(username), nowMs);
  }

  failed(source: string, username: string): void {
    if (this.#trusted.has(source)) return;
    const nowMs = this.#deps.clock.now();
    this.#banned(source, this.#sources.fail(networkOf(source), nowMs), 'wrong passwords');
    if (this.#welcome.has(`${networkOf(source)} ${print(username)}`)) return;
    const seconds = this.#accounts.fail(print(username), nowMs);
    if (seconds === undefined || this.#tellings.say('account', nowMs) === undefined) return;
    this.#deps.tell({ seconds }, 'passwords of an account are guessed at; strangers are not heard for it');
  }

  proved(source: string, username: string): void {
    const from = networkOf(source);
    const known = `${from} ${print(username)}`;
    this.#strangers.proves(from, username);
    this.#welcome.delete(known);
    this.#welcome.add(known);
    const [oldest] = this.#welcome;
    if (this.#welcome.size > this.#mostWelcome && oldest !== undefined) this.#welcome.delete(oldest);
  }

  /** A request without credentials, in the name of this number. */
  asked(source: string, number: string): void {
    if (this.#trusted.has(source)) return;
    const [from, nowMs] = [networkOf(source), this.#deps.clock.now()];
    if (this.#welcome.has(`${from} ${print(number)}`)) return;
    if (this.#strangers.asks(from, number, nowMs)) this.#banned(source, this.#sources.ban(from, nowMs), 'looks for numbers');
  }

  /** Seconds for Retry-After, when this account asks too often. */
  tooOften(method: string, number: string): number | undefined {
    const buckets = method === 'INVITE' ? this.#invites : method === 'REGISTER' ? this.#registers : undefined;
    const pour = buckets?.take(number, this.#deps.clock.now());
    if (pour === undefined || pour.kind === 'in') return undefined;
    if (this.#tellings.say(`${method} ${number}`, this.#deps.clock.now()) !== undefined)
      this.#deps.tell({ method, number }, 'an account asks too often');
    // Whose password is right gets an answer, however often: its phone would only ask again without one.
    return pour.kind === 'over' ? pour.retryAfterSec : LONG_SEC;
  }

  #banned(source: string, seconds: number | undefined, why: string): void {
    if (seconds === undefined) return;
    this.#deps.ban(source, seconds);
    this.#deps.tell({ source, seconds, why }, 'an address is kept out');
  }
}

const LONG_SEC = 60;

/** A user name may be as long as a header, and it may be a password that somebody typed into the wrong field. */
const print = (username: string): string => createHash('sha256').update(username).digest('base64');
