/**
 * model-phone: a phone with a will of its own, as far as the core can notice: it rings, answers, offers, acknowledges late or
 * never, refuses, hangs up. Words travel in order on each leg and cross those of the other side. Which of its choices it takes
 * is decided by whoever drives it; the first choice is always the well-behaved one.
 */
import { answerTo, DIRECTIONS, type Direction } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import type { Input } from '#core/inputs.js';
import type { LegRole } from '#core/leg.js';

/** What is on its way to the phone. */
type Word =
  | Readonly<{ kind: 'invite'; late: boolean }>
  | Readonly<{ kind: 'accepted'; offered: Direction | undefined }>
  | Readonly<{ kind: 'reinvite'; offered: Direction }>
  | Readonly<{ kind: 'reinvite-accepted'; offered: Direction | undefined }>
  | Readonly<{ kind: 'reinvite-refused' }>
  | Readonly<{ kind: 'refresh' }>
  | Readonly<{ kind: 'over' }>;

/** @returns a number from 0 up to, but not including, `count`. */
export type Choose = (count: number) => number;

export type Action = Readonly<{ name: string; act: (choose: Choose) => void }>;

export class ModelPhone {
  /** Words on their way to us, oldest first. */
  readonly toServer: Input[] = [];
  readonly #toPhone: Word[] = [];
  readonly #leg: LegRole;
  #state: 'idle' | 'rings' | 'talks' | 'gone';
  #late = false;
  /** Its INVITE, or ours to it, has its 2xx. */
  #answered: boolean;
  /** Its own re-INVITE has no final answer. */
  #asked = false;
  /** An ACK it has not sent yet. */
  #ack: Input | undefined;
  /** What it wants of the call itself: what it last offered. */
  #wish: Direction = 'sendrecv';

  constructor(leg: LegRole, state: 'idle' | 'talks') {
    this.#leg = leg;
    this.#state = state;
    this.#answered = state === 'talks';
  }

  get gone(): boolean {
    return this.#state === 'gone';
  }

  /** What the server sends it, taken from the effects. */
  receives(effect: Effect, answerFailed: boolean): void {
    if (!('leg' in effect) && effect.kind !== 'accept') return;
    switch (effect.kind) {
      case 'dial':
        return void this.#toPhone.push({ kind: 'invite', late: effect.offer === 'none' });
      case 'accept':
        return void this.#toPhone.push({ kind: 'accepted', offered: effect.direction });
      case 'send-reinvite':
        return void this.#toPhone.push({ kind: 'reinvite', offered: effect.direction });
      case 'answer-reinvite': {
        const offered = effect.ourOffer ? effect.direction : undefined;
        return void this.#toPhone.push(answerFailed ? { kind: 'reinvite-refused' } : { kind: 'reinvite-accepted', offered });
      }
      case 'refuse-reinvite':
        return void this.#toPhone.push({ kind: 'reinvite-refused' });
      case 'send-refresh':
        return void this.#toPhone.push({ kind: 'refresh' });
      case 'refuse':
      case 'cancel':
      case 'send-bye':
        return void this.#toPhone.push({ kind: 'over' });
      default:
        return;
    }
  }

  /** Places the INVITE that makes the call; without a direction a late offer. */
  calls(direction: Direction | undefined): void {
    this.#state = 'talks';
    this.#late = direction === undefined;
    this.toServer.push({ kind: 'invite.received', offered: direction, callee: 'reachable' });
  }

  /** What must happen for the call to come to rest: everything but what a phone does of its own will. */
  duties(): Action[] {
    const duties: Action[] = [];
    const word = this.#toPhone[0];
    if (word !== undefined) {
      duties.push({ name: `the ${this.#leg} hears ${word.kind}`, act: (choose) => this.#hears(choose) });
    }
    if (this.#state === 'rings') duties.push({ name: `the ${this.#leg} picks up`, act: (choose) => this.#picksUp(choose) });
    if (this.#ack !== undefined) duties.push({ name: `the ${this.#leg} acknowledges`, act: () => this.#acknowledges() });
    return duties;
  }

  /** What it may do when it likes. */
  whims(): Action[] {
    const leg = this.#leg;
    if (this.#state !== 'talks') return [];
    const offer = (name: string, direction: Direction | undefined): Action => ({
      name: `the ${leg} offers ${name}`,
      act: () => this.#offers(direction),
    });
    const offers = DIRECTIONS.map((direction) => offer(direction, direction));
    // Before the answer a phone can say UPDATE alone, and that without an offer asks for nothing (RFC 3311 §5.1).
    if (this.#answered) offers.push(offer('nothing and asks', undefined));
    const refresh: Action = { name: `the ${leg} refreshes its session`, act: (choose) => this.#agrees(choose) };
    // A second re-INVITE before the first is over is against RFC 3261 §14.1, and phones do it all the same, if seldom.
    return this.#asked || this.#ack !== undefined ? offers.slice(1, 2) : [...offers, refresh];
  }

  hangsUp(): Action {
    return {
      name: `the ${this.#leg} hangs up`,
      act: () => {
        if (this.#state === 'talks') this.toServer.push({ kind: 'bye.received', leg: this.#leg });
        if (this.#state === 'rings') this.toServer.push({ kind: 'leg.refused', leg: this.#leg, status: 603, reason: 'Decline' });
        if (this.#state !== 'idle') this.#state = 'gone';
      },
    };
  }

  /** It takes the call back, if it is still in one. */
  letsGo(): void {
    if (this.#state === 'talks') this.#offers('sendrecv');
  }

  #offers(direction: Direction | undefined): void {
    this.#asked = true;
    this.#wish = direction ?? this.#wish;
    this.toServer.push({ kind: 'reinvite.received', leg: this.#leg, direction });
  }

  #acknowledges(): void {
    if (this.#ack !== undefined) this.toServer.push(this.#ack);
    this.#ack = undefined;
  }

  #hears(choose: Choose): void {
    const word = this.#toPhone.shift();
    if (word === undefined || this.#state === 'gone') return;
    switch (word.kind) {
      case 'invite':
        this.#state = 'rings';
        this.#late = word.late;
        this.toServer.push({ kind: 'leg.progressed', leg: this.#leg, status: 180, earlyMedia: choose(3) === 1 });
        return;
      case 'accepted': {
        this.#answered = true;
        const direction = this.#late ? this.#fromAll(choose, word.offered) : undefined;
        this.#ack = { kind: 'leg.acked', leg: this.#leg, direction };
        return this.#mayAckAtOnce(choose);
      }
      case 'reinvite':
        return this.#answers(word.offered, choose);
      case 'refresh':
        return this.#refreshes(choose);
      case 'reinvite-accepted': {
        this.#asked = false;
        const direction = word.offered === undefined ? undefined : this.#fromAll(choose, word.offered);
        this.#ack = { kind: 'reinvite.acked', leg: this.#leg, direction };
        return this.#mayAckAtOnce(choose);
      }
      case 'reinvite-refused':
        this.#asked = false;
        return;
      case 'over':
        this.#state = 'gone';
        return;
    }
  }

  /** RFC 4028: a 2xx agrees on a session, on another one, or on none. */
  #agrees(choose: Choose): void {
    const choice = choose(8);
    const terms = { weRefresh: choice < 5, byUpdate: choice < 3, ...(choice === 7 ? {} : { intervalSec: 90 }) };
    this.toServer.push({ kind: 'session.agreed', leg: this.#leg, ...terms });
  }

  #refreshes(choose: Choose): void {
    const leg = this.#leg;
    const choice = choose(12);
    if (choice < 8) this.#agrees(choose);
    if (choice < 9) this.toServer.push({ kind: 'refresh.answered', leg });
    else this.toServer.push({ kind: 'refresh.refused', leg, status: [405, 500, 408][choice - 9] ?? 481, reason: 'no' });
  }

  #mayAckAtOnce(choose: Choose): void {
    if (choose(3) < 2) this.#acknowledges();
  }

  #picksUp(choose: Choose): void {
    const choice = choose(12);
    this.#answered = choice !== 11;
    this.#state = choice === 11 ? 'gone' : 'talks';
    const leg = this.#leg;
    if (choice === 11) this.toServer.push({ kind: 'leg.refused', leg, status: 486, reason: 'Busy Here' });
    else if (choice === 10) this.toServer.push({ kind: 'leg.answered', leg });
    else
      this.toServer.push({
        kind: 'leg.answered',
        leg,
        direction: choice < 7 ? 'sendrecv' : (DIRECTIONS[choice - 7] ?? 'inactive'),
      });
  }

  /** Our re-INVITE: RFC 3261 §14.2 asks for 491 while its own is open; else it may do what phones do. */
  #answers(offered: Direction, choose: Choose): void {
    const leg = this.#leg;
    const retry = choose(2) === 0 ? {} : { retryAfterSec: choose(12) };
    const refuse = (status: number): unknown =>
      this.toServer.push({ kind: 'reinvite.refused', leg, status, reason: `is ${status}`, ...(status === 500 ? retry : {}) });
    const answer = (direction: Direction | undefined): void => {
      if (choose(4) === 3) this.#agrees(choose);
      this.toServer.push({ kind: 'reinvite.answered', leg, status: 200, direction });
    };
    const choice = choose(24);
    if (this.#asked) refuse(491);
    else if (choice === 23) refuse(choose(2) === 0 ? 408 : 481);
    else if (choice === 22) this.toServer.push({ kind: 'reinvite.refused', leg, status: 503, reason: 'gone', unreached: true });
    else if (choice >= 19) refuse([488, 500, 603][choice - 19] ?? 488);
    else if (choice >= 16) refuse(491);
    else if (choice === 15) answer(undefined);
    else if (choice >= 13) answer('sendrecv');
    else if (choice >= 11) answer('inactive');
    else answer(answerTo(offered, choice < 6 ? 'sendrecv' : this.#wish));
  }

  #fromAll(choose: Choose, offered: Direction | undefined): Direction | undefined {
    const choice = choose(8);
    if (choice === 7 && !this.#late) return undefined;
    return answerTo(offered ?? 'sendrecv', DIRECTIONS[choice] ?? 'sendrecv');
  }
}
