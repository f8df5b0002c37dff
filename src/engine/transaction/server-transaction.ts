/**
 * server-transaction: one request of a peer until it needs no more attention: table, timers, and the last response.
 * Who answers, and what, is its user's business.
 */
import { isReliable, type Flow } from '../transport/flow.js';
import type { TimerWheel, WheelTimer } from '../timer-wheel.js';
import { INVITE_SERVER } from './invite-server.js';
import { NON_INVITE_SERVER } from './non-invite-server.js';
import { look, type ServerAction, type ServerEvent, type ServerState, type ServerTable } from './table.js';
import { timerMs, type TimerLetter } from './timers.js';

export class ServerTransaction {
  /** The name the application knows it by. */
  readonly id: string;
  readonly key: string;
  readonly mergeKey: string | undefined;
  readonly method: string;
  /** Where responses go (RFC 3261 §18.2.2). */
  readonly flow: Flow;
  readonly #table: ServerTable;
  readonly #wheel: TimerWheel;
  readonly #ended: (transaction: ServerTransaction) => void;
  #state: ServerState;
  #response: string | undefined;
  /** The 100 that is due when the user has said nothing for a while. */
  #trying: (() => string) | undefined;
  #round = 0;
  readonly #timers: Partial<Record<TimerLetter, WheelTimer | undefined>> = {};

  constructor(
    facts: Readonly<{ id: string; key: string; mergeKey?: string | undefined; method: string; flow: Flow }>,
    wheel: TimerWheel,
    ended: (transaction: ServerTransaction) => void,
  ) {
    this.id = facts.id;
    this.key = facts.key;
    this.mergeKey = facts.mergeKey;
    this.method = facts.method;
    this.flow = facts.flow;
    this.#wheel = wheel;
    this.#ended = ended;
    this.#table = facts.method === 'INVITE' ? INVITE_SERVER : NON_INVITE_SERVER;
    this.#state = facts.method === 'INVITE' ? 'proceeding' : 'trying';
  }

  get state(): ServerState {
    return this.#state;
  }

  /** No final response has been given yet. */
  get isOpen(): boolean {
    return this.#state === 'proceeding' || this.#state === 'trying';
  }

  answer(status: number, text: string): void {
    if (this.#state === 'terminated') return;
    this.#noTrying();
    this.#response = text;
    this.#on(this.#eventOf(status));
  }

  /** RFC 3261 §17.2.1: the user is about to answer; where it does not within 200 ms, or the request comes again, this is said. */
  tryingUnlessAnswered(text: () => string): void {
    this.#trying = text;
    this.#start('T');
  }

  /** The request came again. */
  repeated(): void {
    if (this.#trying !== undefined) return this.answer(100, this.#trying());
    this.#on('request');
  }

  /** @returns true when the ACK is not this transaction's own: it acknowledges a 2xx (RFC 6026 §7.1). */
  acknowledged(): boolean {
    return this.#on('ack').includes('pass ack');
  }

  due(letter: TimerLetter): void {
    this.#timers[letter] = undefined;
    if (letter === 'T' && this.#trying !== undefined) return this.answer(100, this.#trying());
    this.#on(`timer ${letter}`);
  }

  /** The engine closes. */
  close(): void {
    this.#state = 'terminated';
    this.#release();
  }

  #eventOf(status: number): ServerEvent {
    if (status < 200) return 'answer 1xx';
    if (status < 300) return 'answer 2xx';
    return this.method === 'INVITE' && (status === 401 || status === 407) ? 'answer challenge' : 'answer 3xx-6xx';
  }

  #noTrying(): void {
    if (this.#trying === undefined) return;
    this.#trying = undefined;
    this.#timers.T?.cancel();
  }

  #on(event: ServerEvent): readonly string[] {
    const row = look(this.#table, this.#state, event);
    if (row === undefined) return [];
    this.#state = row[0];
    for (let at = 1; at < row.length; at++) this.#act(row[at] as ServerAction);
    if (this.#state === 'terminated') this.#release();
    // The 2xx is kept by the dialog, an acknowledged refusal by nobody: only the key stays.
    else if (this.#state === 'accepted' || this.#state === 'confirmed') this.#response = undefined;
    return row;
  }

  #act(action: ServerAction): void {
    switch (action) {
      case 'send':
        if (this.#response !== undefined) this.flow.send(this.#response);
        return;
      case 'pass ack':
      case 'no ack': // RFC 3261 §17.2.1: the user may be told; a refused call has nothing left to be told to
        return;
      default: {
        const letter = action.slice(-1) as TimerLetter;
        if (action.startsWith('start')) this.#start(letter);
        else this.#timers[letter]?.cancel();
      }
    }
  }

  #start(letter: TimerLetter): void {
    const ms = timerMs(letter, isReliable(this.flow), letter === 'G' ? this.#round++ : 0);
    if (ms !== undefined) this.#timers[letter] = this.#wheel.start(this, letter, ms);
  }

  #release(): void {
    for (const timer of Object.values(this.#timers)) timer?.cancel();
    this.#trying = undefined;
    this.#response = undefined;
    this.#ended(this);
  }
}
