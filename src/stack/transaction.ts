/**
 * transaction: one running transaction: a table, its state, its timers and the last thing it sent. Keeps no message that is done with.
 */
import type { SipRequest, SipResponse } from '#sip/message.js';
import type { Flow } from '../engine/transport/flow.js';
import type { TimerWheel, WheelTimer } from '../engine/timer-wheel.js';
import {
  INVITE_CLIENT,
  INVITE_SERVER,
  look,
  NON_INVITE_CLIENT,
  NON_INVITE_SERVER,
  timerMs,
  type Action,
  type Event,
  type State,
  type TimerLetter,
} from './transactions.js';

export type TransactionUser = Readonly<{
  pass: (event: Event, message: SipResponse | SipRequest | undefined) => void;
  timeout: () => void;
  ended: () => void;
  /** Makes the ACK to a refusal. */
  ackFor?: (response: SipResponse) => string;
}>;

const TABLES = {
  'invite client': INVITE_CLIENT,
  'invite server': INVITE_SERVER,
  'non-invite client': NON_INVITE_CLIENT,
  'non-invite server': NON_INVITE_SERVER,
};

export type TransactionKind = keyof typeof TABLES;

const FIRST: Readonly<Record<TransactionKind, State>> = {
  'invite client': 'calling',
  'invite server': 'proceeding',
  'non-invite client': 'trying',
  'non-invite server': 'trying',
};

export class Transaction {
  readonly kind: TransactionKind;
  readonly flow: Flow;
  readonly #wheel: TimerWheel;
  readonly #user: TransactionUser;
  readonly #timers = new Map<TimerLetter, WheelTimer>();
  readonly #rounds = new Map<TimerLetter, number>();
  #state: State;
  #last: string | undefined;
  #ack: string | undefined;

  constructor(kind: TransactionKind, flow: Flow, wheel: TimerWheel, user: TransactionUser) {
    this.kind = kind;
    this.flow = flow;
    this.#wheel = wheel;
    this.#user = user;
    this.#state = FIRST[kind];
  }

  get state(): State {
    return this.#state;
  }

  /** Client: the request goes out, and its timers run. */
  begin(text: string): void {
    this.#transmit(text);
    this.#start(this.kind === 'invite client' ? 'A' : 'E');
    this.#start(this.kind === 'invite client' ? 'B' : 'F');
  }

  /** Something happened. `text` is what is to be sent for it, `message` what it brought. */
  on(event: Event, message?: SipResponse | SipRequest, text?: string): void {
    if (this.#state === 'terminated') return;
    const [next, ...actions] = look(TABLES[this.kind], this.#state, event);
    this.#state = next;
    for (const action of actions) this.#do(action, event, message, text);
    if (next === 'terminated') this.#end();
  }

  due(letter: TimerLetter): void {
    this.#timers.delete(letter);
    this.on(`timer ${letter}`);
  }

  /** The engine closes: nobody is told. */
  close(): void {
    this.#state = 'terminated';
    for (const timer of this.#timers.values()) timer.cancel();
  }

  #do(action: Action, event: Event, message: SipResponse | SipRequest | undefined, text: string | undefined): void {
    switch (action) {
      case 'send':
        if (text !== undefined) this.#transmit(text);
        return;
      case 'resend':
        if (this.#last !== undefined) this.flow.send(this.#last);
        return;
      case 'pass':
        return this.#user.pass(event, message);
      case 'timeout':
        return this.#user.timeout();
      case 'ack':
        if (this.#ack === undefined && message?.kind === 'response') this.#ack = this.#user.ackFor?.(message);
        if (this.#ack !== undefined) this.flow.send(this.#ack);
        return;
      default:
        return action.startsWith('start')
          ? this.#start(action.slice(6) as TimerLetter)
          : this.#stop(action.slice(5) as TimerLetter);
    }
  }

  #transmit(text: string): void {
    this.#last = text;
    this.flow.send(text, () => this.on('error'));
  }

  #start(letter: TimerLetter): void {
    const round = this.#rounds.get(letter) ?? 0;
    const ms = timerMs(letter, round, this.flow.protocol !== 'udp');
    if (ms === undefined) return;
    this.#rounds.set(letter, round + 1);
    this.#timers.set(letter, this.#wheel.start(this, letter, ms));
  }

  #stop(letter: TimerLetter): void {
    this.#timers.get(letter)?.cancel();
    this.#timers.delete(letter);
  }

  #end(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#last = undefined;
    this.#user.ended();
  }
}
