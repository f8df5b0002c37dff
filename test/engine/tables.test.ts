/**
 * Every row of the four transaction tables, written down a second time from the figures of RFC 3261 §17 and RFC 6026, so that a
 * slip of the pen in a table is seen. A pair of state and event that is not here must not be there either.
 */
import t from 'tap';
import { INVITE_CLIENT } from '#engine/transaction/invite-client.js';
import { INVITE_SERVER } from '#engine/transaction/invite-server.js';
import { NON_INVITE_CLIENT } from '#engine/transaction/non-invite-client.js';
import { NON_INVITE_SERVER } from '#engine/transaction/non-invite-server.js';
import { timerMs, type TimerLetter } from '#engine/transaction/timers.js';

type Rows = Record<string, string>;

const INVITE_CLIENT_ROWS: Rows = {
  'calling: timer A': 'calling: send, start A',
  'calling: timer B': 'terminated: stop A, timeout',
  'calling: 1xx': 'proceeding: stop A, stop B, start C, pass',
  'calling: 2xx': 'accepted: stop A, stop B, start M, pass',
  'calling: 3xx-6xx': 'completed: stop A, stop B, ack, start D, pass',
  'calling: transport error': 'terminated: stop A, stop B, fail',
  'calling: give up': 'terminated: stop A, stop B, timeout',
  'proceeding: 1xx': 'proceeding: stop C, start C, pass',
  'proceeding: 2xx': 'accepted: stop C, start M, pass',
  'proceeding: 3xx-6xx': 'completed: stop C, ack, start D, pass',
  'proceeding: timer C': 'terminated: timeout',
  'proceeding: timer X': 'terminated: stop C, timeout',
  'proceeding: transport error': 'terminated: stop C, fail',
  'proceeding: give up': 'terminated: stop C, timeout',
  'accepted: 2xx': 'accepted: pass',
  'accepted: timer M': 'terminated: ',
  'completed: 3xx-6xx': 'completed: ack',
  'completed: timer D': 'terminated: ',
  'completed: transport error': 'terminated: stop D',
};

const ACTIVE_CLIENT: Rows = Object.fromEntries(
  ['trying', 'proceeding'].flatMap((state) => [
    [`${state}: timer E`, `${state}: send, start E`],
    [`${state}: timer F`, 'terminated: stop E, timeout'],
    [`${state}: 1xx`, 'proceeding: pass'],
    [`${state}: 2xx`, 'completed: stop E, stop F, start K, pass'],
    [`${state}: 3xx-6xx`, 'completed: stop E, stop F, start K, pass'],
    [`${state}: transport error`, 'terminated: stop E, stop F, fail'],
    [`${state}: give up`, 'terminated: stop E, stop F, timeout'],
  ]),
);

const NON_INVITE_CLIENT_ROWS: Rows = { ...ACTIVE_CLIENT, 'completed: timer K': 'terminated: ' };

const INVITE_SERVER_ROWS: Rows = {
  'proceeding: request': 'proceeding: send',
  'proceeding: answer 1xx': 'proceeding: send',
  'proceeding: answer 2xx': 'accepted: send, start L',
  'proceeding: answer challenge': 'completed: send, start H', // RFC 3261 §8.2.7
  'proceeding: answer 3xx-6xx': 'completed: send, start G, start H',
  'proceeding: transport error': 'terminated: ',
  'completed: request': 'completed: send',
  'completed: ack': 'confirmed: stop G, stop H, start I',
  'completed: timer G': 'completed: send, start G',
  'completed: timer H': 'terminated: stop G, no ack',
  'completed: transport error': 'terminated: stop G, stop H',
  'accepted: answer 2xx': 'accepted: send',
  'accepted: ack': 'accepted: pass ack',
  'accepted: timer L': 'terminated: ',
  'confirmed: timer I': 'terminated: ',
};

const NON_INVITE_SERVER_ROWS: Rows = {
  'trying: answer 1xx': 'proceeding: send',
  'trying: answer 2xx': 'completed: send, start J',
  'trying: answer 3xx-6xx': 'completed: send, start J',
  'trying: transport error': 'terminated: ',
  'proceeding: request': 'proceeding: send',
  'proceeding: answer 1xx': 'proceeding: send',
  'proceeding: answer 2xx': 'completed: send, start J',
  'proceeding: answer 3xx-6xx': 'completed: send, start J',
  'proceeding: transport error': 'terminated: ',
  'completed: request': 'completed: send',
  'completed: timer J': 'terminated: ',
  'completed: transport error': 'terminated: stop J',
};

type AnyTable = Readonly<Record<string, Readonly<Partial<Record<string, readonly [string, ...string[]]>>>>>;

function rowsOf(table: AnyTable): Rows {
  const rows: Rows = {};
  for (const [state, events] of Object.entries(table)) {
    for (const [event, row] of Object.entries(events)) {
      if (row !== undefined) rows[`${state}: ${event}`] = `${row[0]}: ${row.slice(1).join(', ')}`;
    }
  }
  return rows;
}

t.same(rowsOf(INVITE_CLIENT), INVITE_CLIENT_ROWS, 'INVITE client: figure 5 and RFC 6026 §7.2');
t.same(rowsOf(NON_INVITE_CLIENT), NON_INVITE_CLIENT_ROWS, 'non-INVITE client: figure 6');
t.same(rowsOf(INVITE_SERVER), INVITE_SERVER_ROWS, 'INVITE server: figure 7 and RFC 6026 §7.1');
t.same(rowsOf(NON_INVITE_SERVER), NON_INVITE_SERVER_ROWS, 'non-INVITE server: figure 8');

t.test('every timer that is started is stopped or fires in the states it can reach', (t) => {
  for (const table of [INVITE_CLIENT, NON_INVITE_CLIENT, INVITE_SERVER, NON_INVITE_SERVER] as AnyTable[]) {
    for (const [state, events] of Object.entries(table)) {
      for (const [event, row] of Object.entries(events)) {
        for (const action of row?.slice(1) ?? []) {
          if (!action.startsWith('start ')) continue;
          const letter = action.slice(6);
          t.ok(table[row?.[0] ?? '']?.[`timer ${letter}`], `${state}: ${event} starts ${letter}, and ${row?.[0]} knows it`);
        }
      }
    }
  }
  t.end();
});

t.test('the timers of RFC 3261 table 4, by reliability', (t) => {
  const table: [TimerLetter, number | undefined, number | undefined][] = [
    ['A', 500, undefined],
    ['B', 32_000, 32_000],
    ['D', 32_000, 0],
    ['E', 500, undefined],
    ['F', 32_000, 32_000],
    ['G', 500, undefined],
    ['H', 32_000, 32_000],
    ['I', 5000, 0],
    ['J', 32_000, 0],
    ['K', 5000, 0],
    ['L', 32_000, 32_000],
    ['M', 32_000, 32_000],
  ];
  for (const [letter, unreliable, reliable] of table)
    t.same([timerMs(letter, false, 0), timerMs(letter, true, 0)], [unreliable, reliable], `timer ${letter}`);
  const intervals = (letter: TimerLetter): (number | undefined)[] =>
    [0, 1, 2, 3, 4, 5].map((round) => timerMs(letter, false, round));
  t.same(intervals('A'), [500, 1000, 2000, 4000, 8000, 16_000], 'A doubles until B');
  t.same(intervals('E'), [500, 1000, 2000, 4000, 4000, 4000], 'E no further than T2');
  t.same(intervals('G'), intervals('E'), 'G like E');
  t.end();
});
