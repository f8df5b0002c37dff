/**
 * table: what the four transaction tables are made of: state × event → [next state, actions]. Pure; who acts is
 * client-transaction.ts and server-transaction.ts.
 */
import type { TimerLetter } from './timers.js';

export type TimerEvent = `timer ${TimerLetter}`;
export type TimerAction = `start ${TimerLetter}` | `stop ${TimerLetter}`;

export type Row<State extends string, Action extends string> = readonly [next: State, ...actions: readonly Action[]];

export type Table<State extends string, Event extends string, Action extends string> = Readonly<
  Record<State, Readonly<Partial<Record<Event, Row<State, Action>>>>>
>;

/** What a transaction that sends requests meets, and what it does. */
export type ClientEvent = '1xx' | '2xx' | '3xx-6xx' | 'transport error' | 'give up' | TimerEvent;
/**
 * `pass` gives the response to the user; `timeout` and `fail` tell the user that none comes; `send` is the request (again);
 * `ack` the ACK to a refusal, which is the transaction's own (RFC 3261 §17.1.1.3).
 */
export type ClientAction = 'send' | 'ack' | 'pass' | 'timeout' | 'fail' | TimerAction;
export type ClientState = 'calling' | 'trying' | 'proceeding' | 'completed' | 'accepted' | 'terminated';
export type ClientTable = Table<ClientState, ClientEvent, ClientAction>;

/** `request` is the request once more; the `answer` events are the user's responses, `answer challenge` a 401 or 407. */
export type ServerEvent =
  'request' | 'ack' | 'answer 1xx' | 'answer 2xx' | 'answer challenge' | 'answer 3xx-6xx' | 'transport error' | TimerEvent;
/** `send` is the newest response, sent or sent again; `no ack` tells the user that a refusal was never acknowledged. */
export type ServerAction = 'send' | 'pass ack' | 'no ack' | TimerAction;
export type ServerState = 'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';
export type ServerTable = Table<ServerState, ServerEvent, ServerAction>;

/** An event that is not in the table changes nothing: undefined. */
export function look<S extends string, E extends string, A extends string>(
  table: Table<S, E, A>,
  state: S,
  event: E,
): Row<S, A> | undefined {
  return table[state][event];
}
