/**
 * leg-record: what went over the wire on one leg, written down without asking the core what it thinks is open.
 * What must be true of it is said in call-laws.ts.
 */
import { mirror, type Direction } from '#core/direction.js';
import type { Effect } from '#core/effects.js';
import type { Input } from '#core/inputs.js';
import type { LegRole } from '#core/leg.js';

/** An offer and its answer; `told` is our half of it. */
export type Exchange = Readonly<{ by: 'us' | 'them'; told: Direction; said: Direction }>;

export class LegRecord {
  /** Our INVITE has no final answer yet, or its 2xx no ACK. */
  ours: Direction | 'none' = 'none';
  /** Their INVITE was answered and its ACK is missing; what its completion will mean. */
  theirs: Exchange | 'none' = 'none';
  last: Exchange = { by: 'us', told: 'sendrecv', said: 'sendrecv' };
  sound: 'none' | 'ringback' | 'music' = 'none';
  /** A change of codec that this phone has not been offered, or is being offered now. */
  owed = false;
  owedInFlight = false;
  /** What its INVITE, or the 2xx to ours, offered or answered. */
  offered: Direction | undefined;
  reoffered: Direction | undefined;
  #answered: Direction | undefined;
  #answeredBefore: Direction | undefined;
  /** Our 200 to its INVITE waits for the ACK. */
  #inviteOpen = false;
  alive = false;
  hasLeft = false;
  dialog: 'none' | 'early' | 'confirmed' = 'none';
  /** It answered our INVITE with a 2xx that has no ACK. */
  unacked = false;

  heard(input: Extract<Input, { leg: LegRole }>): void {
    if (this.hasLeft) return; // late words
    switch (input.kind) {
      case 'leg.answered':
        this.dialog = 'confirmed';
        this.unacked = true;
        this.offered = input.direction;
        return;
      case 'leg.refused':
        this.alive = false;
        return;
      case 'bye.received':
        if (this.dialog === 'confirmed') this.alive = false;
        return;
      case 'reinvite.acked':
        if (this.#inviteOpen) return;
        return this.#acknowledged(input.direction);
      case 'leg.acked':
        return this.#acknowledged(input.direction);
      case 'reinvite.answer-failed':
        this.owed ||= this.owedInFlight;
        if (!this.#inviteOpen) this.theirs = 'none';
        this.#answered = this.#answeredBefore;
        return;
      case 'reinvite.answered':
        if (this.ours !== 'none') this.last = { by: 'us', told: this.ours, said: input.direction ?? mirror(this.ours) };
        this.ours = 'none';
        return;
      case 'reinvite.refused':
        this.owed ||= this.owedInFlight;
        this.ours = 'none';
        return;
      case 'reinvite.received':
        this.reoffered = input.direction;
        return;
      case 'leg.moved':
        this.alive = false;
        return;
      case 'sound.failed':
        this.sound = 'none';
        return;
      default:
        return;
    }
  }

  /** The party has left, and the call goes on without it. */
  left(): void {
    this.hasLeft = true;
    this.alive = false;
    this.ours = 'none';
    this.theirs = 'none';
    this.owed = false;
  }

  #acknowledged(answer: Direction | undefined): void {
    const { theirs } = this;
    this.#inviteOpen = false;
    this.theirs = 'none';
    if (theirs === 'none') return;
    this.last = theirs.by === 'us' ? { ...theirs, said: answer ?? mirror(theirs.told) } : theirs;
    this.#answered = this.last.said;
  }

  /** Before its INVITE is answered a phone may have offered again (RFC 3311 §5.2). */
  get lastOffered(): Direction | undefined {
    return this.#answered ?? this.offered;
  }

  dialled(): void {
    this.alive = true;
    this.dialog = 'early';
    this.ours = 'sendrecv';
  }

  acks(effect: Extract<Effect, { kind: 'ack' }>): void {
    this.unacked = false;
    this.ours = 'none';
    const said = this.offered ?? 'sendrecv';
    this.last = effect.answer ? { by: 'them', told: effect.direction, said } : { by: 'us', told: 'sendrecv', said };
  }

  accepts(direction: Direction, late: boolean): void {
    this.dialog = 'confirmed';
    this.#inviteOpen = true;
    this.theirs = { by: late ? 'us' : 'them', told: direction, said: this.lastOffered ?? 'sendrecv' };
  }

  offers(direction: Direction): void {
    this.ours = direction;
    this.#carriesNews();
  }

  answers(effect: Extract<Effect, { kind: 'answer-reinvite' }>): void {
    this.#answeredBefore = this.#answered;
    if (!effect.ourOffer) this.#answered = this.reoffered;
    this.theirs = { by: effect.ourOffer ? 'us' : 'them', told: effect.direction, said: this.reoffered ?? 'sendrecv' };
    this.#carriesNews();
  }

  /** Every SDP we send carries the newest codecs. */
  #carriesNews(): void {
    this.owedInFlight = this.owed;
    this.owed = false;
  }
}
