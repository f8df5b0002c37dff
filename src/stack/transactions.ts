/**
 * transactions: the four tables of RFC 3261 §17 with RFC 6026: state × event → next state and what to do. Pure.
 * `send` is what the user of the transaction handed in, `resend` the last thing sent; `pass` gives the event to the user.
 */
export type TimerLetter = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M';

export type Event =
  | 'request' // the request again (server), or for the first time
  | 'ack'
  | '1xx'
  | '2xx'
  | '3xx+'
  | 'error'
  | `timer ${TimerLetter}`;

export type Action =
  | 'send'
  | 'resend'
  | 'pass'
  | 'ack' // the ACK to a refusal is the transaction's own (§17.1.1.3)
  | 'timeout'
  | `start ${TimerLetter}`
  | `stop ${TimerLetter}`;

export type State = 'calling' | 'trying' | 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated';

type Row = readonly [next: State, ...actions: readonly Action[]];
type Table = Readonly<Partial<Record<State, Readonly<Partial<Record<Event, Row>>>>>>;

const END: Row = ['terminated'];

/** Figure 5, with Accepted and timer M of RFC 6026 §7.2. */
export const INVITE_CLIENT: Table = {
  calling: {
    'timer A': ['calling', 'resend', 'start A'],
    'timer B': ['terminated', 'timeout'],
    '1xx': ['proceeding', 'stop A', 'stop B', 'pass'],
    '2xx': ['accepted', 'stop A', 'stop B', 'pass', 'start M'],
    '3xx+': ['completed', 'stop A', 'stop B', 'ack', 'pass', 'start D'],
    error: ['terminated', 'stop A', 'stop B', 'pass'],
  },
  proceeding: {
    '1xx': ['proceeding', 'pass'],
    '2xx': ['accepted', 'pass', 'start M'],
    '3xx+': ['completed', 'ack', 'pass', 'start D'],
    error: ['terminated', 'pass'],
  },
  accepted: { '2xx': ['accepted', 'pass'], 'timer M': END },
  completed: { '3xx+': ['completed', 'ack'], 'timer D': END, error: END },
};

/** Figure 7, with Accepted and timer L of RFC 6026 §7.1. The 2xx itself is sent again by the dialog (§13.3.1.4). */
export const INVITE_SERVER: Table = {
  proceeding: {
    request: ['proceeding', 'resend'],
    '1xx': ['proceeding', 'send'],
    '2xx': ['accepted', 'send', 'start L'],
    '3xx+': ['completed', 'send', 'start G', 'start H'],
    error: END,
  },
  completed: {
    request: ['completed', 'resend'],
    'timer G': ['completed', 'resend', 'start G'],
    'timer H': END,
    ack: ['confirmed', 'stop G', 'stop H', 'start I'],
    error: END,
  },
  confirmed: { 'timer I': END },
  accepted: { '2xx': ['accepted', 'send'], ack: ['accepted', 'pass'], 'timer L': END },
};

/** Figure 6. */
export const NON_INVITE_CLIENT: Table = {
  trying: {
    'timer E': ['trying', 'resend', 'start E'],
    'timer F': ['terminated', 'timeout'],
    '1xx': ['proceeding', 'pass'],
    '2xx': ['completed', 'stop E', 'stop F', 'pass', 'start K'],
    '3xx+': ['completed', 'stop E', 'stop F', 'pass', 'start K'],
    error: ['terminated', 'stop E', 'stop F', 'pass'],
  },
  proceeding: {
    'timer E': ['proceeding', 'resend', 'start E'],
    'timer F': ['terminated', 'timeout'],
    '1xx': ['proceeding', 'pass'],
    '2xx': ['completed', 'stop E', 'stop F', 'pass', 'start K'],
    '3xx+': ['completed', 'stop E', 'stop F', 'pass', 'start K'],
    error: ['terminated', 'stop E', 'stop F', 'pass'],
  },
  completed: { 'timer K': END },
};

/** Figure 8. */
export const NON_INVITE_SERVER: Table = {
  trying: {
    '1xx': ['proceeding', 'send'],
    '2xx': ['completed', 'send', 'start J'],
    '3xx+': ['completed', 'send', 'start J'],
    error: END,
  },
  proceeding: {
    request: ['proceeding', 'resend'],
    '1xx': ['proceeding', 'send'],
    '2xx': ['completed', 'send', 'start J'],
    '3xx+': ['completed', 'send', 'start J'],
    error: END,
  },
  completed: { request: ['completed', 'resend'], 'timer J': END, error: END },
};

/** Nothing in the table: nothing happens. */
export const look = (table: Table, state: State, event: Event): Row => table[state]?.[event] ?? [state];

const T1 = 500;
const T2 = 4000;
const T4 = 5000;

/** Milliseconds (RFC 3261 table 4). `round` counts how often the timer was started; `reliable` makes waiting states end at once. */
export function timerMs(letter: TimerLetter, round: number, reliable: boolean): number | undefined {
  switch (letter) {
    case 'A':
      return reliable ? undefined : T1 * 2 ** round; // doubles without a limit, §17.1.1.2
    case 'E':
    case 'G':
      return reliable ? undefined : Math.min(T1 * 2 ** round, T2);
    case 'B':
    case 'F':
    case 'H':
    case 'L':
    case 'M':
      return 64 * T1;
    case 'D':
      return reliable ? 0 : 32_000;
    case 'J':
      return reliable ? 0 : 64 * T1;
    case 'I':
    case 'K':
      return reliable ? 0 : T4;
  }
}

/** §13.3.1.4: how long until the 2xx is sent again; over any transport, because the other hops may be unreliable. */
export const again2xxMs = (round: number): number => Math.min(T1 * 2 ** round, T2);
export const NO_ACK_MS = 64 * T1;
