/**
 * agent-session: one agent that is signed in: its desk, its state, its Guid and what it has not been told yet. Who may sign in, and
 * which events concern it: agents.ts.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Timer } from '#kit/clock.js';
import type { AgentState } from './agent-state.js';
import type { Desk } from './desk.js';
import { EventLine } from './event-line.js';

/** What an agent said when it signed in. */
export type SignInTerms = Readonly<{
  agent: string;
  phone: string;
  mode: AgentState['mode'];
  /** Its phone is asked to answer by itself when it places a call. */
  autoAnswer: boolean;
  autoIdle: boolean;
  /** It wants to be told of its phone's own hold key by another name. */
  phoneLinkage: boolean;
}>;

export type SessionLimits = Readonly<{ waitSeconds: number; pollSeconds: number; graceSeconds: number }>;

export class AgentSession<E> {
  readonly terms: SignInTerms;
  readonly signedInMs: number;
  readonly line: EventLine<E>;
  /** Interfaces that are being carried out, by name. */
  readonly underWay = new Set<string>();
  desk: Desk;
  state: AgentState;
  autoAnswer: boolean;
  phoneLinkage: boolean;
  #guid: string;
  /** Good until the next poll, for requests that crossed the last. */
  #before: string | undefined;
  #polls = false;
  #timer: Timer | undefined;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #expired: () => void;

  constructor(terms: SignInTerms, desk: Desk, guid: string, limits: SessionLimits, clock: Clock, expired: () => void) {
    this.terms = terms;
    this.desk = desk;
    this.state = { mode: terms.mode, inCall: false, autoIdle: terms.autoIdle };
    this.autoAnswer = terms.autoAnswer;
    this.phoneLinkage = terms.phoneLinkage;
    this.signedInMs = clock.now();
    this.line = new EventLine(clock, limits.waitSeconds * 1000);
    this.#guid = guid;
    this.#clock = clock;
    this.#limits = limits;
    this.#expired = expired;
    this.#watch();
  }

  get guid(): string {
    return this.#guid;
  }

  /** Takes the same time, whatever was offered. */
  knows(guid: string): boolean {
    const print = (text: string): Buffer => createHash('sha256').update(text).digest();
    const given = print(guid);
    const now = timingSafeEqual(print(this.#guid), given);
    const before = timingSafeEqual(print(this.#before ?? this.#guid), given);
    return now || before;
  }

  renew(guid: string, keepOld: boolean): void {
    this.#before = keepOld ? this.#guid : undefined;
    this.#guid = guid;
  }

  /** Any request of a client that was never seen to poll shows that it is there; of one that polls only its polls do. */
  seen(byPoll: boolean): void {
    if (byPoll) this.#polls = true;
    if (byPoll || !this.#polls) this.#watch();
  }

  /** Closing twice is closing once. */
  close(): void {
    this.#timer?.cancel();
    this.line.close();
  }

  #watch(): void {
    this.#timer?.cancel();
    const { pollSeconds, graceSeconds } = this.#limits;
    const ms = (this.#polls ? pollSeconds : graceSeconds) * 1000;
    this.#timer = this.#clock.after(`agent ${this.terms.agent} without a poll`, ms, this.#expired);
  }
}
