/**
 * password-watch: who failed at a password, from where and at whose, and who looks for numbers; and how often an account may ask.
 * Judging passwords is digest-guard's; keeping a banned address out unread is the door's, which is told here.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '#kit/clock.js';
import { forgetOldest } from '#kit/forget-oldest.js';
import type { GuardsConfig } from '#kit/guards-schema.js';
import { AddressSet } from './address-set.js';
import { Bans, type Ban, type BanLimits } from './bans.js';
import { Buckets } from './buckets.js';
import { flowOf, KnownFlows } from './known-flows.js';
import { networkOf } from './network-of.js';
import { Strangers } from './strangers.js';
import { Tellings } from './tellings.js';

export type WatchDeps = Readonly<{
  clock: Clock;
  /** Keeps this address out unread. */
  ban: (source: string, seconds: number) => void;
  lift: (source: string) => void;
  /** A password was proved from there: whatever its neighbours do, it is read. */
  welcome: (source: string, port: number) => void;
  /** A line for the log: addresses and reasons, never what was offered as a password or as a name. */
  tell: (facts: Readonly<Record<string, string | number>>, text: string) => void;
}>;

type WatchConfig = Pick<GuardsConfig, 'addresses' | 'bans' | 'rates'>;

export class PasswordWatch {
  readonly #deps: WatchDeps;
  readonly #sources: Bans;
  readonly #accounts: Bans;
  /** One address at one account: while the account is guessed at, everybody new has two tries all the same. */
  readonly #pairs: Bans;
  readonly #known: KnownFlows;
  readonly #strangers: Strangers;
  #trusted: AddressSet;
  #invites: Buckets;
  #registers: Buckets;
  readonly #tellings = new Tellings();
  /** Who was right before, and from where: guesses from elsewhere do not keep them out. */
  readonly #welcome = new Set<string>();
  #mostWelcome: number;
  /** Two reasons there are. */
  readonly #counts = new Map<string, number>();

  constructor(config: WatchConfig, trunks: readonly string[], deps: WatchDeps) {
    const { bans, rates, addresses } = config;
    const limits = limitsOf(bans);
    this.#deps = deps;
    this.#sources = new Bans(limits.sources);
    this.#accounts = new Bans(limits.accounts);
    this.#pairs = new Bans(limits.pairs);
    this.#known = new KnownFlows(bans.remembered);
    this.#strangers = new Strangers(limits.strangers);
    this.#trusted = new AddressSet([...addresses.trusted, ...trunks], 'addresses.trusted');
    this.#invites = new Buckets(rates.accountInvite, rates.remembered);
    this.#registers = new Buckets(rates.accountRegister, rates.remembered);
    this.#mostWelcome = 2 * bans.remembered;
  }

  /** Other rules from now on; what was counted counts, and who is banned stays so. @throws ConfigError, and nothing has changed. */
  configure({ addresses, bans, rates }: WatchConfig, trunks: readonly string[]): void {
    this.#trusted = new AddressSet([...addresses.trusted, ...trunks], 'addresses.trusted');
    this.#invites = new Buckets(rates.accountInvite, rates.remembered);
    this.#registers = new Buckets(rates.accountRegister, rates.remembered);
    const limits = limitsOf(bans);
    this.#sources.configure(limits.sources);
    this.#accounts.configure(limits.accounts);
    this.#pairs.configure(limits.pairs);
    this.#known.configure(bans.remembered);
    this.#strangers.configure(limits.strangers);
    this.#mostWelcome = 2 * bans.remembered;
  }

  /** Seconds for which a password offered from there for this name is not looked at. A name that nobody has is treated alike. */
  refuses(source: string, username: string, port: number): number | undefined {
    if (this.#trusted.has(source)) return undefined;
    const [from, who, nowMs] = [networkOf(source), print(username), this.#deps.clock.now()];
    // The same phone from the same port: another one behind its NAT may do what it likes.
    if (this.#welcome.has(`${flowOf(source, port)} ${who}`)) return undefined;
    const banned = this.#sources.left(from, nowMs);
    if (banned !== undefined) return banned;
    if (this.#welcome.has(`${from} ${who}`)) return undefined;
    // Who owns the account and comes from a new place knows the password at the first try: it is never locked out.
    const guessedAt = this.#accounts.left(who, nowMs);
    return guessedAt === undefined || this.#pairs.left(`${from} ${who}`, nowMs) === undefined ? undefined : guessedAt;
  }

  failed(source: string, username: string): void {
    if (this.#trusted.has(source)) return;
    const [from, who, nowMs] = [networkOf(source), print(username), this.#deps.clock.now()];
    this.#banned(source, this.#sources.fail(from, nowMs), 'wrong passwords');
    if (this.#welcome.has(`${from} ${who}`)) return;
    this.#pairs.fail(`${from} ${who}`, nowMs);
    const seconds = this.#accounts.fail(who, nowMs);
    if (seconds === undefined || this.#tellings.say('account', nowMs) === undefined) return;
    this.#deps.tell({ event: 'guard.account', seconds }, 'passwords of an account are guessed at; strangers have two tries');
  }

  proved(source: string, username: string, port: number): void {
    const [from, who, nowMs] = [networkOf(source), print(username), this.#deps.clock.now()];
    this.#strangers.proves(from, username);
    for (const place of [from, flowOf(source, port)]) this.#remember(`${place} ${who}`);
    if (!this.#trusted.has(source) && this.#known.add(source, port, nowMs)) this.#deps.welcome(source, port);
  }

  /** A request without credentials, in the name of this number, over a connection: a datagram proves no address, and is not counted. */
  asked(source: string, number: string): void {
    if (this.#trusted.has(source)) return;
    const [from, nowMs] = [networkOf(source), this.#deps.clock.now()];
    if (this.#welcome.has(`${from} ${print(number)}`)) return;
    if (this.#strangers.asks(from, number, nowMs)) this.#banned(source, this.#sources.ban(from, nowMs), 'looks for numbers');
  }

  /** How many addresses were banned, by the reason. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  bans(): readonly Ban[] {
    return this.#sources.list(this.#deps.clock.now()).map((ban) => ({ ...ban, who: written(ban.who) }));
  }

  /** @param source an address, or a network as `bans` writes it. @returns false: it was not out. */
  lift(source: string): boolean {
    const who = networkOf(source.replace(/\/64$/, ''));
    if (this.#sources.left(who, this.#deps.clock.now()) === undefined) return false;
    this.#sources.clear(who);
    this.#deps.lift(source.replace(/\/64$/, ''));
    this.#deps.tell({ event: 'guard.lifted', source: written(who) }, 'a ban was lifted');
    return true;
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
    this.#counts.set(why, (this.#counts.get(why) ?? 0) + 1);
    this.#deps.tell({ event: 'guard.banned', source, seconds, why }, 'an address is kept out');
  }

  #remember(place: string): void {
    this.#welcome.delete(place);
    this.#welcome.add(place);
    forgetOldest(this.#welcome, this.#mostWelcome);
  }
}

const LONG_SEC = 60;
/** Of an address at an account that is being guessed at: typing errors happen. */
const TRIES = 2;

/** From the words of the file. */
function limitsOf(bans: WatchConfig['bans']) {
  const { failures, accountFailures, unprovenNumbers, remembered } = bans;
  const windowMs = bans.windowSeconds * 1000;
  const sources: BanLimits = {
    failures,
    windowMs,
    firstMs: bans.firstSeconds * 1000,
    longestMs: bans.longestSeconds * 1000,
    remembered,
  };
  return {
    sources,
    accounts: { ...sources, failures: accountFailures },
    pairs: { ...sources, failures: TRIES, windowMs: sources.longestMs },
    strangers: { numbers: unprovenNumbers, windowMs, remembered },
  };
}

/** RFC 4291: what is remembered of IPv6 is the network. */
const written = (who: string): string => (who.includes(':') ? `${who}::/64` : who);

/** A user name may be as long as a header, and it may be a password that somebody typed into the wrong field. */
const print = (username: string): string => createHash('sha256').update(username).digest('base64');
