/**
 * voipnow-list: which phone calls a GET shows: filters, order, pages and fields of the query. It knows nothing of who may see them.
 */
import type { CallView } from '#calls/commands.js';
import { UapiRefusal } from './voipnow-errors.js';
import { whole } from './voipnow-fields.js';

export type Page = Readonly<{ calls: readonly CallView[]; next: string | undefined; prev: string | undefined }>;

const DEFAULT_COUNT = 20;
const MOST = 5000;
const OPERATIONS = ['equals', 'contains', 'startsWith', 'present', 'lessThan', 'greaterThan'] as const;
type Operation = (typeof OPERATIONS)[number];

/** @param base link of the list, without a query. @throws UapiRefusal */
export function pageOf(
  calls: readonly CallView[],
  query: URLSearchParams,
  base: string,
  wireId: (call: CallView) => string,
): Page {
  const asked = Object.fromEntries(query);
  const count = whole(asked, 'count', 1, MOST) ?? DEFAULT_COUNT;
  const start = whole(asked, 'startIndex', 0, 999_999_999) ?? 0;
  const wanted = ordered(filtered(calls, query, wireId), query);
  const page = wanted.slice(start, start + count);
  const link = (index: number): string => {
    const changed = new URLSearchParams(query);
    changed.set('startIndex', String(index));
    changed.set('count', String(count));
    return `${base}?${changed.toString()}`;
  };
  return {
    calls: page,
    next: start + count < wanted.length ? link(start + count) : undefined,
    prev: start > 0 ? link(Math.max(0, start - count)) : undefined,
  };
}

/** Only the keys that `fields` asks for; `id` always, or nobody could ask on. */
export function chosenFields(entry: object, query: URLSearchParams): object {
  const asked = query.get('fields') ?? '';
  if (asked.trim() === '') return entry;
  const names = new Set(['id', ...asked.split(',').map((name) => name.trim())]);
  return Object.fromEntries(Object.entries(entry).filter(([name]) => names.has(name)));
}

function filtered(calls: readonly CallView[], query: URLSearchParams, wireId: (call: CallView) => string): readonly CallView[] {
  const by = query.get('filterBy') ?? '';
  if (by === '') return calls;
  if (by !== 'id' && by !== 'published') throw new UapiRefusal('pc_parameter_invalid', 'filterBy: expected id or published');
  const op = operation(query.get('filterOp') ?? 'equals');
  const value = query.get('filterValue') ?? '';
  if (op === 'present') return calls;
  if (by === 'id') return calls.filter((call) => compares(op, wireId(call), value));
  const time = Date.parse(value.replace(' ', '+')); // an offset's + that was not escaped
  if (Number.isNaN(time)) throw new UapiRefusal('pc_parameter_invalid', 'filterValue: expected a date with its offset');
  // Dates are shown in whole seconds, and are compared as they are shown.
  const shown = (call: CallView): number => Math.floor(Date.parse(call.createdAt) / 1000);
  return calls.filter((call) => comparesNumbers(op, shown(call), Math.floor(time / 1000)));
}

function operation(given: string): Operation {
  const found = OPERATIONS.find((one) => one.toLowerCase() === given.toLowerCase());
  if (found === undefined) throw new UapiRefusal('pc_parameter_invalid', `filterOp: expected one of ${OPERATIONS.join(', ')}`);
  return found;
}

function compares(op: Exclude<Operation, 'present'>, found: string, value: string): boolean {
  if (op === 'contains') return found.includes(value);
  if (op === 'startsWith') return found.startsWith(value);
  if (op === 'lessThan') return found < value;
  return op === 'greaterThan' ? found > value : found === value;
}

function comparesNumbers(op: Exclude<Operation, 'present'>, found: number, value: number): boolean {
  if (op === 'lessThan') return found < value;
  return op === 'greaterThan' ? found > value : found === value;
}

function ordered(calls: readonly CallView[], query: URLSearchParams): readonly CallView[] {
  const order = query.get('sortOrder') ?? 'ascending';
  if (order !== 'ascending' && order !== 'descending')
    throw new UapiRefusal('pc_parameter_invalid', 'sortOrder: expected ascending or descending');
  const oldestFirst = [...calls].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  return order === 'ascending' ? oldestFirst : oldestFirst.reverse();
}
