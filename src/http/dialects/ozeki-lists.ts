/**
 * ozeki-lists: the call history and the list of extensions: their filters, and how they are written.
 */
import type { CallView, Command, Outcome } from '#calls/commands.js';
import { BadRequest } from '#kit/errors.js';
import type { Parameters } from '#ozml/actions.js';
import { causesOf, directionOf, historyState } from './ozeki-states.js';
import { localTime, node } from './ozeki-xml.js';

type HistoryQuery = Extract<Command, { kind: 'history.find' }>;
type History = Extract<Outcome, { kind: 'history.found' }>;
type CallId = CallView['id'];

const MOST_ROWS = 1000;
const USUAL_ROWS = 50;

/** All filters that were given count together; one that nothing can fit finds nothing. */
export function readHistory(given: Parameters, find: (wireId: string) => CallId): HistoryQuery {
  const of = (...names: readonly string[]): string | undefined =>
    names.map((name) => given.get(name)?.trim()).find((value) => value !== undefined && value !== '');
  const callId = of('callid');
  const state = of('state');
  const cause = state === undefined ? undefined : (causesOf(state) ?? 'none');
  const caller = of('source', 'callerid', 'from');
  const callee = of('destination', 'dialed', 'dialled');
  const number = of('general');
  return {
    kind: 'history.find',
    page: whole(given, 'PageNumber', 1, 1_000_000_000),
    rows: whole(given, 'RowsPerPage', USUAL_ROWS, MOST_ROWS),
    ...(callId === undefined ? {} : { callId: find(callId) }),
    ...(cause === undefined ? {} : { cause }),
    ...(caller === undefined ? {} : { caller }),
    ...(callee === undefined ? {} : { callee }),
    ...(number === undefined ? {} : { number }),
  };
}

function whole(given: Parameters, name: string, otherwise: number, most: number): number {
  const written = (given.get(name.toLowerCase()) ?? '').trim();
  if (written === '') return otherwise;
  const value = /^[0-9]{1,10}$/.test(written) ? Number(written) : 0;
  if (value < 1 || value > most) throw new BadRequest(name, `${name} is a number from 1 to ${most}`);
  return value;
}

export type HistoryDress = Readonly<{
  wireId: (callId: CallId) => string;
  isOurs: (number: string) => boolean;
  /** Direction and Type are no part of our history: they are judged when it is written. */
  given: Parameters;
  /** The name that Phone System XE has for the same. */
  old: boolean;
}>;

export function historyXml({ total, rows }: History, { wireId, isOurs, given, old }: HistoryDress): string {
  const direction = given.get('direction')?.trim().toLowerCase() ?? '';
  const type = given.get('type')?.trim().toLowerCase() ?? '';
  const fitting = rows.filter(
    ({ parties }) =>
      (direction === '' || directionOf(parties, isOurs).toLowerCase() === direction) &&
      (type === '' || type === TYPE.toLowerCase()),
  );
  const nodes = fitting.map(({ id, parties, createdAt, cause, status }) =>
    node('Call', [
      ['StartTime', localTime(new Date(createdAt))],
      ['Direction', directionOf(parties, isOurs)],
      ['Source', parties.caller],
      ['Destination', parties.callee],
      ['State', historyState(cause, status)],
      ['Dialed', parties.callee],
      ['CallerId', parties.caller],
      ['Type', TYPE],
      ['CallId', wireId(id)],
    ]),
  );
  const [count, list] = old ? ['NumberOfCalls', 'Calls'] : ['TotalRecords', 'CallHistory'];
  const inside = nodes.length === 0 ? `  <${list} />\n` : `  <${list}>\n${nodes.join('')}  </${list}>\n`;
  return `  <${count}>${total}</${count}>\n${inside}`;
}

const TYPE = 'Voice';

export type ExtensionRow = Readonly<{ number: string; name: string; type: string; state: string }>;

export function extensionsXml(rows: readonly ExtensionRow[]): string {
  if (rows.length === 0) return '  <Extensions />\n';
  const nodes = rows.map(({ number, name, type, state }) =>
    node('Extension', [
      ['ExtensionId', number],
      ['Name', name],
      ['TelephoneNumber', number],
      ['Type', type],
      ['Status', state],
    ]),
  );
  return `  <Extensions>\n${nodes.join('')}  </Extensions>\n`;
}
