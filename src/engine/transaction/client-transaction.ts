/**
 * client-transaction: one request of ours until it needs no more attention: table, timers, and what has to be sent again.
 * What a response means is its user's business.
 */
import type { SipResponse } from '#sip/message.js';
import { isReliable, type Flow } from '../transport/flow.js';
import type { TimerWheel, WheelTimer } from '../timer-wheel.js';
import { INVITE_CLIENT, INVITE_CLIENT_START } from './invite-client.js';
import { NON_INVITE_CLIENT, NON_INVITE_CLIENT_START } from './non-invite-client.js';
import { look, type ClientAction, type ClientEvent, type ClientState, type ClientTable } from './table.js';
import { timerMs, type TimerLetter } from './timers.js';

/** `text` is the response as it came. */
export interface ClientUser {
  response(response: SipResponse, text: string): void;
  timeout(): void;
  failed(why: string): void;
}

export type ClientRequest = Readonly<{ key: string; method: string; text: string; flow: Flow }>;

export class ClientTransaction {
  readonly key: string;
  readonly method: string;
  readonly flow: Flow;
  readonly #table: ClientTable;
  readonly #wheel: TimerWheel;
  readonly #ended: (transaction: ClientTransaction) => void;
  #state: ClientState;
  /** Dropped with the final response: what stays for timer D, K or M is the key. */
  #request: string | undefined;
  #user: ClientUser | undefined;
  #ack: string | undefined;
  #writeAck: ((response: SipResponse) => string) | undefined;
  #round = 0;
  readonly #timers: Partial<Record<TimerLetter, WheelTimer | undefined>> = {};

  constructor(request: ClientRequest, wheel: TimerWheel, user: ClientUser, ended: (transaction: ClientTransaction) => void) {
    this.key = request.key;
    this.method = request.method;
    this.flow = request.flow;
    this.#request = request.text;
    this.#wheel = wheel;
    this.#user = user;
    this.#ended = ended;
    this.#table = request.method === 'INVITE' ? INVITE_CLIENT : NON_INVITE_CLIENT;
    this.#state = request.method === 'INVITE' ? 'calling' : 'trying';
  }

  get state(): ClientState {
    return this.#state;
  }

  /** @param writeAck makes the ACK to a refusal; INVITE only. */
  start(writeAck?: (response: SipResponse) => string): void {
    this.#writeAck = writeAck;
    for (const action of this.method === 'INVITE' ? INVITE_CLIENT_START : NON_INVITE_CLIENT_START) this.#act(action);
  }

  /** It was sent in the last life, and its peer has it: only answers are waited for. */
  resume(writeAck: (response: SipResponse) => string): void {
    this.#writeAck = writeAck;
    this.#on('1xx');
  }

  receive(response: SipResponse, text: string): void {
    const event = response.status < 200 ? '1xx' : response.status < 300 ? '2xx' : '3xx-6xx';
    this.#on(event, response, text);
  }

  transportError(why: string): void {
    this.#on('transport error', undefined, why);
  }

  /** RFC 3261 §9.1: the CANCEL is out; an INVITE that still has no end 64*T1 later is over. */
  cancelled(): void {
    this.#timers.X ??= this.#start('X');
  }

  /** The user wants no more of it: it ends as if nobody had answered. */
  giveUp(): void {
    this.#on('give up');
  }

  due(letter: TimerLetter): void {
    this.#timers[letter] = undefined;
    this.#on(`timer ${letter}`);
  }

  /** The engine closes: nobody is told. */
  close(): void {
    this.#state = 'terminated';
    this.#release();
  }

  #on(event: ClientEvent, response?: SipResponse, text = ''): void {
    const row = look(this.#table, this.#state, event);
    if (row === undefined) return;
    this.#state = row[0];
    for (let at = 1; at < row.length; at++) this.#act(row[at] as ClientAction, response, text);
    if (this.#state === 'terminated') this.#release();
    else if (this.#state === 'completed' || this.#state === 'accepted') this.#request = undefined;
  }

  #act(action: ClientAction, response?: SipResponse, text = ''): void {
    switch (action) {
      case 'send':
        if (this.#request !== undefined) this.flow.send(this.#request, (why) => this.transportError(why));
        return;
      case 'ack':
        return this.#sendAck(response);
      case 'pass':
        if (response !== undefined) this.#user?.response(response, text);
        return;
      case 'timeout':
        return this.#user?.timeout();
      case 'fail':
        return this.#user?.failed(text);
      default: {
        const letter = action.slice(-1) as TimerLetter;
        if (action.startsWith('start')) this.#timers[letter] = this.#start(letter);
        else this.#timers[letter]?.cancel();
      }
    }
  }

  #sendAck(response: SipResponse | undefined): void {
    if (response !== undefined) this.#ack ??= this.#writeAck?.(response);
    if (this.#ack !== undefined) this.flow.send(this.#ack);
    this.#writeAck = undefined;
  }

  #start(letter: TimerLetter): WheelTimer | undefined {
    const repeats = letter === 'A' || letter === 'E';
    const ms = timerMs(letter, isReliable(this.flow), repeats ? this.#round++ : 0);
    return ms === undefined ? undefined : this.#wheel.start(this, letter, ms);
  }

  #release(): void {
    for (const timer of Object.values(this.#timers)) timer?.cancel();
    this.#request = undefined;
    this.#user = undefined;
    this.#writeAck = undefined;
    this.#ended(this);
  }
}
